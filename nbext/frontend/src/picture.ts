/** The picture: which items of a dataflow are on the canvas, after collapsing headings and focusing. */

import { inputsOf, missingNames, reach, type Graph, type ViewNode } from "./model";

export type Item =
  | { id: string; type: "node"; name: string; node: ViewNode }
  | { id: string; type: "group"; name: string; members: ViewNode[] }
  | { id: string; type: "ghost"; name: string };

export interface Focus {
  name: string;
  mode: "lineage" | "near";
}

export interface Options {
  /** Whether headings are drawn as boxes; "auto" = unless the picture is much larger without. */
  grouped: boolean | "auto";
  collapsed: ReadonlySet<string>;
  focus: Focus | null;
}

/** The items to lay out, their edges (pairs of item numbers) and their headings. */
export interface Picture {
  items: Item[];
  at: Map<string, number>;
  edges: Int32Array;
  lane: Int32Array;
  /** The names of the headings; the first one is "" (no heading). */
  lanes: string[];
  /** How many items each heading holds. */
  laneSize: Int32Array;
  /** 1 = something leads to this item. */
  fed: Uint8Array;
}

export const nodeId = (name: string): string => `n:${name}`;
export const groupId = (name: string): string => `g:${name}`;
export const ghostId = (name: string): string => `?:${name}`;

export function picture(graph: Graph, options: Options): Picture {
  const shown = focused(graph, options.focus);
  const items: Item[] = [];
  const at = new Map<string, number>();
  const add = (item: Item): number => {
    at.set(item.id, items.length);
    return items.push(item) - 1;
  };
  const itemOf = new Map<string, number>();
  for (const node of graph.view.nodes) {
    if (shown !== null && !shown.has(node.name)) continue;
    if (!options.grouped || !options.collapsed.has(node.group) || node.group === "") {
      itemOf.set(node.name, add({ id: nodeId(node.name), type: "node", name: node.name, node }));
      continue;
    }
    const known = at.get(groupId(node.group));
    const group = known ?? add({ id: groupId(node.group), type: "group", name: node.group, members: [] });
    (items[group] as Extract<Item, { type: "group" }>).members.push(node);
    itemOf.set(node.name, group);
  }
  const edges = linkItems(graph, itemOf, add, at);
  const { lane, lanes } = lanesOf(graph, options, items, edges);
  const laneSize = new Int32Array(lanes.length);
  for (const g of lane) laneSize[g]++;
  const fed = new Uint8Array(items.length);
  for (let e = 1; e < edges.length; e += 2) fed[edges[e]] = 1;
  return { items, at, edges, lane, lanes, laneSize, fed };
}

/** The names to show, or null for all. */
function focused(graph: Graph, focus: Focus | null): Set<string> | null {
  if (focus === null || !graph.node.has(focus.name)) return null;
  if (focus.mode === "lineage") {
    return new Set([focus.name, ...reach(graph, focus.name, "up"), ...reach(graph, focus.name, "down")]);
  }
  return new Set([focus.name, ...inputsOf(graph.node.get(focus.name)!), ...(graph.down.get(focus.name) ?? [])]);
}

function linkItems(
  graph: Graph, itemOf: Map<string, number>, add: (item: Item) => number, at: Map<string, number>,
): Int32Array {
  const pairs: number[] = [];
  // Only a collapsed heading can lead to a node twice.
  const grouped = itemOf.size > at.size;
  const seen = new Set<number>();
  const missing = new Set(missingNames(graph.view));
  for (const node of graph.view.nodes) {
    const to = itemOf.get(node.name);
    if (to === undefined) continue;
    for (const input of inputsOf(node)) {
      let from = itemOf.get(input);
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
  if (!options.grouped) return { lane, lanes: [""] };
  const lanes = ["", ...graph.view.groups.filter((g) => g !== "")];
  const number = new Map(lanes.map((name, i) => [name, i]));
  items.forEach((item, i) => {
    // A collapsed heading is a card of its own and needs no box around it.
    const group = item.type === "node" ? item.node.group : "";
    if (!number.has(group)) number.set(group, lanes.push(group) - 1);
    lane[i] = number.get(group)!;
  });
  for (let e = 0; e < edges.length; e += 2) {
    if (items[edges[e]].type === "ghost" && lane[edges[e]] === 0) lane[edges[e]] = lane[edges[e + 1]];
  }
  return { lane, lanes };
}

/** Whether boxes for headings help: at least two of them, and not nearly one for each node. */
export function groupsHelp(graph: Graph): boolean {
  const sizes = new Map<string, number>();
  for (const n of graph.view.nodes) if (n.group !== "") sizes.set(n.group, (sizes.get(n.group) ?? 0) + 1);
  return sizes.size >= 2 && sizes.size <= 60 && graph.view.nodes.length >= 1.6 * sizes.size;
}
