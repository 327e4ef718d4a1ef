/** Lists: the nodes, the problems and the checks of a dataflow as lines that lead to their cells. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { h, put } from "../dom";
import { iconElement } from "../icons";
import { iconOf, KIND_LOOKS, STATE_LOOKS, VERDICT_LOOKS } from "../look";
import { looks, type Condition, type Graph, type ViewNode } from "../model";
import { duration } from "../text";
import { applyEdits, reveal } from "./cells";
import type { Fix, Problem } from "./contract";
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
  const open = body.querySelector("details")?.open ?? false;
  const stops = (): HTMLElement[] => [...body.querySelectorAll<HTMLElement>("button, summary")];
  const at = stops().indexOf(document.activeElement as HTMLElement);
  put(body, ...lines);
  const details = body.querySelector("details");
  if (details !== null) details.open = open;
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

/** Nodes whose last run failed. */
export const failures = (graph: Graph): ViewNode[] => graph.view.nodes.filter((node) => node.error !== null && node.state === "failed");

/** Problems: of the texts, with their fixes, and of nodes that failed. */
export function problemLines(graph: Graph, problems: Problem[], actions: ListActions, trans: TranslationBundle): HTMLElement[] {
  const failed = failures(graph);
  if (problems.length + failed.length === 0) return [h("p", { class: "db-lab-empty" }, trans.__("Nothing is wrong."))];
  const lines = problems.slice(0, MOST).map((problem) =>
    h(
      "li", { class: `db-lab-problem db-lab-is-${problem.severity}` },
      h(
        "button", { class: "db-lab-line db-lab-wrap", click: () => void reveal(actions.link.panel, problem.cell, problem.start, problem.end) },
        icon(problem.severity === "error" ? STATE_LOOKS.failed.icon : VERDICT_LOOKS.warned.icon, 12), h("span", {}, h("b", {}, problem.code), ` ${problem.message}`, h("span", { class: "db-lab-soft" }, ` ${problem.label}`)),
      ),
      problem.hint === "" ? null : h("div", { class: "db-lab-soft db-lab-hint" }, trans.__("Hint: %1", problem.hint)),
      problem.fixes.length === 0 ? null : h("div", { class: "db-lab-fixes" }, ...problem.fixes.map((fix) => fixButton(actions.link, fix))),
    ),
  );
  const ran = failed.slice(0, MOST).map((node) =>
    h(
      "li", { class: "db-lab-problem db-lab-is-error" },
      h("button", { class: "db-lab-line db-lab-wrap", click: () => actions.reveal(node) }, icon(STATE_LOOKS.failed.icon, 12), h("span", {}, h("b", {}, node.error!.code), ` ${node.error!.message}`)),
      node.error!.hint === "" ? null : h("div", { class: "db-lab-soft db-lab-hint" }, trans.__("Hint: %1", node.error!.hint)),
    ),
  );
  return [h("ul", { class: "db-lab-list", "aria-label": trans.__("Problems") }, ...ran, ...lines)];
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
