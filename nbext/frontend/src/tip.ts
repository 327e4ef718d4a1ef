/** Tip: the whole name, the state and the docstring of a node, beside the pointer. */

import { READABLE } from "./camera";
import { subtitle } from "./card";
import { h, put } from "./dom";
import type { Item } from "./picture";

/** Shows the tip at a point of a canvas; hides it if the card itself shows as much. */
export function showTip(tip: HTMLElement, item: Item | null, zoom: number, x: number, y: number, width: number, height: number): void {
  tip.hidden = item === null || item.type === "group" || (zoom >= READABLE && (item.type !== "node" || item.node.doc === ""));
  if (tip.hidden || item === null || item.type === "group") return;
  const node = item.type === "node" ? item.node : null;
  put(tip, h("b", {}, item.name), node && h("div", { class: "db-soft" }, subtitle(node)), node?.doc ? h("div", {}, node.doc.split("\n")[0]) : null);
  const left = x > width - 280 ? x - tip.offsetWidth - 12 : x + 14;
  tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.min(y + 14, height - tip.offsetHeight - 6)}px)`;
}
