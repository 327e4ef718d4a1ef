/** The legend: every kind and state with its icon and count; a click filters by it. */

import { h, put } from "./dom";
import type { Filters } from "./filters";
import { iconElement } from "./icons";
import { KIND_LOOKS, KINDS, STATE_LOOKS, STATES, type Look } from "./look";
import { countTold, type Graph } from "./model";

export function fillLegend(el: HTMLElement, graph: Graph, filters: Filters, toggled: () => void): void {
  const states = countTold(graph.view.nodes);
  const kinds = new Map<string, number>();
  for (const node of graph.view.nodes) kinds.set(node.kind, (kinds.get(node.kind) ?? 0) + 1);
  const focused = el.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.key : null;
  const entry = <T extends string>(name: T, { icon, meaning }: Look, size: number, n: number, set: Set<T>, prefix: string): HTMLElement =>
    h(
      "button", {
        class: `db-key ${prefix}-${name}`, "data-key": `${prefix}-${name}`, "aria-pressed": set.has(name) ? "true" : "false",
        title: `${name}: ${meaning}. ${set.has(name) ? "Show all again" : "Click to show only these"}`,
        click: () => {
          if (!set.delete(name)) set.add(name);
          toggled();
        },
      },
      iconElement(icon, size), h("span", {}, name), h("span", { class: "db-count" }, n.toLocaleString("en")),
    );
  const shown = STATES.filter((s) => states.has(s) || filters.states.has(s));
  put(
    el,
    ...KINDS.filter((k) => kinds.has(k)).map((k) => entry(k, KIND_LOOKS[k], 13, kinds.get(k)!, filters.kinds, "db-kind")),
    shown.length > 0 && h("span", { class: "db-divider" }),
    ...shown.map((s) => entry(s, STATE_LOOKS[s], 12, states.get(s) ?? 0, filters.states, "db-state")),
  );
  if (focused) el.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}
