/** Rank: the column of every node; an edge always goes to a later column. */

import { rows, type Rows } from "./rows";
import { shortest } from "./simplex";

/** Turns the edges that close a cycle (collapsed groups can make some), so that the rest is a DAG. */
export function acyclic(count: number, edges: Int32Array): { edges: Int32Array; order: Int32Array } {
  const down = rows(count, edges);
  const waits = new Int32Array(count);
  for (let e = 0; e < edges.length; e += 2) waits[edges[e + 1]]++;
  const order = new Int32Array(count);
  const place = new Int32Array(count).fill(-1);
  let head = 0;
  let tail = 0;
  const enqueue = (v: number): void => {
    place[v] = tail;
    order[tail++] = v;
  };
  for (let v = 0; v < count; v++) if (waits[v] === 0) enqueue(v);
  let rest = 0;
  while (tail < count || head < tail) {
    if (head === tail) {
      while (place[rest] >= 0) rest++;
      enqueue(rest);
    }
    const v = order[head++];
    for (let i = down.at[v]; i < down.at[v + 1]; i++) {
      const t = down.to[i];
      if (place[t] < 0 && --waits[t] === 0) enqueue(t);
    }
  }
  const turned = edges.slice();
  for (let e = 0; e < edges.length; e += 2) {
    if (place[edges[e]] <= place[edges[e + 1]]) continue;
    turned[e] = edges[e + 1];
    turned[e + 1] = edges[e];
  }
  return { edges: turned, order };
}

/** The largest number of nodes in a column, for a picture with about the shape of a screen. */
export function columnLimit(count: number): number {
  return Math.max(32, Math.ceil(2.2 * Math.sqrt(count)));
}

/** The largest number of nodes in a row: a row is half as high as a card is wide, the picture has the shape of its room. */
export function rowLimit(count: number, [width, height]: readonly [number, number]): number {
  return Math.max(3, Math.ceil(Math.sqrt((count * width) / (2 * height))));
}

/** The column of every node: short edges, then columns of at most `limit` nodes, which keeps wide dataflows in a readable shape. */
export function rank(count: number, edges: Int32Array, order: Int32Array, limit: number): Int32Array {
  const up = rows(count, edges, true);
  const down = rows(count, edges);
  const column = new Int32Array(count);
  for (const v of order) column[v] = after(v, column, up);
  shorten(column, up, down, order);
  if (count <= 2500) shortest(column, edges, up, down, 5_000_000);
  const first = column.reduce((a, b) => Math.min(a, b), 0);
  return bounded(column.map((c) => c - first), up, down, order, limit);
}

/** Moves nodes to the next column if one is full; those with the longest path ahead stay. */
function bounded(wanted: Int32Array, up: Rows, down: Rows, order: Int32Array, limit: number): Int32Array {
  const count = wanted.length;
  const height = new Int32Array(count);
  for (let k = count - 1; k >= 0; k--) {
    const v = order[k];
    for (let i = down.at[v]; i < down.at[v + 1]; i++) height[v] = Math.max(height[v], height[down.to[i]] + 1);
  }
  const sorted = Int32Array.from(order).sort((a, b) => wanted[a] - wanted[b] || height[b] - height[a] || a - b);
  const column = new Int32Array(count);
  const filled: number[] = [];
  for (const v of sorted) {
    let c = Math.max(wanted[v], after(v, column, up));
    while ((filled[c] ?? 0) >= limit) c++;
    for (let k = filled.length; k <= c; k++) filled[k] = 0;
    filled[c]++;
    column[v] = c;
  }
  let next = 0;
  const rename = filled.map((n) => (n > 0 ? next++ : 0));
  return column.map((c) => rename[c]);
}

/** The first column after all inputs of v. */
function after(v: number, column: Int32Array, up: Rows): number {
  let c = 0;
  for (let i = up.at[v]; i < up.at[v + 1]; i++) c = Math.max(c, column[up.to[i]] + 1);
  return c;
}

/** Moves nodes one by one within their slack to the column with the shortest edges. */
function shorten(column: Int32Array, up: Rows, down: Rows, order: Int32Array): void {
  const count = column.length;
  for (let pass = 0; pass < 8; pass++) {
    let moved = false;
    for (let k = 0; k < count; k++) {
      const v = order[pass % 2 === 0 ? count - 1 - k : k];
      const ins = up.at[v + 1] - up.at[v];
      const outs = down.at[v + 1] - down.at[v];
      if (ins === outs || ins + outs === 0) continue;
      const c = outs > ins ? latest(v, column, down) : after(v, column, up);
      if (c === column[v]) continue;
      column[v] = c;
      moved = true;
    }
    if (!moved) return;
  }
}

function latest(v: number, column: Int32Array, down: Rows): number {
  let c = Infinity;
  for (let i = down.at[v]; i < down.at[v + 1]; i++) c = Math.min(c, column[down.to[i]] - 1);
  return c;
}
