/** What is said in words: a node to a screen reader, the keys to everybody. */

import { subtitle } from "./card";
import { h, put } from "./dom";
import { CROSS, iconElement } from "./icons";
import { KEYS } from "./keyboard";
import { inputsOf, type ViewNode } from "./model";
import type { Item } from "./picture";

/** What a screen reader says of a node. */
export function spokenNode(node: ViewNode): string {
  const inputs = inputsOf(node);
  const reads = inputs.length > 0 ? `, reads ${inputs.join(", ")}` : "";
  const edit = node.impact === null ? "" : `, ${node.impact.verdict} since the last edit`;
  return `${node.name}, ${node.kind}, ${node.state ?? "not run"}, ${subtitle(node)}${reads}${edit}`;
}

export function spoken(item: Item): string {
  if (item.type === "node") return spokenNode(item.node);
  return item.type === "ghost" ? `${item.name}, missing` : `${item.name}, heading of ${item.members.length} nodes`;
}

/** Lists the keys in the details panel. */
export function fillKeys(panel: HTMLElement, leave: () => void): void {
  const rows = KEYS.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]);
  const close = h("button", { class: "db-plain db-close", "aria-label": "Close", click: leave }, iconElement(CROSS, 12));
  put(panel, h("header", { class: "db-panel-head" }, h("h3", {}, "Keyboard"), close), h("dl", { class: "db-facts" }, ...rows));
}
