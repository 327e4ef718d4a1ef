/** Order: the items of each column from top to bottom, with few crossing edges. */

import { crossingsAfter, sortDown, sortUp, swapGain } from "./crossings";
import { renumber, type Layers } from "./layers";
import { sortBySeed } from "./seed";
import type { Steps } from "./types";

/** Number of links to visit before the search for fewer crossings ends: a count, not a time, so that results repeat. */
const work = (nodes: number): number => (nodes <= 600 ? 24_000_000 : nodes <= 2500 ? 8_000_000 : 14_000_000);
const LANE = 2 ** 42;

/** The remaining budget of a search. */
export interface Budget {
  work: number;
  /** 1 = this item keeps its order among the others with 1. */
  pinned: Uint8Array | null;
}

/** Puts the items of every column in an order with few crossings; returns how many are left. */
export function* reduceCrossings(l: Layers, seed: Float32Array | null): Steps<number> {
  for (let c = 0; c < l.orders.length; c++) renumber(l, c);
  const budget: Budget = { work: work(l.count), pinned: null };
  if (seed === null) return yield* search(l, budget);
  yield* sortBySeed(l, seed);
  const half = { work: budget.work / 2, pinned: Uint8Array.from({ length: l.total }, (_, v) => (v < l.count && !Number.isNaN(seed[v]) ? 1 : 0)) };
  yield* settle(l, half, everywhere(l));
  const kept = yield* disturb(l, half, yield* count(l, half), generator(5));
  if (kept < 4) return kept;
  const mine = copy(l);
  budget.work /= 2;
  const found = yield* search(l, budget);
  if (found < 0.7 * kept) return found;
  restore(l, mine);
  return kept;
}

/** Barycenter sweeps from a few starts; then small disturbances of the best, kept when they lead to fewer crossings. */
function* search(l: Layers, budget: Budget): Steps<number> {
  const random = generator(7);
  const first = copy(l);
  const half = budget.work / 2;
  const cost = l.down.to.length * 60;
  const starts = Math.max(1, Math.min(4, Math.floor(half / (cost * 8))));
  let best = Infinity;
  let orders = first;
  for (let s = 0; s < starts && best > 0 && (s === 0 || budget.work > half); s++) {
    if (s > 0) restore(l, s % 2 ? first.map((o) => shuffled(l, o, random)) : first);
    let stale = 0;
    let last = Infinity;
    for (let r = 0; r < 24 && stale < 5 && budget.work > 0; r++) {
      yield* sweep(l, budget, (r + s) % 2 === 0, r % 4 > 1);
      if (r > 0 || l.total < 4000) yield* settle(l, budget, everywhere(l), 3);
      const now = yield* count(l, budget);
      stale = now < last ? 0 : stale + 1;
      last = Math.min(last, now);
      if (now < best) [best, orders] = [now, copy(l)];
    }
  }
  restore(l, orders);
  return yield* disturb(l, budget, best, random);
}

/** Moves a few items at random, sorts their columns again, and keeps the result unless it is worse. */
function* disturb(l: Layers, budget: Budget, best: number, random: () => number): Steps<number> {
  const crossed = l.orders.map((_, c) => crossingsAfter(l, c));
  const patience = 100 + 10 * l.total;
  for (let idle = 0; idle < patience && budget.work > 0 && best > 0; idle++) {
    const undo: Undo = new Map();
    for (let k = 0; k < 1 + random() * 2; k++) {
      const v = Math.floor(random() * l.total);
      if (budget.pinned?.[v] !== 1) moveChain(l, v, random(), undo);
    }
    if (undo.size === 0) continue;
    yield* settle(l, budget, widened(marked(l, undo)), 12, undo);
    let now = best;
    const fresh: [number, number][] = [];
    widened(marked(l, undo)).forEach((on, c) => {
      if (!on) return;
      fresh.push([c, crossingsAfter(l, c)]);
      now += fresh[fresh.length - 1][1] - crossed[c];
      budget.work -= 3 * l.orders[c].length;
    });
    if (idle % 16 === 0) yield;
    if (now > best) {
      for (const [c, items] of undo) {
        l.orders[c] = items;
        renumber(l, c);
      }
      continue;
    }
    if (now < best) idle = 0;
    best = now;
    for (const [c, value] of fresh) crossed[c] = value;
  }
  return best;
}

/** The orders of columns before a disturbance. */
type Undo = Map<number, Int32Array>;

function remember(l: Layers, undo: Undo | null, c: number): void {
  if (undo !== null && !undo.has(c)) undo.set(c, l.orders[c].slice());
}

function marked(l: Layers, undo: Undo): Uint8Array {
  const marks = new Uint8Array(l.orders.length);
  for (const c of undo.keys()) marks[c] = 1;
  return marks;
}

/** Moves an item, and the waypoints of its edge, to one relative height in their columns. */
function moveChain(l: Layers, v: number, height: number, undo: Undo): void {
  const chain = [v];
  for (const links of [l.up, l.down]) {
    let u = v;
    while (links.at[u] < links.at[u + 1]) {
      u = links.to[links.at[u]];
      if (u < l.count) break;
      chain.push(u);
    }
  }
  for (const u of chain) {
    const c = l.column[u];
    const items = l.orders[c];
    let low = l.place[u];
    let high = low;
    while (low > 0 && l.lane[items[low - 1]] === l.lane[u]) low--;
    while (high + 1 < items.length && l.lane[items[high + 1]] === l.lane[u]) high++;
    remember(l, undo, c);
    move(l, c, l.place[u], Math.round(low + height * (high - low)));
  }
}

function move(l: Layers, c: number, from: number, to: number): void {
  const items = l.orders[c];
  const v = items[from];
  items.copyWithin(to < from ? to + 1 : from, to < from ? to : from + 1, to < from ? from : to + 1);
  items[to] = v;
  for (let i = Math.min(to, from); i <= Math.max(to, from); i++) l.place[items[i]] = i;
}

const everywhere = (l: Layers): Uint8Array => new Uint8Array(l.orders.length).fill(1);

/** The marked columns and their neighbours. */
function widened(marks: Uint8Array): Uint8Array {
  return marks.map((on, c) => (on || marks[c - 1] || marks[c + 1] ? 1 : 0));
}

/** Sorts items by their barycenters in the column before (or after). */
function* sweep(l: Layers, budget: Budget, forwards: boolean, flipTies: boolean): Steps<void> {
  const n = l.orders.length;
  budget.work -= 4 * l.down.to.length;
  for (let k = 1; k < n; k++) {
    const c = forwards ? k : n - 1 - k;
    sortColumn(l, c, forwards ? l.up : l.down, flipTies);
    yield;
  }
}

/** Sorts by packed numbers (lane, barycenter, place): a native sort. Items without a neighbour keep their slots. */
function sortColumn(l: Layers, c: number, links: Layers["up"], flipTies: boolean): void {
  const items = l.orders[c];
  const keys = new Float64Array(items.length);
  let n = 0;
  for (let i = 0; i < items.length; i++) {
    const v = items[i];
    let sum = 0;
    let mass = 0;
    for (let k = links.at[v]; k < links.at[v + 1]; k++) {
      sum += l.place[links.to[k]] * links.weight[k];
      mass += links.weight[k];
    }
    if (mass === 0) continue;
    const tie = flipTies ? items.length - 1 - i : i;
    keys[n++] = l.lane[v] * LANE + Math.round((sum / mass) * 64) * 131072 + tie;
  }
  const sorted = keys.subarray(0, n).sort();
  const before = items.slice();
  let next = 0;
  for (let i = 0; i < items.length; i++) {
    if (links.at[before[i]] === links.at[before[i] + 1]) continue;
    const tie = sorted[next++] % 131072;
    items[i] = before[flipTies ? items.length - 1 - tie : tie];
  }
  renumber(l, c);
}

/** Moves each item of a column to its best place there; returns whether any moved. */
function siftColumn(l: Layers, c: number, budget: Budget): boolean {
  const items = l.orders[c];
  const reach = l.total > 4000 ? 4 : l.total > 1500 ? 16 : 1000;
  let changed = false;
  for (const v of items.slice()) {
    if (budget.pinned?.[v] === 1) continue;
    const from = l.place[v];
    let best = from;
    let bestGain = 0;
    for (const step of [-1, 1]) {
      let gain = 0;
      for (let i = from + step; i >= 0 && i < items.length && Math.abs(i - from) <= reach; i += step) {
        const w = items[i];
        if (l.lane[w] !== l.lane[v]) break;
        budget.work -= 4;
        const swap = step > 0
          ? swapGain(l.up, l.place, v, w) + swapGain(l.down, l.place, v, w)
          : swapGain(l.up, l.place, w, v) + swapGain(l.down, l.place, w, v);
        gain += swap;
        if (gain > bestGain) [best, bestGain] = [i, gain];
      }
    }
    if (best === from) continue;
    move(l, c, from, best);
    changed = true;
  }
  return changed;
}

/** Sifts the marked columns until nothing moves. */
function* settle(l: Layers, budget: Budget, marks: Uint8Array, passes = 8, undo: Undo | null = null): Steps<void> {
  let busy = marks;
  for (let pass = 0; pass < passes && budget.work > 0; pass++) {
    const next = new Uint8Array(busy.length);
    for (let c = 0; c < busy.length; c++) {
      if (!busy[c]) continue;
      sortUp(l, c);
      sortDown(l, c);
      remember(l, undo, c);
      if (siftColumn(l, c, budget)) next[c] = 1;
      if (l.total > 1000) yield;
    }
    if (!next.includes(1)) return;
    busy = widened(next);
  }
}

function* count(l: Layers, budget: Budget): Steps<number> {
  let total = 0;
  budget.work -= 4 * l.down.to.length;
  for (let c = 0; c + 1 < l.orders.length; c++) {
    total += crossingsAfter(l, c);
    yield;
  }
  return total;
}

const copy = (l: Layers): Int32Array[] => l.orders.map((o) => o.slice());

function restore(l: Layers, orders: Int32Array[]): void {
  for (let c = 0; c < orders.length; c++) {
    l.orders[c] = orders[c].slice();
    renumber(l, c);
  }
}

function shuffled(l: Layers, items: Int32Array, random: () => number): Int32Array {
  const keys = new Map(Array.from(items, (v) => [v, random()]));
  return items.slice().sort((a, b) => l.lane[a] - l.lane[b] || keys.get(a)! - keys.get(b)!);
}

/** A repeatable source of numbers in [0, 1). */
export function generator(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
