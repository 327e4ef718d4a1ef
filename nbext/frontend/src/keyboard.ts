/** The keyboard: arrows walk the graph, and every command has a key. */

import { h, put } from "./dom";
import type { Drawing } from "./drawing";
import { CROSS, iconElement } from "./icons";

export interface KeyActions {
  walk(to: number): void;
  search(): void;
  open(): void;
  back(): void;
  fit(): void;
  zoom(factor: number): void;
  compute(): void;
  goToCell(): void;
  focus(): void;
}

export const KEYS: [string, string][] = [
  ["← →", "to what a node reads, to what reads it (↑ ↓ from top to bottom)"], ["↑ ↓", "along the column"], ["/", "search"], ["Enter", "details"],
  ["G", "go to the cell"], ["C", "compute"], ["L", "lineage only"], ["F", "fit"], ["+ −", "zoom"], ["Esc", "back"],
];

/** Lists the keys in the details panel. */
export function fillKeys(panel: HTMLElement, close: () => void): void {
  const rows = KEYS.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]);
  const button = h("button", { class: "db-plain db-close", "aria-label": "Close", click: close }, iconElement(CROSS, 12));
  put(panel, h("header", { class: "db-panel-head" }, h("h3", {}, "Keyboard"), button), h("dl", { class: "db-facts" }, ...rows));
}

type ArrowKey = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";
/** If edges run downwards, the up and down keys follow them. */
const TURNED: Record<ArrowKey, ArrowKey> = { ArrowUp: "ArrowLeft", ArrowDown: "ArrowRight", ArrowLeft: "ArrowUp", ArrowRight: "ArrowDown" };

/** The item that an arrow key leads to; without a selection, the first one. -1 = none. */
export function step(d: Drawing, from: number, pressed: ArrowKey): number {
  const key = d.layout.down ? TURNED[pressed] : pressed;
  if (from < 0) return d.columns.find((c) => c.length > 0)?.[0] ?? -1;
  if (key === "ArrowUp" || key === "ArrowDown") {
    const column = d.columns[d.layout.column[from]];
    return column[column.indexOf(from) + (key === "ArrowDown" ? 1 : -1)] ?? -1;
  }
  const { edges } = d.picture;
  const [mine, theirs] = key === "ArrowRight" ? [0, 1] : [1, 0];
  let best = -1;
  let nearest = Infinity;
  for (let e = 0; e < edges.length; e += 2) {
    if (edges[e + mine] !== from) continue;
    const v = edges[e + theirs];
    const [dx, dy] = [Math.abs(d.layout.x[v] - d.layout.x[from]), Math.abs(d.layout.y[v] - d.layout.y[from])];
    const far = d.layout.down ? dx + 0.01 * dy : dy + 0.01 * dx;
    if (far < nearest) [best, nearest] = [v, far];
  }
  return best;
}

/** Keys on the canvas are commands; elsewhere in the widget, only `/` and Esc are, outside text fields. */
export function watchKeys(root: HTMLElement, canvas: HTMLElement, drawing: () => Drawing | null, actions: KeyActions): void {
  root.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target instanceof HTMLInputElement) return;
    if (target !== canvas && event.key !== "/" && event.key !== "Escape") return;
    const d = drawing();
    if (d === null) return;
    const { key } = event;
    if (key === "ArrowLeft" || key === "ArrowRight" || key === "ArrowUp" || key === "ArrowDown") {
      const to = step(d, d.selected, key);
      if (to >= 0) actions.walk(to);
    } else {
      const commands: Record<string, () => void> = {
        "/": actions.search, Enter: actions.open, Escape: actions.back, f: actions.fit, F: actions.fit, c: actions.compute, C: actions.compute,
        g: actions.goToCell, G: actions.goToCell, l: actions.focus, L: actions.focus, "+": () => actions.zoom(1.3), "=": () => actions.zoom(1.3), "-": () => actions.zoom(1 / 1.3),
      };
      if (commands[key] === undefined) return;
      commands[key]();
    }
    event.preventDefault();
    event.stopPropagation();
  });
}
