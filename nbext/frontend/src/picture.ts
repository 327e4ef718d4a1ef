/** The picture: the items of a dataflow on the canvas, after collapsing groups and focusing. */

import { inputsOf, missingNames, reach, type Graph, type ViewNode } from "./model";

/** A group is a heading's nodes or a family's members, drawn as one pile. */
export type Item =
  | { id: string; type: "node"; name: string; node: ViewNode }
  | { id: string; type: "group"; of: "heading" | "family"; name: string; members: ViewNode[] }
  | { id: string; type: "ghost"; name: string };

/** A part of the dataflow around a node: its lineage, its neighbours, or the nodes with one of its columns. */
export type Focus = { name: string; mode: "lineage" | "near" } | { name: string; mode: "column"; column: string; nodes: string[] };

export interface Options {
  /** Whether headings are drawn as boxes. */
  boxes: boolean;
  /** Whether a group is one pile, by its id and the number of its nodes in the picture. */
  collapsed(id: string, size: number): boolean;
  focus: Focus | null;
}

/** The items to lay out, their edges (pairs of item numbers) and their headings. */
export interface Picture {
  items: Item[];
  /** Item numbers by the items' ids, and by the names of the nodes in them. */
  at: Map<string, number>;
  holder: Map<string, number>;
  edges: Int32Array;
  lane: Int32Array;
  /** The names of the headings; the first one is "" (no heading). */
  lanes: string[];
  /** The number of nodes of each heading. */
  laneSize: Int32Array;
  /** 1 = this item has inputs. */
  fed: Uint8Array;
}

/** Whether two pictures of one graph have the same items under the same headings. */
export const alike = (a: Picture, b: Picture): boolean =>
  a.items.length === b.items.length && a.lanes.length === b.lanes.length && a.items.every((item, v) => item.id === b.items[v].id);

export const nodeId = (name: string): string => `n:${name}`;
export const headingId = (name: string): string => `h:${name}`;
export const familyId = (template: string): string => `f:${template}`;
export const ghostId = (name: string): string => `?:${name}`;

export function picture(graph: Graph, options: Options): Picture {
  const shown = focused(graph, options.focus);
  const nodes = shown === null ? graph.view.nodes : graph.view.nodes.filter((node) => shown.has(node.name));
  const groupOf = collapsedGroups(nodes, options);
  const items: Item[] = [];
  const at = new Map<string, number>();
  const add = (item: Item): number => {
    at.set(item.id, items.length);
    return items.push(item) - 1;
  };
  const holder = new Map<string, number>();
  for (const node of nodes) {
    const group = groupOf(node);
    if (group === null) {
      holder.set(node.name, add({ id: nodeId(node.name), type: "node", name: node.name, node }));
      continue;
    }
    const number = at.get(group.id) ?? add({ type: "group", ...group, members: [] });
    (items[number] as Extract<Item, { type: "group" }>).members.push(node);
    holder.set(node.name, number);
  }
  const edges = linkItems(graph, holder, add, at);
  const { lane, lanes } = lanesOf(graph, options, items, edges);
  const laneSize = new Int32Array(lanes.length);
  items.forEach((item, v) => (laneSize[lane[v]] += item.type === "group" ? item.members.length : 1));
  const fed = new Uint8Array(items.length);
  for (let e = 1; e < edges.length; e += 2) fed[edges[e]] = 1;
  return { items, at, holder, edges, lane, lanes, laneSize, fed };
}

/** The names to show, or null for all. */
function focused(graph: Graph, focus: Focus | null): Set<string> | null {
  if (focus === null || !graph.node.has(focus.name)) return null;
  if (focus.mode === "column") return new Set([focus.name, ...focus.nodes]);
  if (focus.mode === "lineage") {
    return new Set([focus.name, ...reach(graph, focus.name, "up"), ...reach(graph, focus.name, "down")]);
  }
  return new Set([focus.name, ...inputsOf(graph.node.get(focus.name)!), ...(graph.down.get(focus.name) ?? [])]);
}

type Group = Pick<Extract<Item, { type: "group" }>, "id" | "of" | "name">;

/** For a node, the collapsed group in which it is drawn, or null; a heading takes precedence over a family. */
function collapsedGroups(nodes: ViewNode[], options: Options): (node: ViewNode) => Group | null {
  const sizes = new Map<string, number>();
  for (const { group, family } of nodes) {
    for (const id of [group === "" ? "" : headingId(group), family === "" ? "" : familyId(family)]) sizes.set(id, (sizes.get(id) ?? 0) + 1);
  }
  const decided = new Map<string, boolean>();
  const collapsed = (id: string): boolean => {
    if (!decided.has(id)) decided.set(id, options.collapsed(id, sizes.get(id)!));
    return decided.get(id)!;
  };
  return ({ group, family }) => {
    if (group !== "" && collapsed(headingId(group))) return { id: headingId(group), of: "heading", name: group };
    if (family !== "" && collapsed(familyId(family))) return { id: familyId(family), of: "family", name: family };
    return null;
  };
}

function linkItems(
  graph: Graph, holder: Map<string, number>, add: (item: Item) => number, at: Map<string, number>,
): Int32Array {
  const pairs: number[] = [];
  // Only a group can lead to an item twice.
  const grouped = holder.size > at.size;
  const seen = new Set<number>();
  const missing = new Set(missingNames(graph.view));
  for (const node of graph.view.nodes) {
    const to = holder.get(node.name);
    if (to === undefined) continue;
    for (const input of inputsOf(node)) {
      let from = holder.get(input);
      if (from === undefined) {
        // Other inputs are outside of a focused view, or optional.
        if (!missing.has(input)) continue;
        from = at.get(ghostId(input)) ?? add({ id: ghostId(input), type: "ghost", name: input });
      }
      if (from === to || (grouped && seen.has(from * 2097152 + to))) continue;
      if (grouped) seen.add(from * 2097152 + to);
      pairs.push(from, to);
    }
  }
  return Int32Array.from(pairs);
}

function lanesOf(graph: Graph, options: Options, items: Item[], edges: Int32Array): Pick<Picture, "lane" | "lanes"> {
  const lane = new Int32Array(items.length);
  if (!options.boxes) return { lane, lanes: [""] };
  const lanes = ["", ...graph.view.groups.filter((g) => g !== "")];
  const number = new Map(lanes.map((name, i) => [name, i]));
  items.forEach((item, i) => {
    const group = headingOf(item);
    if (!number.has(group)) number.set(group, lanes.push(group) - 1);
    lane[i] = number.get(group)!;
  });
  for (let e = 0; e < edges.length; e += 2) {
    if (items[edges[e]].type === "ghost" && lane[edges[e]] === 0) lane[edges[e]] = lane[edges[e + 1]];
  }
  return { lane, lanes };
}

/** The heading in whose box an item is; a collapsed heading is a card of its own without a box. */
function headingOf(item: Item): string {
  if (item.type === "node") return item.node.group;
  return item.type === "group" && item.of === "family" ? item.members[0].group : "";
}

/** Whether boxes for headings are useful: at least two, and not nearly one for each node. */
export function boxesHelp(graph: Graph): boolean {
  const sizes = new Map<string, number>();
  for (const n of graph.view.nodes) if (n.group !== "") sizes.set(n.group, (sizes.get(n.group) ?? 0) + 1);
  return sizes.size >= 2 && sizes.size <= 60 && graph.view.nodes.length >= 1.6 * sizes.size;
}
