/** Frame: the elements of one app on the page, still empty. */

import { h } from "./dom";

export interface Frame {
  root: HTMLElement;
  canvas: HTMLCanvasElement;
  /** What screen readers announce when it changes. */
  announcer: HTMLElement;
  legend: HTMLElement;
  panel: HTMLElement;
  focusChip: HTMLElement;
  hint: HTMLElement;
  busy: HTMLElement;
  tip: HTMLElement;
  empty: HTMLElement;
}

export function makeFrame(id: string): Frame {
  return {
    root: h("div", { class: "db-root", "data-lm-suppress-shortcuts": "true", id }),
    canvas: h("canvas", { class: "db-canvas", tabindex: 0, role: "application", "aria-roledescription": "dataflow graph" }),
    announcer: h("div", { class: "db-hidden", "aria-live": "polite" }),
    legend: h("div", { class: "db-legend", role: "group", "aria-label": "Kinds and states" }),
    panel: h("aside", { class: "db-panel", hidden: true }),
    focusChip: h("div", { class: "db-focus", hidden: true }),
    hint: h("div", { class: "db-hint", hidden: true }, "Click to zoom with the wheel, or hold Ctrl"),
    busy: h("div", { class: "db-hint", hidden: true, role: "status" }),
    tip: h("div", { class: "db-tip", hidden: true, role: "tooltip" }),
    empty: h("div", { class: "db-empty", hidden: true }, "No nodes yet. Run a cell that begins with %%node."),
  };
}
