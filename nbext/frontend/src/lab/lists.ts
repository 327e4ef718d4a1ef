/** Lists: the nodes, the problems and the checks of a dataflow as lines that lead to their cells. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { h, put } from "../dom";
import { iconElement } from "../icons";
import { iconOf, KIND_LOOKS, STATE_LOOKS, VERDICT_LOOKS } from "../look";
import { looks, type Condition, type Graph, type ViewNode } from "../model";
import { duration } from "../text";
import { applyEdits, reveal } from "./cells";
import type { Explanation, Fix, Problem } from "./contract";
import type { Link } from "./link";
import { stateWord } from "./words";

export interface ListActions {
  link: Link;
  compute(names: string[] | null): void;
  reveal(node: ViewNode): void;
  check(node: ViewNode): void;
}

const MOST = 500;
const icon = (...args: Parameters<typeof iconElement>): Node => iconElement(...args);

/** Fills a page of the panel again; open details, keyboard focus and scroll position are kept. */
export function refill(body: HTMLElement, lines: HTMLElement[]): void {
  const { scrollTop } = body;
  const key = (details: HTMLElement): string => `${details.className} ${details.closest("li")?.firstElementChild?.textContent ?? ""}`;
  const open = new Set([...body.querySelectorAll("details")].filter((one) => one.open).map(key));
  const stops = (): HTMLElement[] => [...body.querySelectorAll<HTMLElement>("button, summary")];
  const at = stops().indexOf(document.activeElement as HTMLElement);
  put(body, ...lines);
  for (const details of body.querySelectorAll("details")) details.open = open.has(key(details));
  if (at >= 0) stops()[at]?.focus({ preventScroll: true });
  body.scrollTop = scrollTop;
}

/** Every node with its state and time. */
export function nodeLines(graph: Graph, actions: ListActions, trans: TranslationBundle): HTMLElement[] {
  const nodes = graph.view.nodes.filter((node) => node.kind !== "check");
  if (nodes.length === 0) return [h("p", { class: "db-lab-empty" }, trans.__("No nodes yet. Run a cell that begins with %1.", "%%node"))];
  const lines = nodes.slice(0, MOST).map((node) => {
    const state = looks(node);
    const what = [node.type, node.summary?.shape ?? ""].filter((part) => part !== "").join(" ");
    return h(
      "li", {},
      h(
        "button", { class: "db-lab-line", title: node.doc, click: () => actions.reveal(node) },
        icon(iconOf(node), 13), h("span", { class: "db-lab-name" }, node.name), h("span", { class: "db-lab-soft db-lab-what" }, what),
        h("span", { class: "db-lab-soft db-lab-time" }, node.kind === "value" && state === "fresh" ? duration(node.seconds) : ""),
        state === null ? null : h("span", { class: `db-lab-${state} db-lab-state` }, icon(STATE_LOOKS[state].icon, 10), ` ${stateWord(state, trans)}`),
      ),
    );
  });
  const more = nodes.length - MOST;
  return [h("ul", { class: "db-lab-list", "aria-label": trans.__("Nodes") }, ...lines), ...(more > 0 ? [h("p", { class: "db-lab-empty" }, trans.__("and %1 more", more))] : [])];
}

/** What is not up to date, one sentence for each kind. */
export function pendingTexts(link: Link, trans: TranslationBundle): string[] {
  const { edited, unrun, stale } = link.pending;
  const count = link.store.graph.view.nodes.length;
  if (!link.connected) {
    if (link.restarted && count > 0) return [trans._n("The kernel restarted. Running all cells brings %1 node back.", "The kernel restarted. Running all cells brings %1 nodes back.", count)];
    return unrun.length > 0 ? [trans._n("%1 cell of this notebook has not run.", "%1 cells of this notebook have not run.", unrun.length)] : [];
  }
  return [
    edited.length > 0 ? trans._n("%1 cell is edited and not run.", "%1 cells are edited and not run.", edited.length) : "",
    unrun.length > 0 ? trans._n("%1 cell has not run.", "%1 cells have not run.", unrun.length) : "",
    stale.length > 0 ? trans._n("%1 node is stale.", "%1 nodes are stale.", stale.length) : "",
  ].filter((text) => text !== "");
}

/** Something wrong with a node that no problem of the texts tells: it waits, or a condition of a check does not hold. */
interface Trouble {
  node: ViewNode;
  code: string;
  message: string;
  hint: string;
  warns: boolean;
}

/** The nodes that failed, wait, or are checks of which a condition does not hold. */
export function wrong(graph: Graph, problems: Problem[]): Trouble[] {
  const told = new Set(problems.filter((problem) => problem.code === "DB203").map((problem) => problem.name));
  return graph.view.nodes.flatMap((node): Trouble[] => {
    if (node.error !== null && node.state === "failed") return [{ node, ...node.error, warns: false }];
    const missing = node.state === "waiting" ? node.waiting.filter((name) => !told.has(name)) : [];
    if (missing.length > 0) return [{ node, code: "DB203", message: `'${node.name}' needs ${missing.map((name) => `'${name}'`).join(", ")}.`, hint: "", warns: false }];
    const broken = node.kind === "check" && node.state === "fresh" ? node.conditions.filter((one) => !one.held) : [];
    const texts = broken.map((one) => (one.detail === "" ? one.message : `${one.message} (${one.detail})`));
    return broken.length > 0 ? [{ node, code: "DB302", message: `'${node.inputs[0] ?? node.name}': ${texts.join("; ")}`, hint: "", warns: node.severity === "warn" }] : [];
  });
}

/** Problems: of nodes, then of the texts, with their fixes; what only has to run is told if nothing else is wrong. */
export function problemLines(graph: Graph, problems: Problem[], actions: ListActions, trans: TranslationBundle, pending: string[] = []): HTMLElement[] {
  const failed = wrong(graph, problems);
  if (problems.length + failed.length === 0) return [h("p", { class: "db-lab-empty" }, pending.length > 0 ? pending.join(" ") : trans.__("Nothing is wrong."))];
  const lines = problems.slice(0, MOST).map((problem) =>
    h(
      "li", { class: `db-lab-problem db-lab-is-${problem.severity}` },
      h(
        "button", { class: "db-lab-line db-lab-wrap", click: () => void reveal(actions.link.panel, problem.cell, problem.start, problem.end) },
        icon(problem.severity === "error" ? STATE_LOOKS.failed.icon : VERDICT_LOOKS.warned.icon, 12), h("span", {}, h("b", {}, problem.code), ` ${problem.message}`, h("span", { class: "db-lab-soft" }, ` ${problem.label}`)),
      ),
      problem.hint === "" ? null : h("div", { class: "db-lab-soft db-lab-hint" }, trans.__("Hint: %1", problem.hint)),
      problem.fixes.length === 0 ? null : h("div", { class: "db-lab-fixes" }, ...problem.fixes.map((fix) => fixButton(actions.link, fix))),
      explained(actions.link, problem.code, trans),
    ),
  );
  const ran = failed.slice(0, MOST).map(({ node, code, message, hint, warns }) =>
    h(
      "li", { class: `db-lab-problem db-lab-is-${warns ? "warning" : "error"}` },
      h("button", { class: "db-lab-line db-lab-wrap", click: () => actions.reveal(node) }, icon(warns ? VERDICT_LOOKS.warned.icon : STATE_LOOKS.failed.icon, 12), h("span", {}, h("b", {}, code), ` ${message}`)),
      hint === "" ? null : h("div", { class: "db-lab-soft db-lab-hint" }, trans.__("Hint: %1", hint)),
      explained(actions.link, code, trans),
    ),
  );
  return [h("ul", { class: "db-lab-list", "aria-label": trans.__("Problems") }, ...ran, ...lines)];
}

/** What a code means, asked for when it is opened: with an example that fails and one that is right. */
function explained(link: Link, code: string, trans: TranslationBundle): HTMLElement {
  const body = h("div", { class: "db-lab-explained" });
  const part = (title: string, text: string): HTMLElement[] => (text === "" ? [] : [h("b", {}, title), h("pre", { tabindex: 0 }, text)]);
  const open = async (): Promise<void> => {
    if (body.childNodes.length > 0) return;
    const found = await link.ask<Explanation | null>("explain", { code }).catch(() => null);
    if (found === null) put(body, trans.__("No explanation of %1 was found.", code));
    else put(body, h("p", {}, found.means), ...part(trans.__("Wrong"), found.wrong), ...part(trans.__("Right"), found.right));
  };
  return h("details", { class: "db-lab-explain", toggle: () => void open() }, h("summary", {}, trans.__("What %1 means", code)), body);
}

/** A button that applies a fix; it can be undone. */
export function fixButton(link: Link, fix: Fix): HTMLElement {
  return h("button", { class: "db-lab-button", click: () => void applyFix(link, fix) }, fix.title);
}

export async function applyFix(link: Link, fix: Fix): Promise<void> {
  // The positions of a fix refer to the texts that the kernel had.
  if (!link.upToDate) return;
  const inserted = applyEdits(link.panel, fix.edits);
  const { cursor } = fix;
  if (cursor !== null) await reveal(link.panel, cursor.cell === "" ? (inserted[0] ?? "") : cursor.cell, cursor.start, cursor.end);
}

/** Every check with its conditions, those that do not hold first. */
export function checkLines(graph: Graph, actions: ListActions, trans: TranslationBundle): HTMLElement[] {
  const checks = graph.view.nodes.filter((node) => node.kind === "check");
  const unchecked = graph.view.nodes.filter((node) => node.kind === "value" && !(graph.down.get(node.name) ?? []).some((name) => graph.node.get(name)?.kind === "check"));
  const add = h(
    "details", { class: "db-lab-unchecked" }, h("summary", {}, trans.__("Nodes without a check (%1)", unchecked.length)),
    h("ul", { class: "db-lab-list" }, ...unchecked.slice(0, MOST).map((node) => h("li", {}, h("button", { class: "db-lab-line", title: trans.__("Add a check of %1", node.name), click: () => actions.check(node) }, icon(KIND_LOOKS.check.icon, 13), h("span", { class: "db-lab-name" }, node.name), h("span", { class: "db-lab-soft db-lab-what" }, trans.__("add a check")))))),
  );
  const bad = (node: ViewNode): number => ({ failed: 0, stale: 1 })[String(looks(node))] ?? 2;
  const lines = [...checks].sort((a, b) => bad(a) - bad(b)).map((node) => {
    const state = looks(node);
    return h(
      "li", {},
      h(
        "button", { class: "db-lab-line", click: () => actions.reveal(node) }, icon(KIND_LOOKS.check.icon, 13), h("span", { class: "db-lab-name" }, node.inputs[0] ?? node.name),
        node.severity === "warn" ? h("span", { class: "db-lab-soft" }, trans.__("warns")) : null,
        state === null ? null : h("span", { class: `db-lab-${state} db-lab-state` }, icon(STATE_LOOKS[state].icon, 10), ` ${node.state === "fresh" ? (state === "fresh" ? trans.__("holds") : trans.__("failed")) : stateWord(state, trans)}`),
      ),
      h("ul", { class: "db-lab-conditions" }, ...node.conditions.map((one) => condition(one))),
    );
  });
  const list = h("ul", { class: "db-lab-list", "aria-label": trans.__("Checks") }, ...lines);
  return [checks.length === 0 ? h("p", { class: "db-lab-empty" }, trans.__("No checks yet.")) : list, ...(unchecked.length > 0 ? [add] : [])];
}

function condition(one: Condition): HTMLElement {
  return h("li", { class: one.held ? "db-lab-fresh" : "db-lab-failed" }, icon(one.held ? STATE_LOOKS.fresh.icon : STATE_LOOKS.failed.icon, 10), ` ${one.message}`, one.detail === "" ? null : h("span", { class: "db-lab-soft" }, ` ${one.detail}`));
}
