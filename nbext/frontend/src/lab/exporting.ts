/** Exporting: what to write and where to, then the report of `%export` with files and proof, in dialogs. */

import { Clipboard, Dialog, showDialog } from "@jupyterlab/apputils";
import type { Contents, KernelMessage } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { h, put } from "../dom";
import type { Link } from "./link";

const ESCAPES = /\u001b\[[\d;]*m/g;

/** The last name of a path, and the folder before it with its slash. */
export function split(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf("/") + 1;
  return [path.slice(0, at), path.slice(at)];
}

/** What an export writes. */
export type Kind = "module" | "envelope" | "service";

/** What to export, and where to. */
export interface Choice {
  kind: Kind;
  /** Seen from the notebook. */
  path: string;
  /** Names of nodes with commas between them; none where they follow from the notebook. */
  outputs: string;
}

/** What a registry near the notebook has of it. */
export interface Journey {
  path: string;
  name: string;
  problem: string;
  envelopes: {
    digest: string;
    published: string;
    places: { name: string; hours: number }[];
    next: string[];
    must_leave: string[];
    waits: { environment: string; for: string[] }[];
  }[];
}

/** The name of a module for a notebook, letters, digits and underscores, or of a folder. */
export function nameFor(notebook: string, kind: Kind): string {
  const stem = notebook.replace(/\.ipynb$/, "").replace(/\W+/g, "_").replace(/^(?=\d)/, "_") || "features";
  return kind === "module" ? `${stem}.py` : kind === "envelope" ? stem : `${stem}_service`;
}

/** The options of a kind, as the magic and the command have them. */
const options = ({ kind, outputs }: Choice): string => {
  const names = outputs.split(/[\s,]+/).filter((name) => name !== "").join(",");
  return kind === "module" ? "" : ` --target ${kind}${names === "" ? "" : ` --outputs ${quoted(names)}`}`;
};

/** The line that exports. */
export const exportLine = (choice: Choice): string => `%export ${quoted(choice.path)}${options(choice)}`;

/** The command with which CI checks that what was exported is up to date. */
export const checkCommand = (notebook: string, choice: Choice): string => `dagbook export ${quoted(notebook)} -o ${quoted(choice.path)}${options(choice)} --check`;

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replace(/'/g, `'\\''`)}'`);

/** The text of one message of a run. */
export function textOfMessage(message: KernelMessage.IIOPubMessage): string {
  const content = message.content as { text?: string; data?: Record<string, unknown>; traceback?: string[] };
  const text = content.text ?? content.data?.["text/plain"] ?? content.traceback?.join("\n") ?? "";
  return String(text).replace(ESCAPES, "");
}

/** Asks what to write and where to, exports, and shows the result. */
export async function exportNotebook(link: Link, contents: Contents.IManager, trans: TranslationBundle): Promise<void> {
  const [folder, notebook] = split(link.panel.context.localPath);
  const journeys = link.ask<Journey[]>("journey", { name: notebook }).catch(() => []);
  const choice = await choose(notebook, journeys, trans);
  if (choice === null) return;
  await link.panel.context.save();
  const waiting = choice.kind === "module" ? trans.__("Writing the module and its tests, and running them in a clean process…") : trans.__("Writing the folder, running its tests, and proving it in a clean process…");
  const report = h("pre", { class: "db-export-report", tabindex: 0, "aria-live": "polite" }, waiting);
  const files = h("div", {});
  const body = new Widget({ node: h("div", { class: "db-lab db-dialog db-export" }, report, files) });
  const command = checkCommand(notebook, choice);
  const dialog = new Dialog({
    title: trans.__("Export to %1", choice.path), body,
    buttons: [Dialog.createButton({ label: trans.__("Copy CI snippet"), caption: command, accept: false, actions: ["copy"] }), Dialog.okButton({ label: trans.__("Close") })],
  });
  const closed = dialog.launch();
  let said = "";
  const done = await link.run(exportLine(choice), (message) => {
    const text = textOfMessage(message);
    if (text !== "" && message.header.msg_type !== "execute_input") put(report, (said += `${text.trimEnd()}\n`));
  });
  report.dataset.done = done ? "yes" : "no";
  if (done) {
    const shown = await Promise.all(written(choice).map((file) => section(contents, `${folder}${file}`, trans)));
    if (choice.kind === "module") shown[0].setAttribute("open", "");
    const next = commands(choice, await journeys);
    put(files, ...shown, next === "" ? null : h("h4", {}, trans.__("What comes next")), next === "" ? null : h("pre", {}, next), h("h4", {}, trans.__("In CI")), h("pre", {}, command));
  }
  const { button } = await closed;
  if (button.actions.includes("copy")) Clipboard.copyToSystem(command);
}

/** The files of an export that a person reads. */
export function written({ kind, path }: Choice): string[] {
  const [folder, last] = split(path.replace(/\/+$/, ""));
  if (kind === "module") return [path, `${folder}test_${last.replace(/\.py$/, "")}.py`];
  const whole = `${folder}${last}`;
  const envelope = kind === "service" ? `${whole}/${last}` : whole;
  return [...(kind === "service" ? [`${whole}/app.py`, `${whole}/Dockerfile`] : []), `${envelope}/example.json`, `${envelope}/requirements.txt`];
}

/** What can be done with a folder that was exported; "" for a module. */
export function commands({ kind, path }: Choice, journeys: Journey[]): string {
  const folder = path.replace(/\/+$/, "");
  if (kind === "module") return "";
  if (kind === "service") return `docker build ${quoted(folder)}`;
  return `dagbook publish ${quoted(folder)} ${quoted(journeys[0]?.path ?? "registry")}\ndagbook serve ${quoted(folder)}`;
}

/** Asks for what to write; null for nothing. */
async function choose(notebook: string, journeys: Promise<Journey[]>, trans: TranslationBundle): Promise<Choice | null> {
  const form = new Form(notebook, trans);
  void journeys.then((found) => put(form.journeys, journeyOf(found, trans)));
  const asked = await showDialog<Choice>({
    title: trans.__("Export"), body: form, focusNodeSelector: "input",
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__("Export") })],
  });
  const choice = asked.button.accept ? asked.value : null;
  return choice === null || choice.path === "" ? null : choice;
}

/** The fields of the first dialog, and where the envelopes of the notebook are. */
class Form extends Widget implements Dialog.IBodyWidget<Choice> {
  readonly journeys = h("div", { class: "db-journeys", "aria-live": "polite" });
  private kind: HTMLSelectElement;
  private path: HTMLInputElement;
  private outputs: HTMLInputElement;

  constructor(notebook: string, trans: TranslationBundle) {
    super({ node: h("div", { class: "db-lab db-dialog db-export-form" }) });
    const words: Record<Kind, [name: string, meaning: string]> = {
      module: [trans.__("Module"), trans.__("Plain functions with their tests, for other code to import.")],
      envelope: [trans.__("Envelope"), trans.__("A folder with the functions, what was fitted, and exactly what they need. It runs without the notebook; registries and services take it.")],
      service: [trans.__("Service"), trans.__("An envelope with an app and a Dockerfile, to deploy it by hand.")],
    };
    const meaning = h("p", { class: "db-lab-soft", id: "db-export-meaning" });
    const more = h("div", {});
    this.path = h("input", { class: "jp-mod-styled", type: "text", spellcheck: "false", value: nameFor(notebook, "module") });
    this.outputs = h("input", { class: "jp-mod-styled", type: "text", spellcheck: "false", placeholder: trans.__("all columns; or names such as score") });
    const label = h("span", {});
    const chosen = (before: Kind): void => {
      const kind = this.kind.value as Kind;
      put(meaning, words[kind][1]);
      put(label, kind === "module" ? trans.__("Path of the module, seen from the notebook") : trans.__("Folder, seen from the notebook"));
      if (this.path.value === nameFor(notebook, before)) this.path.value = nameFor(notebook, kind);
      put(more, kind === "module" ? null : h("label", {}, h("span", {}, trans.__("Outputs")), this.outputs));
      this.kind.dataset.before = kind;
    };
    const kinds = (Object.keys(words) as Kind[]).map((kind) => h("option", { value: kind }, words[kind][0]));
    this.kind = h("select", { class: "jp-mod-styled", "aria-describedby": meaning.id, change: () => chosen(this.kind.dataset.before as Kind) }, ...kinds);
    put(this.node, h("label", {}, h("span", {}, trans.__("Write")), this.kind), meaning, h("label", {}, label, this.path), more, this.journeys);
    chosen("module");
  }

  getValue(): Choice {
    return { kind: this.kind.value as Kind, path: this.path.value.trim(), outputs: this.outputs.value };
  }
}

/** What the registries near the notebook have of it; null where there is nothing. */
export function journeyOf(journeys: Journey[], trans: TranslationBundle): HTMLElement | null {
  if (journeys.length === 0) return null;
  return h("section", { class: "db-journey" }, h("h4", {}, trans.__("Envelopes of this notebook")), ...journeys.map((registry) => h(
    "div", {},
    h("p", { class: "db-lab-soft" }, trans.__("Registry: %1", registry.path)),
    registry.problem === "" ? null : h("p", { class: "db-lab-failed" }, registry.problem),
    registry.envelopes.length === 0 ? null : h("ul", {}, ...registry.envelopes.map((one) => h(
      "li", {}, h("code", {}, one.digest.slice(0, 12)), " ", ...standing(one, trans),
      ...one.waits.map((wait) => h("div", { class: "db-journey-waits" }, trans.__("for %1, it waits for", wait.environment), h("ul", {}, ...wait.for.map((text) => h("li", {}, text))))),
    ))),
  )));
}

function standing(one: Journey["envelopes"][number], trans: TranslationBundle): HTMLElement[] {
  const found = one.places.map(({ name, hours }) => h("span", { class: "db-journey-place" }, trans.__("in %1 for %2 h", name, hours.toFixed(1))));
  found.push(...one.must_leave.map((name) => h("span", { class: "db-lab-failed" }, ` ${trans.__("must leave %1, and there is none to go back to", name)}`)));
  found.push(...one.next.map((name) => h("span", { class: "db-lab-fresh" }, ` ${trans.__("comes into %1 with the next promotion", name)}`)));
  if (found.length === 0) found.push(h("span", { class: "db-lab-soft" }, trans.__("published %1", one.published.slice(0, 16).replace("T", " "))));
  return found;
}

async function section(contents: Contents.IManager, path: string, trans: TranslationBundle): Promise<HTMLElement> {
  const model = await contents.get(path, { type: "file", format: "text", content: true }).catch(() => null);
  const text = model === null ? "" : String(model.content);
  return h("details", { class: "db-export-file" }, h("summary", {}, `${path} (${trans._n("%1 line", "%1 lines", text.split("\n").length)})`), h("pre", { tabindex: 0 }, text));
}

/** Shows an error that the kernel returned. */
export async function showProblem(title: string, error: unknown, trans: TranslationBundle): Promise<void> {
  const { message, hint, code } = error as { message?: string; hint?: string; code?: string };
  const body = [code ?? "", message ?? String(error), hint ? trans.__("Hint: %1", hint) : ""].filter((part) => part !== "").join(" ");
  await showDialog({ title, body, buttons: [Dialog.okButton()] });
}
