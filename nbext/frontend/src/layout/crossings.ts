/** Crossings: the number of crossing edges between two columns, counted and compared exactly. */

import type { Layers, Links } from "./layers";

/** Sorts the outgoing links of column c by the places of their targets. */
export function sortDown(l: Layers, c: number): void {
  if (c < 0 || c + 1 >= l.orders.length) return;
  spread(l.orders[c], l.down, l.orders[c + 1], l.up);
}

/** Sorts the incoming links of column c by the places of their sources. */
export function sortUp(l: Layers, c: number): void {
  if (c < 1 || c >= l.orders.length) return;
  spread(l.orders[c], l.up, l.orders[c - 1], l.down);
}

let cursor = new Int32Array(0);

/** Rewrites `mine` of `items` in the order of `others`: a bucket sort, linear in the links. */
function spread(items: Int32Array, mine: Links, others: Int32Array, theirs: Links): void {
  if (cursor.length < mine.at.length) cursor = new Int32Array(mine.at.length);
  for (let i = 0; i < items.length; i++) cursor[items[i]] = mine.at[items[i]];
  for (let i = 0; i < others.length; i++) {
    const v = others[i];
    for (let k = theirs.at[v]; k < theirs.at[v + 1]; k++) {
      const slot = cursor[theirs.to[k]]++;
      mine.to[slot] = v;
      mine.weight[slot] = theirs.weight[k];
    }
  }
}

let sums = new Float64Array(0);

/** Crossings between column c and the next one (a trunk counts once for each of its edges). */
export function crossingsAfter(l: Layers, c: number): number {
  const right = l.orders[c + 1];
  if (right === undefined) return 0;
  sortDown(l, c);
  const size = right.length + 1;
  if (sums.length < size) sums = new Float64Array(size * 2);
  sums.fill(0, 0, size);
  let total = 0;
  let crossed = 0;
  for (const u of l.orders[c]) {
    const start = l.down.at[u];
    const end = l.down.at[u + 1];
    for (let k = start; k < end; k++) {
      let before = 0;
      for (let p = l.place[l.down.to[k]] + 1; p > 0; p -= p & -p) before += sums[p];
      crossed += (total - before) * l.down.weight[k];
    }
    for (let k = start; k < end; k++) {
      const w = l.down.weight[k];
      total += w;
      for (let p = l.place[l.down.to[k]] + 1; p < size; p += p & -p) sums[p] += w;
    }
  }
  return crossed;
}

/** Crossings of the links of v and w if v comes first, less those if w comes first (links sorted). */
export function swapGain(links: Links, place: Int32Array, v: number, w: number): number {
  let i = links.at[v];
  let j = links.at[w];
  const iEnd = links.at[v + 1];
  const jEnd = links.at[w + 1];
  if (i === iEnd || j === jEnd) return 0;
  let left = 0;
  for (let k = i; k < iEnd; k++) left += links.weight[k];
  let gain = 0;
  let done = 0;
  for (; j < jEnd; j++) {
    const p = place[links.to[j]];
    while (i < iEnd && place[links.to[i]] < p) done += links.weight[i++];
    let same = 0;
    for (let k = i; k < iEnd && place[links.to[k]] === p; k++) same += links.weight[k];
    gain += links.weight[j] * (left - done - same - done);
  }
  return gain;
}
