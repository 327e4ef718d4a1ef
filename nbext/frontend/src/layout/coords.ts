/** Coordinates: heights that keep edges straight, with the least movement that the separation allows. */

import type { Layers, Links } from "./layers";
import type { Steps } from "./types";

const NODE_GAP = 12;
const TRACK_GAP = 11;
/** Waypoints are closer together if there are very many, which would fill the picture. */
const CROWDED_GAP = 4;
const CROWD = 12000;
/** A waypoint pulls its trunk straight with this many times the weight of a node. */
const STRAIGHT = 4;

/** The previous positions of nodes (NaN = new), and their weight relative to neighbours. */
export interface Anchor {
  places: Float32Array;
  weight: number;
}

/** A run of items in one column that must stay between `low` and `high`. */
export interface Block {
  column: number;
  start: number;
  end: number;
  low: number;
  high: number;
}

/** The distance between the centres of two neighbours in a column. */
export function apart(l: Layers, height: Float32Array, a: number, b: number): number {
  const nodeA = a < l.count;
  const nodeB = b < l.count;
  const sizes = ((nodeA ? height[a] : 0) + (nodeB ? height[b] : 0)) / 2;
  return sizes + (nodeA && nodeB ? NODE_GAP : l.total > CROWD ? CROWDED_GAP : TRACK_GAP);
}

/** The height that a run of items needs, from the top of the first to the bottom of the last. */
export function runHeight(l: Layers, height: Float32Array, column: number, start: number, end: number): number {
  const items = l.orders[column];
  if (end <= start) return 0;
  const half = (v: number): number => (v < l.count ? height[v] / 2 : 0);
  let sum = half(items[start]) + half(items[end - 1]);
  for (let i = start + 1; i < end; i++) sum += apart(l, height, items[i - 1], items[i]);
  return sum;
}

/** Moves the items of every block towards their neighbours, sweeping back and forth. */
export function* relax(
  l: Layers, height: Float32Array, y: Float64Array, blocks: Block[], sweeps: number, anchor: Anchor | null = null,
): Steps<void> {
  for (let s = 0; s < sweeps; s++) {
    const both = s >= sweeps - 2;
    const forwards = s % 2 === 0;
    for (let k = 0; k < blocks.length; k++) {
      const b = blocks[forwards ? k : blocks.length - 1 - k];
      placeBlock(l, height, y, b, both ? null : forwards ? l.up : l.down, anchor);
      if (k % 4 === 3) yield;
    }
    yield;
  }
}

let target = new Float64Array(0);
let mass = new Float64Array(0);
let offset = new Float64Array(0);

function placeBlock(
  l: Layers, height: Float32Array, y: Float64Array, b: Block, links: Links | null, anchor: Anchor | null,
): void {
  const n = b.end - b.start;
  if (n === 0) return;
  if (target.length < n) [target, mass, offset] = [new Float64Array(2 * n), new Float64Array(2 * n), new Float64Array(2 * n)];
  const items = l.orders[b.column];
  for (let i = 0; i < n; i++) {
    const v = items[b.start + i];
    offset[i] = i === 0 ? 0 : offset[i - 1] + apart(l, height, items[b.start + i - 1], v);
    desire(l, y, v, i, links, anchor !== null && v < l.count ? anchor : null);
    target[i] -= offset[i];
  }
  const half = (v: number): number => (v < l.count ? height[v] / 2 : 0);
  const low = b.low + half(items[b.start]);
  const high = b.high - half(items[b.end - 1]) - offset[n - 1];
  isotonic(n);
  for (let i = 0; i < n; i++) y[items[b.start + i]] = Math.max(low, Math.min(Math.max(low, high), target[i])) + offset[i];
}

/** Writes the target of item v and its weight: the mean of its neighbours, and its previous position. */
function desire(l: Layers, y: Float64Array, v: number, i: number, links: Links | null, anchor: Anchor | null): void {
  let sum = 0;
  let weight = 0;
  for (const side of links === null ? [l.up, l.down] : [links]) {
    for (let k = side.at[v]; k < side.at[v + 1]; k++) {
      const t = side.to[k];
      const w = v >= l.count && t >= l.count ? STRAIGHT : 1;
      sum += y[t] * w;
      weight += w;
    }
  }
  if (anchor !== null && !Number.isNaN(anchor.places[v])) {
    const mine = anchor.weight * (1 + weight);
    sum += anchor.places[v] * mine;
    weight += mine;
  }
  target[i] = weight > 0 ? sum / weight : y[v];
  mass[i] = weight > 0 ? (v >= l.count ? 2 : 1) * Math.sqrt(weight) : 0.05;
}

let blockEnd = new Int32Array(0);

/** Least-squares fit of `target` by a rising sequence (pool adjacent violators), in place. */
function isotonic(n: number): void {
  if (blockEnd.length < n) blockEnd = new Int32Array(2 * n);
  let top = 0;
  for (let i = 0; i < n; i++) {
    let value = target[i];
    let weight = mass[i];
    while (top > 0 && target[top - 1] >= value) {
      top--;
      value = (value * weight + target[top] * mass[top]) / (weight + mass[top]);
      weight += mass[top];
    }
    target[top] = value;
    mass[top] = weight;
    blockEnd[top++] = i + 1;
  }
  for (let k = top - 1; k >= 0; k--) {
    const value = target[k];
    for (let i = blockEnd[k] - 1; i >= (k > 0 ? blockEnd[k - 1] : 0); i--) target[i] = value;
  }
}
