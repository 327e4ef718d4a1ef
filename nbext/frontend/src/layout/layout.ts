/** Layout: where every node and edge of a dataflow is drawn, as a generator of short steps. */

import { apart, relax, type Anchor } from "./coords";
import { freeBlocks, shiftLanes, stackLanes, type Lane } from "./lanes";
import { buildLayers, type Layers } from "./layers";
import { reduceCrossings } from "./order";
import { acyclic, rank } from "./rank";
import { route } from "./route";
import { orderTies } from "./ties";
import { mirrored, upright } from "./turn";
import type { LayoutInput, LayoutResult, Steps } from "./types";

const LARGE = 1500;
/** Waypoints and nodes for each node, above which edges share their waypoints. */
const CROWDED = 5;

/** Lays out in steps; run them all at once in a worker, or a few per frame on the page. */
export function* layoutSteps(input: LayoutInput): Steps<LayoutResult> {
  return input.down ? upright(yield* leftToRight(mirrored(input)), input.header) : yield* leftToRight(input);
}

function* leftToRight(input: LayoutInput): Steps<LayoutResult> {
  const { count, height } = input;
  const dag = acyclic(count, input.edges);
  yield;
  const column = rank(count, dag.edges, dag.order, input.limit);
  yield;
  const { layers: l, shared } = layersOf(input, dag.edges, column);
  yield;
  const seedY = input.seed === null ? null : Float32Array.from({ length: count }, (_, v) => input.seed![2 * v + 1]);
  const crossings = yield* reduceCrossings(l, seedY);
  if (!shared) orderTies(l);
  const y = new Float64Array(l.total);
  let lanes: Lane[] = [];
  const sweeps = l.total > 20000 ? 7 : l.total > 4000 ? 11 : l.total > 800 ? 25 : 80;
  if (input.header.length > 1) {
    lanes = stackLanes(l, height, input.header);
    const blocks = lanes.flatMap((lane) => lane.blocks).sort((a, b) => a.column - b.column);
    for (const b of blocks) pack(l, height, y, b.column, b.start, b.end, b.low);
    yield* relax(l, height, y, blocks, Math.ceil(sweeps / 2));
    shiftLanes(l, y, lanes);
    yield* relax(l, height, y, blocks, Math.ceil(sweeps / 2), seedY === null ? null : anchor(moved(seedY, y)));
  } else {
    const blocks = freeBlocks(l);
    for (const b of blocks) pack(l, height, y, b.column, 0, b.end, NaN);
    if (seedY !== null) plant(l, y, seedY);
    yield* relax(l, height, y, blocks, sweeps, seedY === null ? null : anchor(seedY));
  }
  return finish(input, l, y, lanes, crossings);
}

/** Edges of one source share their waypoints in a large dataflow, and in one whose edges would fill the picture. */
function layersOf(input: LayoutInput, edges: Int32Array, column: Int32Array): { layers: Layers; shared: boolean } {
  const build = (shared: boolean) => ({ layers: buildLayers(input.count, edges, column, input.lane, input.header.length, shared), shared });
  if (input.count > LARGE) return build(true);
  const own = build(false);
  const crowded = own.layers.total > CROWDED * input.count && input.lane.every((lane) => lane === 0);
  return crowded ? build(true) : own;
}

/** Runs all steps at once. */
export function layout(input: LayoutInput): LayoutResult {
  const steps = layoutSteps(input);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Stacks a run of items from `low` downwards; centred around 0 when `low` is NaN. */
function pack(
  l: Layers, height: Float32Array, y: Float64Array, column: number, start: number, end: number, low: number,
): void {
  const items = l.orders[column];
  if (end <= start) return;
  let at = (items[start] < l.count ? height[items[start]] / 2 : 0) + (Number.isNaN(low) ? 0 : low);
  for (let i = start; i < end; i++) {
    if (i > start) at += apart(l, height, items[i - 1], items[i]);
    y[items[i]] = at;
  }
  if (!Number.isNaN(low)) return;
  const middle = at / 2;
  for (let i = start; i < end; i++) y[items[i]] -= middle;
}

/** Keeps known nodes where they are; new ones among them need some freedom. */
const anchor = (places: Float32Array): Anchor => ({ places, weight: places.some(Number.isNaN) ? 2 : 40 });

/** The previous positions, shifted to where most nodes are now, because boxes are always stacked from the top. */
function moved(seed: Float32Array, y: Float64Array): Float32Array {
  const shifts = Array.from(seed, (place, v) => Math.round(place - y[v])).filter((shift) => !Number.isNaN(shift));
  const shift = commonest(shifts);
  return seed.map((place) => place - shift);
}

/** Starts from the previous positions. */
function plant(l: Layers, y: Float64Array, seed: Float32Array): void {
  for (let v = 0; v < l.count; v++) if (!Number.isNaN(seed[v])) y[v] = seed[v];
  for (const items of l.orders) {
    for (const v of items) {
      if (v < l.count && !Number.isNaN(seed[v])) continue;
      let sum = 0;
      let n = 0;
      for (let k = l.up.at[v]; k < l.up.at[v + 1]; k++, n++) sum += y[l.up.to[k]];
      if (n > 0) y[v] = sum / n;
    }
  }
}

function finish(input: LayoutInput, l: Layers, y: Float64Array, lanes: Lane[], crossings: number): LayoutResult {
  for (let v = 0; v < l.total; v++) y[v] = Math.round(y[v]);
  const routes = route(input, l, y);
  const { count, height, seed } = input;
  const x = new Float32Array(count);
  const w = new Float32Array(count);
  const boxes = new Float32Array(4 * Math.max(1, lanes.length));
  for (let v = 0; v < count; v++) {
    const c = l.column[v];
    x[v] = (routes.columns[2 * c] + routes.columns[2 * c + 1]) / 2;
    w[v] = routes.columns[2 * c + 1] - routes.columns[2 * c];
  }
  lanes.forEach((lane, g) => {
    if (lane.last < 0 || lane.header === 0) return;
    const left = routes.columns[2 * lane.first] - lane.pad;
    boxes.set([left, lane.top, routes.columns[2 * lane.last + 1] + lane.pad - left, lane.bottom - lane.top], 4 * g);
  });
  const result: LayoutResult = {
    ...routes, x, y: Float32Array.from(y.subarray(0, count)), w, h: height.slice(), down: false, column: l.column.slice(0, count), boxes,
    bounds: bounds(count, x, y, w, height, boxes), crossings,
  };
  if (seed !== null) align(result, seed);
  return result;
}

function bounds(
  count: number, x: Float32Array, y: Float64Array, w: Float32Array, h: Float32Array, boxes: Float32Array,
): Float32Array {
  const b = count === 0 ? [0, 0, 0, 0] : [Infinity, Infinity, -Infinity, -Infinity];
  const add = (left: number, top: number, right: number, bottom: number): void => {
    b[0] = Math.min(b[0], left);
    b[1] = Math.min(b[1], top);
    b[2] = Math.max(b[2], right);
    b[3] = Math.max(b[3], bottom);
  };
  for (let v = 0; v < count; v++) add(x[v] - w[v] / 2, y[v] - h[v] / 2, x[v] + w[v] / 2, y[v] + h[v] / 2);
  for (let g = 0; g < boxes.length; g += 4) {
    if (boxes[g + 2] > 0) add(boxes[g], boxes[g + 1], boxes[g] + boxes[g + 2], boxes[g + 1] + boxes[g + 3]);
  }
  return Float32Array.from(b);
}

/** Shifts the whole picture so that most nodes stay exactly where they were. */
function align(r: LayoutResult, seed: Float32Array): void {
  const dx: number[] = [];
  const dy: number[] = [];
  for (let v = 0; v < r.x.length; v++) {
    if (Number.isNaN(seed[2 * v])) continue;
    dx.push(Math.round(seed[2 * v] - r.x[v]));
    dy.push(Math.round(seed[2 * v + 1] - r.y[v]));
  }
  const sx = commonest(dx);
  const sy = commonest(dy);
  for (const values of [r.x, r.columns]) for (let i = 0; i < values.length; i++) values[i] += sx;
  for (let i = 0; i < r.y.length; i++) r.y[i] += sy;
  for (const pairs of [r.points, r.segments, r.bounds]) {
    for (let i = 0; i < pairs.length; i += 2) {
      pairs[i] += sx;
      pairs[i + 1] += sy;
    }
  }
  for (let i = 0; i < r.runs.length; i += 3) {
    r.runs[i] += sx;
    r.runs[i + 1] += sx;
    r.runs[i + 2] += sy;
  }
  for (let g = 0; g < r.boxes.length; g += 4) {
    r.boxes[g] += sx;
    r.boxes[g + 1] += sy;
  }
}

/** The commonest value if it is frequent, else the median. */
function commonest(values: number[]): number {
  const counts = new Map<number, number>();
  let best = 0;
  for (const v of values) {
    counts.set(v, (counts.get(v) ?? 0) + 1);
    if (counts.get(v)! > (counts.get(best) ?? 0)) best = v;
  }
  if ((counts.get(best) ?? 0) * 3 >= values.length) return best;
  return values.sort((a, b) => a - b)[values.length >> 1];
}
