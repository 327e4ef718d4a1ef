/** The toolbar: search, the state of the dataflow, a button to compute, and a menu for the rest. */

import { h, put } from "./dom";
import { tagCounts, type Filters } from "./filters";
import { FILTER, FIT, FULL, iconElement, MORE } from "./icons";
import { STATE_LOOKS, type State } from "./look";
import { menuButton, type Entry } from "./menu";
import { countStates, looks, type Graph } from "./model";
import { searchBox, type SearchBox } from "./searchbox";
import { duration, plural } from "./text";

export interface ToolbarActions {
  graph(): Graph;
  connected(): boolean;
  filters: Filters;
  filtered(): void;
  go(name: string): void;
  leaveSearch(): void;
  fit(): void;
  fullScreen(): void;
  /** Null without a kernel. */
  compute: (() => void) | null;
  setMode: ((mode: string) => void) | null;
  menu(): (Entry | null)[];
}

export interface Toolbar {
  el: HTMLElement;
  progress: HTMLElement;
  search: SearchBox;
  update(): void;
}

export function makeToolbar(id: string, actions: ToolbarActions): Toolbar {
  const status = h("div", { class: "db-status" });
  const bar = h("div", { class: "db-progress-bar" });
  const progress = h("div", { class: "db-progress", role: "progressbar", "aria-label": "Run", hidden: true }, bar);
  const search = searchBox(id, actions.graph, (query) => {
    actions.filters.query = query;
    actions.filtered();
  }, actions.go, actions.leaveSearch);
  const compute = h("button", { class: "db-button db-main", click: () => actions.compute?.() });
  const mode = h("div", { class: "db-segments", role: "group", "aria-label": "Recompute" });
  const tags = menuButton("Filter by tag", iconElement(FILTER, 14), () => tagEntries(actions));
  const fit = h("button", { class: "db-button db-icon-button", title: "Show all (F)", "aria-label": "Show all", click: actions.fit }, iconElement(FIT, 14));
  const full = h("button", { class: "db-button db-icon-button", title: "Full screen", "aria-label": "Full screen", hidden: !document.fullscreenEnabled, click: actions.fullScreen }, iconElement(FULL, 14));
  const more = menuButton("More", iconElement(MORE, 14), actions.menu);
  const el = h("div", { class: "db-toolbar", role: "toolbar", "aria-label": "Dataflow" }, search.el, status, compute, mode, tags, fit, full, more);

  const update = (): void => {
    const graph = actions.graph();
    const counts = countStates(graph.view.nodes);
    const connected = actions.connected();
    put(status, ...(connected ? statusTexts(graph, counts, actions.go) : ["The kernel is gone: run the cell again"]));
    const todo = counts.stale + (actions.compute === null ? 0 : counts.none);
    compute.hidden = actions.compute === null || !connected;
    compute.disabled = todo === 0 || graph.view.progress !== null;
    put(compute, todo > 0 ? `Compute ${todo.toLocaleString("en")} stale` : "Up to date");
    compute.title = todo > 0 ? "Bring every stale node up to date" : "Nothing is stale";
    fillMode(mode, connected ? graph.view.mode : "static", actions.setMode);
    tags.hidden = !graph.view.nodes.some((n) => Object.keys(n.tags).length > 0);
    tags.classList.toggle("db-on", actions.filters.tags.size > 0);
    showProgress(progress, bar, graph);
  };
  return { el, progress, search, update };
}

function statusTexts(graph: Graph, counts: Record<State | "none", number>, go: (name: string) => void): (Node | string)[] {
  const p = graph.view.progress;
  if (p !== null) {
    const left = p.seconds_left !== null && p.seconds_left > 0 ? ` · ${duration(p.seconds_left)} left` : "";
    return [`${p.done} of ${p.total}${left}`];
  }
  const parts: (Node | string)[] = [plural(graph.view.nodes.length, "node")];
  for (const state of ["failed", "waiting"] as const) {
    if (counts[state] === 0) continue;
    parts.push(trouble(state, `${counts[state]} ${state}`, graph.view.nodes.find((n) => n.state === state)!.name, go));
  }
  const broken = graph.view.nodes.filter((n) => n.kind === "check" && n.state === "fresh" && looks(n) === "failed");
  if (broken.length > 0) parts.push(trouble("failed", `${plural(broken.length, "check")} failed`, broken[0].name, go));
  return parts;
}

/** What is wrong, as a button that goes to the first node concerned, which a collapsed heading may hide. */
function trouble(state: State, text: string, name: string, go: (name: string) => void): HTMLElement {
  return h("button", { class: `db-trouble db-state-${state}`, title: `Go to '${name}'`, click: () => go(name) }, iconElement(STATE_LOOKS[state].icon, 10), ` ${text}`);
}

function showProgress(el: HTMLElement, bar: HTMLElement, graph: Graph): void {
  const p = graph.view.progress;
  el.hidden = p === null;
  if (p === null) return;
  const share = p.total > 0 ? p.done / p.total : 0;
  bar.style.width = `${(share * 100).toFixed(1)}%`;
  const values = { "aria-valuemin": "0", "aria-valuemax": String(p.total), "aria-valuenow": String(p.done) };
  for (const [key, value] of Object.entries(values)) el.setAttribute(key, value);
}

function fillMode(el: HTMLElement, mode: string, set: ((mode: string) => void) | null): void {
  el.hidden = mode === "static" || set === null;
  if (el.hidden || el.dataset.mode === mode) return;
  el.dataset.mode = mode;
  const titles: Record<string, string> = { auto: "A registered or edited node recomputes, with what is downstream of it", lazy: "Edited nodes only become stale" };
  put(el, ...["auto", "lazy"].map((name) => h("button", { "aria-pressed": String(name === mode), title: titles[name], click: () => set?.(name) }, name)));
}

function tagEntries(actions: ToolbarActions): (Entry | null)[] {
  const { tags } = actions.filters;
  const toggle = (tag: string) => (): void => {
    if (!tags.delete(tag)) tags.add(tag);
    actions.filtered();
  };
  return tagCounts(actions.graph()).slice(0, 40).map(([tag, n]) => ({ text: tag, hint: String(n), on: tags.has(tag), stay: true, run: toggle(tag) }));
}
