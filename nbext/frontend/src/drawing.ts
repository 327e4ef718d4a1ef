/** A drawing: a laid-out picture with its selection, lineage and filters; everything that the renderer needs. */

import { READABLE } from "./camera";
import { columnLimit, rowLimit } from "./layout/rank";
import type { LayoutInput, LayoutResult } from "./layout/types";
import { reach, type Graph, type ViewNode } from "./model";
import { padOf } from "./nameline";
import type { Item, Picture } from "./picture";
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
  /** The present positions; they differ from the layout while items move. */
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
  /** Item numbers of each column, from top to bottom; from left to right where edges run downwards. */
  columns: Int32Array[];
  /** Item numbers, those with most edges first: their names are shown when there is room for few. */
  hubs: Int32Array;
  /** Milliseconds, for the animation of running nodes. */
  time: number;
}

/** The height of a heading's name above its box. */
const HEADER = 28;
const HEIGHT = { node: 44, check: 40, ghost: 32, group: 52 };
/** Longer names are cut. */
const WIDEST = 400;

/** The size that an item needs for its name; its column may make it wider. */
export function sizeOf(item: Item): [number, number] {
  const width = Math.min(WIDEST, 80 + item.name.length * 8);
  if (item.type === "ghost") return [Math.max(96, width), HEIGHT.ghost];
  // Larger, since a group represents all of its nodes.
  if (item.type === "group") return [Math.max(200, Math.min(WIDEST, 80 + item.name.length * 12)), HEIGHT.group];
  const height = item.node.kind === "check" ? HEIGHT.check : HEIGHT.node;
  // Slanted sides take room from the name.
  return [Math.max(168, width + 2 * (padOf(item, height) - padOf(item, 0))), height];
}

/** The input of the layout for a picture. */
export function layoutInput(picture: Picture, seed: Float32Array | null, room: readonly [number, number] | null, down = false): LayoutInput {
  const sizes = picture.items.map(sizeOf);
  const count = sizes.length;
  return {
    count, width: Float32Array.from(sizes, (size) => size[0]), height: Float32Array.from(sizes, (size) => size[1]),
    edges: picture.edges, lane: picture.lane, header: Float32Array.from(picture.lanes, (name) => (name === "" ? 0 : HEADER)),
    seed, room, readable: READABLE, down, limit: down && room !== null ? rowLimit(count, room) : columnLimit(count),
  };
}

/** A drawing of a laid-out picture in which nothing is selected yet. */
export function makeDrawing(graph: Graph, picture: Picture, layout: LayoutResult, theme: Theme, fit: Fit): Drawing {
  return {
    graph, picture, layout, theme, fit, x: layout.x, y: layout.y, moving: false, edgeAlpha: 1, selected: -1, hover: -1, lineage: null, dim: null,
    columns: columnIndex(layout), hubs: hubsOf(picture), time: 0,
  };
}

/** Item numbers by column, sorted by position: the index for culling and pointing. */
export function columnIndex(layout: LayoutResult): Int32Array[] {
  const columns: number[][] = Array.from({ length: layout.columns.length / 2 }, () => []);
  const across = layout.down ? layout.x : layout.y;
  layout.column.forEach((c, v) => columns[c].push(v));
  return columns.map((c) => Int32Array.from(c).sort((a, b) => across[a] - across[b]));
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
  const { down, columns } = d.layout;
  const [start, end, low, high] = down ? [e.top, e.bottom, e.left, e.right] : [e.left, e.right, e.top, e.bottom];
  const [at, size] = down ? [d.layout.x, d.layout.w] : [d.layout.y, d.layout.h];
  for (let c = 0; c < d.columns.length; c++) {
    if (columns[2 * c + 1] < start || columns[2 * c] > end) continue;
    const items = d.columns[c];
    for (let i = firstAfter(items, at, size, low); i < items.length; i++) {
      if (at[items[i]] - size[items[i]] / 2 > high) break;
      yield items[i];
    }
  }
}

/** The first of a column's items that ends after a position. */
function firstAfter(items: Int32Array, at: Float32Array, size: Float32Array, place: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[items[middle]] + size[items[middle]] / 2 < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The item under a point, or -1. */
export function itemAt(d: Drawing, x: number, y: number, slack = 0): number {
  for (const v of within(d, { left: x - slack, right: x + slack, top: y - slack, bottom: y + slack })) {
    const half = d.layout.w[v] / 2 + slack;
    if (Math.abs(d.x[v] - x) <= half && Math.abs(d.y[v] - y) <= d.layout.h[v] / 2 + slack) return v;
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
      for (const found of reach(graph, name, way)) {
        const at = picture.holder.get(found);
        if (at !== undefined) items[at] = mark;
      }
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

/** A missing input belongs to the lineage of nodes that wait for it. */
function markGhosts(items: Uint8Array, picture: Picture): void {
  for (let e = 0; e < picture.edges.length; e += 2) {
    const [from, to] = [picture.edges[e], picture.edges[e + 1]];
    if (picture.items[from].type === "ghost" && (items[to] === 1 || items[to] === 3)) items[from] = 1;
  }
}

/** The nodes that an item represents. */
export function namesOf(item: Item): string[] {
  return item.type === "group" ? item.members.map((n: ViewNode) => n.name) : [item.name];
}
