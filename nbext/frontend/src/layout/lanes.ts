/** Lanes: the boxes of the markdown headings, stacked in notebook order and pushed together where columns allow. */

import { runHeight, type Block } from "./coords";
import type { Layers } from "./layers";

const PAD = 10;
const BETWEEN = 14;
const TRACK = 12;

/** One heading's box; `first..last` are the columns that hold its nodes. */
export interface Lane {
  first: number;
  last: number;
  top: number;
  bottom: number;
  header: number;
  pad: number;
  blocks: Block[];
}

/** One free block for each column: what a layout without headings uses. */
export function freeBlocks(l: Layers): Block[] {
  return l.orders.map((items, column) => ({ column, start: 0, end: items.length, low: -Infinity, high: Infinity }));
}

/** Places the lanes from top to bottom, each as high as the lanes above it in its columns allow. */
export function stackLanes(l: Layers, height: Float32Array, header: Float32Array): Lane[] {
  const lanes: Lane[] = Array.from(header, (h) => ({
    first: Infinity, last: -1, top: 0, bottom: 0, header: h, pad: h > 0 ? PAD : 0, blocks: [],
  }));
  l.orders.forEach((items, column) => {
    for (let start = 0, end = 0; start < items.length; start = end) {
      const lane = lanes[l.lane[items[start]]];
      let nodes = false;
      while (end < items.length && l.lane[items[end]] === l.lane[items[start]]) nodes = items[end++] < l.count || nodes;
      lane.blocks.push({ column, start, end, low: 0, high: 0 });
      if (nodes) [lane.first, lane.last] = [Math.min(lane.first, column), Math.max(lane.last, column)];
    }
  });
  const skyline = new Float64Array(l.orders.length);
  for (const lane of lanes) {
    let tallest = 0;
    lane.top = 0;
    for (let c = lane.first; c <= lane.last; c++) lane.top = Math.max(lane.top, skyline[c]);
    for (const b of lane.blocks) {
      if (inside(lane, b)) tallest = Math.max(tallest, runHeight(l, height, b.column, b.start, b.end));
    }
    lane.bottom = lane.top + lane.header + tallest + 2 * lane.pad;
    for (let c = lane.first; c <= lane.last; c++) skyline[c] = lane.bottom + BETWEEN;
    for (const b of lane.blocks) {
      if (inside(lane, b)) continue;
      b.low = skyline[b.column] + TRACK / 2;
      b.high = b.low + runHeight(l, height, b.column, b.start, b.end);
      skyline[b.column] = b.high + TRACK;
    }
    bound(lane);
  }
  loosen(l, lanes);
  return lanes;
}

const inside = (lane: Lane, b: Block): boolean => b.column >= lane.first && b.column <= lane.last;

/** Sets the limits of the blocks inside a lane's box to those of the box. */
function bound(lane: Lane): void {
  for (const b of lane.blocks) {
    if (!inside(lane, b)) continue;
    b.low = lane.top + lane.header + lane.pad;
    b.high = lane.bottom - lane.pad;
  }
}

/** Lets runs of waypoints outside their box use the room down to the next item in their column. */
function loosen(l: Layers, lanes: Lane[]): void {
  const floor = new Float64Array(l.orders.length).fill(Math.max(...lanes.map((lane) => lane.bottom)));
  for (let g = lanes.length - 1; g >= 0; g--) {
    const lane = lanes[g];
    for (const b of lane.blocks) {
      if (!inside(lane, b)) b.high = Math.max(b.high, floor[b.column] - TRACK);
    }
    for (const b of lane.blocks) if (!inside(lane, b)) floor[b.column] = b.low;
    for (let c = lane.first; c <= lane.last; c++) floor[c] = Math.min(floor[c], lane.top);
  }
}

/** Moves whole lanes down, within free room, towards their neighbours outside. */
export function shiftLanes(l: Layers, y: Float64Array, lanes: Lane[]): void {
  const lowest = Math.max(...lanes.map((lane) => lane.bottom));
  const floor = new Float64Array(l.orders.length).fill(lowest);
  for (let g = lanes.length - 1; g >= 0; g--) {
    const lane = lanes[g];
    let room = Infinity;
    for (let c = lane.first; c <= lane.last; c++) room = Math.min(room, floor[c] - (floor[c] < lowest ? BETWEEN : 0) - lane.bottom);
    const shift = Math.round(Math.max(0, Math.min(room, pull(l, y, lane, g))));
    if (shift > 0 && lane.last >= 0) {
      lane.top += shift;
      lane.bottom += shift;
      bound(lane);
      for (const b of lane.blocks) {
        if (inside(lane, b)) for (let i = b.start; i < b.end; i++) y[l.orders[b.column][i]] += shift;
      }
    }
    for (const b of lane.blocks) if (!inside(lane, b)) floor[b.column] = Math.min(floor[b.column], b.low);
    for (let c = lane.first; c <= lane.last; c++) floor[c] = Math.min(floor[c], lane.top);
  }
  loosen(l, lanes);
}

/** The mean distance to the neighbours outside the lane. */
function pull(l: Layers, y: Float64Array, lane: Lane, g: number): number {
  let sum = 0;
  let n = 0;
  for (const b of lane.blocks) {
    for (let i = b.start; i < b.end; i++) {
      const v = l.orders[b.column][i];
      for (const side of [l.up, l.down]) {
        for (let k = side.at[v]; k < side.at[v + 1]; k++) {
          if (l.lane[side.to[k]] === g) continue;
          sum += y[side.to[k]] - y[v];
          n++;
        }
      }
    }
  }
  return n > 0 ? sum / n : 0;
}
