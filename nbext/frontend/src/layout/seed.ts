/** Seed: a first order and first heights from the previous positions of nodes. */

import { renumber, type Layers } from "./layers";
import type { Steps } from "./types";

/** Orders nodes by their previous positions; new ones and waypoints go between their neighbours. */
export function* sortBySeed(l: Layers, seed: Float32Array): Steps<void> {
  const y = new Float64Array(l.total).fill(NaN);
  for (let v = 0; v < l.count; v++) y[v] = seed[v];
  for (const links of [l.up, l.down]) {
    const n = l.orders.length;
    for (let k = 0; k < n; k++) {
      for (const v of l.orders[links === l.up ? k : n - 1 - k]) {
        if (v < l.count && !Number.isNaN(seed[v])) continue;
        const near = mean(y, links, v);
        if (!Number.isNaN(near)) y[v] = Number.isNaN(y[v]) ? near : (y[v] + near) / 2;
      }
      yield;
    }
  }
  for (let c = 0; c < l.orders.length; c++) {
    const key = (v: number): number => (Number.isNaN(y[v]) ? Infinity : y[v]);
    l.orders[c].sort((a, b) => l.lane[a] - l.lane[b] || (key(a) === key(b) ? l.place[a] - l.place[b] : key(a) - key(b)));
    renumber(l, c);
  }
}

function mean(y: Float64Array, links: Layers["up"], v: number): number {
  let sum = 0;
  let n = 0;
  for (let k = links.at[v]; k < links.at[v + 1]; k++) {
    const value = y[links.to[k]];
    if (Number.isNaN(value)) continue;
    sum += value;
    n++;
  }
  return n > 0 ? sum / n : NaN;
}
