/** Exporting: the report of `%export` in a dialog, with the module, the tests and the proof. */

import { Clipboard, Dialog, InputDialog, showDialog } from "@jupyterlab/apputils";
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

/** The name of a module for a notebook: letters, digits and underscores. */
export function moduleName(notebook: string): string {
  const stem = notebook.replace(/\.ipynb$/, "").replace(/\W+/g, "_").replace(/^(?=\d)/, "_");
  return `${stem === "" ? "features" : stem}.py`;
}

/** The command with which CI checks that the module is up to date. */
export const checkCommand = (notebook: string, module: string): string => `dagbook export ${quoted(notebook)} -o ${quoted(module)} --check`;

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replace(/'/g, `'\\''`)}'`);

/** The text of one message of a run. */
export function textOfMessage(message: KernelMessage.IIOPubMessage): string {
  const content = message.content as { text?: string; data?: Record<string, unknown>; traceback?: string[] };
  const text = content.text ?? content.data?.["text/plain"] ?? content.traceback?.join("\n") ?? "";
  return String(text).replace(ESCAPES, "");
}

/** Asks for a path, exports, and shows the result. */
export async function exportNotebook(link: Link, contents: Contents.IManager, trans: TranslationBundle): Promise<void> {
  const [folder, notebook] = split(link.panel.context.localPath);
  const asked = await InputDialog.getText({
    title: trans.__("Export as a module"), label: trans.__("Path of the module, seen from the notebook"), text: moduleName(notebook), okLabel: trans.__("Export"),
  });
  if (!asked.button.accept || asked.value === null || asked.value.trim() === "") return;
  const path = asked.value.trim();
  await link.panel.context.save();
  const report = h("pre", { class: "db-export-report", tabindex: 0, "aria-live": "polite" }, trans.__("Writing the module and its tests, and running them in a clean process…"));
  const files = h("div", {});
  const body = new Widget({ node: h("div", { class: "db-lab db-dialog db-export" }, report, files) });
  const command = checkCommand(notebook, path);
  const dialog = new Dialog({
    title: trans.__("Export to %1", path), body,
    buttons: [Dialog.createButton({ label: trans.__("Copy CI snippet"), caption: command, accept: false, actions: ["copy"] }), Dialog.okButton({ label: trans.__("Close") })],
  });
  const closed = dialog.launch();
  let said = "";
  const done = await link.run(`%export ${quoted(path)}`, (message) => {
    const text = textOfMessage(message);
    if (text !== "" && message.header.msg_type !== "execute_input") put(report, (said += `${text.trimEnd()}\n`));
  });
  report.dataset.done = done ? "yes" : "no";
  if (done) {
    const name = split(path)[1].replace(/\.py$/, "");
    const shown = [`${folder}${path}`, `${folder}${split(path)[0]}test_${name}.py`];
    const [module, tests] = await Promise.all(shown.map((file) => section(contents, file, trans)));
    module.setAttribute("open", "");
    put(files, module, tests, h("h4", {}, trans.__("In CI")), h("pre", {}, command));
  }
  const { button } = await closed;
  if (button.actions.includes("copy")) Clipboard.copyToSystem(command);
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
