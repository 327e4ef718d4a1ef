/** The details panel: everything known about the selected node. */

import type { PanelActions } from "./actions";
import { h, put, section } from "./dom";
import { columnsOf } from "./columns";
import { impactOf } from "./impact";
import { histogramElement, topElement } from "./histogram";
import { CROSS, iconElement } from "./icons";
import { FITTED, iconOf, STATE_LOOKS, STATES, VERDICT_LOOKS, VOLATILE, type State } from "./look";
import { checksOf, inputsOf, looks, type Condition, type Graph, type ViewNode } from "./model";
import { familyId, type Item } from "./picture";
import { duration, moment, percent, plural } from "./text";

/** Fills the panel; texts of a node are never interpreted as markup. */
export function fillPanel(panel: HTMLElement, graph: Graph, item: Item, actions: PanelActions): void {
  const scroll = panel.scrollTop;
  const same = panel.dataset.item === item.id;
  panel.dataset.item = item.id;
  panel.setAttribute("aria-label", `Details of ${item.name}`);
  if (item.type === "node") nodePanel(panel, graph, graph.node.get(item.name) ?? item.node, actions);
  else if (item.type === "ghost") ghostPanel(panel, graph, item.name, actions);
  else groupPanel(panel, item, actions);
  panel.scrollTop = same ? scroll : 0;
}

function head(title: string, chips: Node[], actions: PanelActions): HTMLElement {
  const close = h("button", { class: "db-plain db-close", title: "Close (Esc)", "aria-label": "Close the details", click: actions.close }, iconElement(CROSS, 12));
  return h("header", { class: "db-panel-head" }, h("h3", { title }, title), close, h("div", { class: "db-chips" }, ...chips));
}

const chip = (name: string, icon: SVGSVGElement | null, text: string): HTMLElement => h("span", { class: `db-chip ${name}` }, icon, text);

function nodePanel(panel: HTMLElement, graph: Graph, node: ViewNode, actions: PanelActions): void {
  const chips = [chip(`db-kind-${node.kind}`, iconElement(iconOf(node), 13), node.kind)];
  if (node.state !== null) chips.push(chip(`db-state-${node.state}`, iconElement(STATE_LOOKS[node.state].icon, 12), node.state));
  if (node.kind === "check" && node.severity === "warn") chips.push(chip("", iconElement(VERDICT_LOOKS.warned.icon, 12), "warns"));
  const doc = node.doc === "" ? null : h("p", { class: "db-doc" }, node.doc);
  put(
    panel, head(node.name, chips, actions), buttons(node, actions), doc, errorBox(node), waitingBox(node),
    conditionsOf(node, graph, actions), impactOf(node, actions), valueOf(node), facts(node), columnsOf(node, actions, (name) => link(name, graph, actions)),
    section("Inputs", links(inputsOf(node), graph, actions)),
    section("Outputs", links((graph.down.get(node.name) ?? []).filter((n) => graph.node.get(n)?.kind !== "check"), graph, actions)),
    section("Variants", variants(node)), tagsOf(node),
    section("Source", node.source === "" ? null : h("pre", { class: "db-code", tabindex: 0 }, node.source.replace(/\n+$/, ""))),
  );
}

function buttons(node: ViewNode, actions: PanelActions): HTMLElement {
  const { compute, goToCell } = actions;
  const button = (text: string, title: string, click: () => void): HTMLElement => h("button", { class: "db-button", title, click }, text);
  return h(
    "div", { class: "db-actions" },
    compute !== null && node.state !== "waiting" && (node.kind === "value" || node.kind === "check") && button("Compute", "Bring this node up to date (C)", () => compute(node.name)),
    goToCell !== null && node.cell_id !== null && button("Go to cell", "Scroll to the cell (double click)", () => goToCell(node)),
    button("Lineage", "Show only what this node comes from and feeds", () => actions.focus({ name: node.name, mode: "lineage" })),
    button("Nearby", "Show only this node and its neighbours", () => actions.focus({ name: node.name, mode: "near" })),
    node.family !== "" && button("Family", `Show ${node.family} as one`, () => actions.toggle(familyId(node.family))),
  );
}

function errorBox(node: ViewNode): HTMLElement | null {
  if (node.error === null) return null;
  const { code, message, hint } = node.error;
  return h("div", { class: "db-error", role: "note" }, h("div", {}, h("b", {}, code), " ", message), hint !== "" && h("div", { class: "db-soft" }, `Hint: ${hint}`));
}

function waitingBox(node: ViewNode): HTMLElement | null {
  if (node.waiting.length === 0) return null;
  return h("div", { class: "db-notice" }, "Waits for ", ...node.waiting.flatMap((name, i) => [i > 0 ? ", " : "", h("code", {}, name)]), ", which nothing defines.");
}

function conditionLine(condition: Condition, warns: boolean): HTMLElement {
  const [icon, name, said] = condition.held
    ? [STATE_LOOKS.fresh.icon, "db-state-fresh", "held"]
    : warns ? [VERDICT_LOOKS.warned.icon, "db-state-stale", "warned"] : [STATE_LOOKS.failed.icon, "db-state-failed", "failed"];
  return h(
    "li", {}, h("span", { class: name, role: "img", "aria-label": said }, iconElement(icon, 12)),
    h("span", {}, condition.message, condition.detail !== "" && h("div", { class: "db-soft" }, condition.detail)),
  );
}

/** The conditions of a check, or of the checks on a value. */
function conditionsOf(node: ViewNode, graph: Graph, actions: PanelActions): HTMLElement | null {
  const checks = node.kind === "check" ? [node] : checksOf(graph, node.name);
  if (checks.length === 0) return null;
  const parts = checks.map((check) => h(
    "div", {}, check === node ? null : link(check.name, graph, actions),
    check.conditions.length === 0 ? h("p", { class: "db-soft" }, "not run") : h("ul", { class: "db-conditions" }, ...check.conditions.map((c) => conditionLine(c, check.severity === "warn"))),
  ));
  return section(node.kind === "check" ? "Conditions" : "Checks", ...parts);
}

function valueOf(node: ViewNode): HTMLElement | null {
  const s = node.summary;
  if (s === null) return null;
  return section(
    "Value", s.histogram === null ? null : histogramElement(s.histogram), s.top === null || s.top.length === 0 ? null : topElement(s.top),
    s.preview === "" ? null : h("pre", { class: "db-preview", tabindex: 0 }, s.preview),
  );
}

function facts(node: ViewNode): HTMLElement | null {
  const rows: [string, string][] = [
    ["Type", node.summary?.type || node.type], ["Declared", node.summary?.type && node.type !== node.summary.type ? node.type : ""],
    ["Shape", node.summary?.shape ?? ""], ["Nulls", node.summary === null || node.summary.nulls === null ? "" : percent(node.summary.nulls)],
    [`${VOLATILE.sign} Reads`, node.volatile === "" ? "" : `${node.volatile}, each time it runs`],
    ["Depends on", node.nature?.words ?? ""], ["Looks back", node.nature?.look_back ?? ""], ["Reads the future", node.nature?.leak ?? ""],
    ["Fitted", node.fitted ? FITTED.meaning : ""],
    ["Time", duration(node.seconds)], ["Last run", moment(node.ran_at)], ["Cell", node.cell === "" ? "" : `${node.cell}, line ${node.line}`], ["Heading", node.group],
  ];
  const known = rows.filter(([, value]) => value !== "");
  if (known.length === 0) return null;
  return h("dl", { class: "db-facts" }, ...known.flatMap(([key, value]) => [h("dt", {}, key), h("dd", { title: value }, value)]));
}

function link(name: string, graph: Graph, actions: PanelActions): HTMLElement {
  const node = graph.node.get(name);
  const icon = node === undefined ? "?" : (iconElement(iconOf(node), 12));
  const state = node?.state && node.state !== "fresh" ? iconElement(STATE_LOOKS[node.state].icon, 10) : null;
  state?.classList.add(`db-state-${node!.state}`);
  return h("button", { class: `db-link ${node ? `db-kind-${node.kind}` : "db-missing"}`, title: node?.doc || name, click: () => actions.go(name) }, icon, h("span", {}, name), state);
}

function links(names: string[], graph: Graph, actions: PanelActions): HTMLElement | null {
  if (names.length === 0) return null;
  const shown = names.slice(0, 60);
  const rest = names.length - shown.length;
  return h("div", { class: "db-links" }, ...shown.map((n) => link(n, graph, actions)), rest > 0 && h("span", { class: "db-soft" }, `and ${rest} more`));
}

function variants(node: ViewNode): HTMLElement | null {
  if (node.variants.length === 0) return null;
  return h("ul", { class: "db-variants" }, ...node.variants.map((v) => {
    const when = Object.entries(v.when).map(([key, value]) => `${key} = ${String(value)}`).join(", ");
    return h("li", {}, h("code", {}, when), ` reads ${v.inputs.join(", ") || "nothing"}`, v.cell !== "" && h("span", { class: "db-soft" }, ` ${v.cell}`));
  }));
}

function tagsOf(node: ViewNode): HTMLElement | null {
  const tags = Object.entries(node.tags);
  if (tags.length === 0) return null;
  return section("Tags", h("div", { class: "db-chips" }, ...tags.map(([key, value]) => chip("", null, value === true || value === "" ? key : `${key}: ${String(value)}`))));
}

function ghostPanel(panel: HTMLElement, graph: Graph, name: string, actions: PanelActions): void {
  const text = "Nothing defines this input yet. Declare it in %%inputs or %%params, or write a node of this name.";
  put(panel, head(name, [chip("db-state-waiting", iconElement(STATE_LOOKS.waiting.icon, 12), "missing")], actions), h("p", { class: "db-doc" }, text), section("Waiting for it", links(graph.down.get(name) ?? [], graph, actions)));
}

function groupPanel(panel: HTMLElement, { id, name, of, members }: Extract<Item, { type: "group" }>, actions: PanelActions): void {
  const counts = new Map<State, number>();
  for (const state of members.map(looks)) if (state !== null) counts.set(state, (counts.get(state) ?? 0) + 1);
  const chips = STATES.filter((state) => counts.has(state)).map((state) => chip(`db-state-${state}`, iconElement(STATE_LOOKS[state].icon, 12), `${counts.get(state)} ${state}`));
  const open = h("button", { class: "db-button", click: () => actions.toggle(id) }, of === "family" ? "Show the members" : "Open");
  const graph: Graph = { view: null as never, node: new Map(members.map((m) => [m.name, m])), down: new Map() };
  put(panel, head(name, chips, actions), h("div", { class: "db-actions" }, open), section(plural(members.length, "node"), links(members.map((m) => m.name), graph, actions)));
}
