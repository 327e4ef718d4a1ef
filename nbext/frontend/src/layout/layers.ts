/** Layers: nodes and waypoints in their columns, linked from each column to the next. */

import { rows } from "./rows";

/** Items 0 .. count-1 are the nodes; the others are waypoints of edges that pass several columns. */
export interface Layers {
  count: number;
  total: number;
  column: Int32Array;
  lane: Int32Array;
  /** The items of each column, in order. */
  orders: Int32Array[];
  /** The place of each item in its column. */
  place: Int32Array;
  up: Links;
  down: Links;
  /** The waypoint before an edge's target, or its source: where the last piece of the edge starts. */
  last: Int32Array;
}

/** Weighted neighbours in compressed rows. */
export interface Links {
  at: Int32Array;
  to: Int32Array;
  weight: Int32Array;
}

/**
 * With `share`, edges of one source share their waypoints: one trunk that branches at its targets. Without, a waypoint is
 * in the box of its edge's target from the columns of that box on, else in that of its source.
 */
export function buildLayers(
  count: number, edges: Int32Array, column: Int32Array, lane: Int32Array, lanes: number, share: boolean,
): Layers {
  const down = rows(count, edges);
  const from: number[] = [];
  const to: number[] = [];
  const weight: number[] = [];
  const columns = Array.from(column);
  const laneOf = Array.from(lane);
  const last = new Int32Array(edges.length / 2);
  const slot = slots(count, edges);
  const firstOf = new Int32Array(lanes).fill(0x7fffffff);
  for (let v = 0; v < count; v++) firstOf[lane[v]] = Math.min(firstOf[lane[v]], column[v]);
  let columnsUsed = 1;
  for (let v = 0; v < count; v++) {
    columnsUsed = Math.max(columnsUsed, column[v] + 1);
    const targets: number[] = [];
    for (let i = down.at[v]; i < down.at[v + 1]; i++) targets.push(i);
    targets.sort((a, b) => column[down.to[a]] - column[down.to[b]]);
    let tip = v;
    let c = column[v];
    targets.forEach((i, k) => {
      const t = down.to[i];
      if (!share) [tip, c] = [v, column[v]];
      while (c < column[t] - 1) {
        c++;
        columns.push(c);
        laneOf.push(!share && c >= firstOf[lane[t]] ? lane[t] : lane[v]);
        from.push(tip);
        to.push(columns.length - 1);
        weight.push(share ? targets.length - k : 1);
        tip = columns.length - 1;
      }
      from.push(tip);
      to.push(t);
      weight.push(1);
      last[slot[i]] = tip;
    });
  }
  const total = columns.length;
  const place = new Int32Array(total);
  return {
    count, total, column: Int32Array.from(columns), lane: Int32Array.from(laneOf),
    orders: initialOrders(columns, laneOf, columnsUsed, lanes), place,
    up: links(total, to, from, weight), down: links(total, from, to, weight), last,
  };
}

/** For each row slot of `rows(count, edges)`, the number of the edge it came from. */
function slots(count: number, edges: Int32Array): Int32Array {
  const at = new Int32Array(count + 1);
  for (let e = 0; e < edges.length; e += 2) at[edges[e] + 1]++;
  for (let v = 0; v < count; v++) at[v + 1] += at[v];
  const slot = new Int32Array(edges.length / 2);
  for (let e = 0; e < edges.length; e += 2) slot[at[edges[e]]++] = e / 2;
  return slot;
}

function initialOrders(columns: number[], lane: number[], used: number, lanes: number): Int32Array[] {
  const orders: number[][] = Array.from({ length: used }, () => []);
  columns.forEach((c, v) => orders[c].push(v));
  return orders.map((items) => Int32Array.from(lanes > 1 ? items.sort((a, b) => lane[a] - lane[b] || a - b) : items));
}

function links(total: number, from: number[], to: number[], weight: number[]): Links {
  const at = new Int32Array(total + 1);
  for (const v of from) at[v + 1]++;
  for (let v = 0; v < total; v++) at[v + 1] += at[v];
  const fill = at.slice();
  const target = new Int32Array(from.length);
  const heavy = new Int32Array(from.length);
  for (let e = 0; e < from.length; e++) {
    const k = fill[from[e]]++;
    target[k] = to[e];
    heavy[k] = weight[e];
  }
  return { at, to: target, weight: heavy };
}

/** Writes the place of every item of one column. */
export function renumber(l: Layers, column: number): void {
  const items = l.orders[column];
  for (let i = 0; i < items.length; i++) l.place[items[i]] = i;
}
