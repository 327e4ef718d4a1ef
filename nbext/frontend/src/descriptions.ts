/** Descriptions: nodes and groups in words, for screen readers. */

import { subtitle } from "./card";
import { inputsOf, told, type ViewNode } from "./model";
import type { Item } from "./picture";
import { plural } from "./text";

export function describeNode(node: ViewNode): string {
  const inputs = inputsOf(node);
  const reads = inputs.length > 0 ? `, reads ${inputs.join(", ")}` : "";
  const edit = node.impact === null ? "" : `, ${node.impact.verdict} since the last edit`;
  return `${node.name}, ${node.kind}, ${told(node) ?? "not run"}, ${subtitle(node)}${reads}${edit}`;
}

export function describeItem(item: Item): string {
  if (item.type === "node") return describeNode(item.node);
  return item.type === "ghost" ? `${item.name}, missing` : `${item.name}, heading of ${plural(item.members.length, "node")}`;
}
