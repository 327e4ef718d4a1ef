/** A drawing: a laid-out picture with what is selected, lit and dimmed; all that the renderer reads. */

import { READABLE } from "./camera";
import type { LayoutInput, LayoutResult } from "./layout/types";
import { reach, type Graph, type ViewNode } from "./model";
import { nodeId, type Item, type Picture } from "./picture";
import type { Fit } from "./text";
import type { Theme } from "./theme";

/** A rectangle in layout units. */
export interface Extent {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The lineage of the selected item: 1 upstream, 2 downstream, 3 the item itself; and the edges within. */
export interface Lineage {
  items: Uint8Array;
  up: number[];
  down: number[];
}

export interface Drawing {
  graph: Graph;
  picture: Picture;
  layout: LayoutResult;
  height: Float32Array;
  /** Where the items are now: differs from the layout while they move. */
  x: Float32Array;
  y: Float32Array;
  moving: boolean;
  edgeAlpha: number;
  theme: Theme;
  fit: Fit;
  selected: number;
  hover: number;
  lineage: Lineage | null;
  /** 1 = does not match the search or the filters. */
  dim: Uint8Array | null;
  /** Item numbers of each column, from top to bottom. */
  columns: Int32Array[];
  /** Item numbers, those with most edges first: whose names are shown when there is room for few. */
  hubs: Int32Array;
  /** Milliseconds, for what turns while it runs. */
  time: number;
}

/** The height of a heading's name above its box. */
const HEADER = 28;
const HEIGHT = { node: 44, check: 40, ghost: 32, group: 52 };

/** The size that an item wants; its column may make it wider. */
export function sizeOf(item: Item): [number, number] {
  if (item.type === "group") return [Math.min(260, 96 + item.name.length * 7.2), HEIGHT.group];
  const width = Math.max(item.type === "ghost" ? 96 : 168, Math.min(264, 80 + item.name.length * 8));
  if (item.type === "ghost") return [width, HEIGHT.ghost];
  return [width, item.node.kind === "check" ? HEIGHT.check : HEIGHT.node];
}

/** What the layout needs to know of a picture. */
export function layoutInput(picture: Picture, seed: Float32Array | null, room: readonly [number, number] | null): LayoutInput {
  const sizes = picture.items.map(sizeOf);
  return {
    count: sizes.length, width: Float32Array.from(sizes, (size) => size[0]), height: Float32Array.from(sizes, (size) => size[1]),
    edges: picture.edges, lane: picture.lane, header: Float32Array.from(picture.lanes, (name) => (name === "" ? 0 : HEADER)),
    seed, room, readable: READABLE,
  };
}

/** A drawing of a laid-out picture in which nothing is selected yet. */
export function makeDrawing(graph: Graph, picture: Picture, layout: LayoutResult, theme: Theme, fit: Fit): Drawing {
  return {
    graph, picture, layout, theme, fit, height: Float32Array.from(picture.items, (item) => sizeOf(item)[1]),
    x: layout.x, y: layout.y, moving: false, edgeAlpha: 1, selected: -1, hover: -1, lineage: null, dim: null,
    columns: columnIndex(layout), hubs: hubsOf(picture), time: 0,
  };
}

/** Item numbers by column, sorted by height: the index that culling and pointing use. */
export function columnIndex(layout: LayoutResult): Int32Array[] {
  const columns: number[][] = Array.from({ length: layout.columns.length / 2 }, () => []);
  layout.column.forEach((c, v) => columns[c].push(v));
  return columns.map((c) => Int32Array.from(c).sort((a, b) => layout.y[a] - layout.y[b]));
}

export function hubsOf(picture: Picture): Int32Array {
  const degree = new Int32Array(picture.items.length);
  for (const v of picture.edges) degree[v]++;
  return Int32Array.from(degree.keys()).sort((a, b) => degree[b] - degree[a] || a - b);
}

/** Item numbers within an extent. */
export function* within(d: Drawing, e: Extent): Generator<number> {
  if (d.moving) {
    for (let v = 0; v < d.x.length; v++) yield v;
    return;
  }
  for (let c = 0; c < d.columns.length; c++) {
    if (d.layout.columns[2 * c + 1] < e.left || d.layout.columns[2 * c] > e.right) continue;
    const items = d.columns[c];
    for (let i = firstBelow(items, d.layout.y, e.top - 40); i < items.length; i++) {
      if (d.layout.y[items[i]] > e.bottom + 40) break;
      yield items[i];
    }
  }
}

function firstBelow(items: Int32Array, y: Float32Array, top: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (y[items[middle]] < top) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The item under a point, or -1. */
export function itemAt(d: Drawing, x: number, y: number, slack = 0): number {
  for (const v of within(d, { left: x - slack, right: x + slack, top: y - slack, bottom: y + slack })) {
    const half = d.layout.w[v] / 2 + slack;
    if (Math.abs(d.x[v] - x) <= half && Math.abs(d.y[v] - y) <= d.height[v] / 2 + slack) return v;
  }
  return -1;
}

/** The heading whose name is under a point, or -1. */
export function laneAt(d: Drawing, x: number, y: number): number {
  const b = d.layout.boxes;
  for (let g = 0; 4 * g < b.length; g++) {
    if (b[4 * g + 2] > 0 && x >= b[4 * g] && x <= b[4 * g] + Math.min(b[4 * g + 2], 260) && y >= b[4 * g + 1] && y <= b[4 * g + 1] + 28) return g;
  }
  return -1;
}

/** What is upstream and downstream of an item, on the picture. */
export function lineageOf(graph: Graph, picture: Picture, selected: number): Lineage {
  const items = new Uint8Array(picture.items.length);
  const seeds = namesOf(picture.items[selected]);
  for (const [mark, way] of [[1, "up"], [2, "down"]] as const) {
    for (const name of seeds) {
      for (const found of reach(graph, name, way)) mark_(items, picture, graph, found, mark);
    }
  }
  items[selected] = 3;
  markGhosts(items, picture);
  const up: number[] = [];
  const down: number[] = [];
  for (let e = 0; e < picture.edges.length; e += 2) {
    const a = items[picture.edges[e]];
    const b = items[picture.edges[e + 1]];
    if (a === 1 && (b === 1 || b === 3)) up.push(e / 2);
    if ((a === 2 || a === 3) && b === 2) down.push(e / 2);
  }
  return { items, up, down };
}

function mark_(items: Uint8Array, picture: Picture, graph: Graph, name: string, mark: number): void {
  const node = graph.node.get(name);
  const at = picture.at.get(nodeId(name)) ?? (node === undefined ? undefined : picture.at.get(`g:${node.group}`));
  if (at !== undefined) items[at] = mark;
}

/** A missing input belongs to the lineage of those that wait for it. */
function markGhosts(items: Uint8Array, picture: Picture): void {
  for (let e = 0; e < picture.edges.length; e += 2) {
    const [from, to] = [picture.edges[e], picture.edges[e + 1]];
    if (picture.items[from].type === "ghost" && (items[to] === 1 || items[to] === 3)) items[from] = 1;
  }
}

/** The nodes that an item stands for. */
export function namesOf(item: Item): string[] {
  return item.type === "group" ? item.members.map((n: ViewNode) => n.name) : [item.name];
}
