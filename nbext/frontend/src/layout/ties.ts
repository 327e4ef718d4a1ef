/** Ties: nodes with the same inputs and readers, which could change places, are put in notebook order. */

import type { Layers, Links } from "./layers";

/**
 * Sorts interchangeable nodes of a column, with the waypoints of their edges, by their numbers. They lead to the same
 * ends through the same columns, so the number of crossings is unchanged. Waypoints must not be shared.
 */
export function orderTies(l: Layers): void {
  const alike = new Map<string, { v: number; items: number[] }[]>();
  for (let v = 0; v < l.count; v++) {
    const up = chains(l, l.up, v);
    const down = chains(l, l.down, v);
    const key = [l.column[v], l.lane[v], ...up.map((c) => c.end), "/", ...down.map((c) => c.end)].join(" ");
    const bundle = { v, items: [v, ...up.flatMap((c) => c.through), ...down.flatMap((c) => c.through)] };
    const group = alike.get(key);
    if (group === undefined) alike.set(key, [bundle]);
    else group.push(bundle);
  }
  for (const group of alike.values()) {
    const slots = [...group].sort((a, b) => l.place[a.v] - l.place[b.v]).map((b) => b.items.map((item) => l.place[item]));
    group.forEach((bundle, k) => bundle.items.forEach((item, i) => {
      l.orders[l.column[item]][slots[k][i]] = item;
      l.place[item] = slots[k][i];
    }));
  }
}

/** The edges of a node on one side: the node each leads to and the waypoints on the way, sorted by that node. */
function chains(l: Layers, links: Links, v: number): { end: number; through: number[] }[] {
  const found: { end: number; through: number[] }[] = [];
  for (let k = links.at[v]; k < links.at[v + 1]; k++) {
    const through: number[] = [];
    let end = links.to[k];
    while (end >= l.count) {
      through.push(end);
      end = links.to[links.at[end]];
    }
    found.push({ end, through });
  }
  return found.sort((a, b) => a.end - b.end);
}
