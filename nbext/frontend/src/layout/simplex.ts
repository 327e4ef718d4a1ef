/** Simplex: columns with the smallest total length of edges (network simplex). */

import type { Rows } from "./rows";

/** A spanning tree of edges of length one, walked from node 0. */
interface Tree {
  parent: Int32Array;
  /** Preorder of the nodes, and where each node's subtree starts and ends in it. */
  walk: Int32Array;
  start: Int32Array;
  end: Int32Array;
}

/** Improves feasible columns in place; stops early (still feasible) when `work` is used up. */
export function shortest(column: Int32Array, edges: Int32Array, up: Rows, down: Rows, work: number): void {
  const count = column.length;
  const done = new Uint8Array(count);
  for (let v = 0; v < count; v++) {
    if (done[v] || up.at[v + 1] - up.at[v] + down.at[v + 1] - down.at[v] === 0) continue;
    const tied = tightTree(column, up, down, v, done);
    work -= 4 * tied.cost;
    work = pivots(column, edges, up, down, tied.links, v, work);
  }
}

/** Grows a tree of edges of length one from `root`, pulling the next nearest node closer whenever it is stuck. */
function tightTree(
  column: Int32Array, up: Rows, down: Rows, root: number, done: Uint8Array,
): { links: Map<number, number[]>; cost: number } {
  const links = new Map<number, number[]>([[root, []]]);
  const members = [root];
  const border: [number, number][] = [];
  done[root] = 1;
  let cost = 0;
  const grow = (from: number): void => {
    for (let i = from; i < members.length; i++) {
      const v = members[i];
      for (const side of [up, down]) {
        for (let k = side.at[v]; k < side.at[v + 1]; k++) {
          const t = side.to[k];
          if (done[t]) continue;
          if (Math.abs(column[t] - column[v]) > 1) border.push([v, t]);
          else join(v, t);
        }
      }
    }
  };
  const join = (v: number, t: number): void => {
    done[t] = 1;
    links.set(t, [v]);
    links.get(v)!.push(t);
    members.push(t);
  };
  grow(0);
  for (;;) {
    let best: [number, number] | null = null;
    let slack = Infinity;
    for (const [v, t] of border) {
      const s = Math.abs(column[t] - column[v]) - 1;
      if (!done[t] && s < slack) [best, slack] = [[v, t], s];
    }
    cost += border.length;
    if (best === null) return { links, cost };
    const shift = column[best[1]] > column[best[0]] ? slack : -slack;
    for (const v of members) column[v] += shift;
    const before = members.length;
    join(best[0], best[1]);
    grow(before);
  }
}

function walkTree(links: Map<number, number[]>, root: number, count: number): Tree {
  const tree: Tree = {
    parent: new Int32Array(count).fill(-1), walk: new Int32Array(links.size),
    start: new Int32Array(count).fill(-1), end: new Int32Array(count),
  };
  const stack = [root];
  let n = 0;
  while (stack.length > 0) {
    const v = stack.pop()!;
    tree.start[v] = n;
    tree.walk[n++] = v;
    for (const t of links.get(v)!) {
      if (t === tree.parent[v]) continue;
      tree.parent[t] = v;
      stack.push(t);
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    const v = tree.walk[i];
    tree.end[v] = Math.max(tree.end[v], i + 1);
    if (tree.parent[v] >= 0) tree.end[tree.parent[v]] = Math.max(tree.end[tree.parent[v]], tree.end[v]);
  }
  return tree;
}

/** Exchanges tree edges while moving one side of the tree shortens the edges in total. */
function pivots(
  column: Int32Array, edges: Int32Array, up: Rows, down: Rows, links: Map<number, number[]>, root: number, work: number,
): number {
  const flow = new Int32Array(column.length);
  let still = 0;
  while (work > 0) {
    const tree = walkTree(links, root, column.length);
    const n = links.size;
    work -= 3 * n;
    let worst = -1;
    let gain = 0;
    for (let i = n - 1; i >= 0; i--) {
      const v = tree.walk[i];
      flow[v] += down.at[v + 1] - down.at[v] - (up.at[v + 1] - up.at[v]);
      const p = tree.parent[v];
      if (p < 0) break;
      flow[p] += flow[v];
      const leaves = column[p] > column[v];
      const value = leaves ? -flow[v] : flow[v];
      if (value > gain) [worst, gain] = [v, value];
    }
    for (let i = 0; i < n; i++) flow[tree.walk[i]] = 0;
    if (worst < 0) return work;
    const slack = exchange(column, edges, tree, links, worst);
    still = slack === 0 ? still + 1 : 0;
    work -= edges.length;
    if (still > 40) return work;
  }
  return work;
}

/** Removes the tree edge above `v`, moves v's subtree as far as useful, and connects it there; returns how far. */
function exchange(
  column: Int32Array, edges: Int32Array, tree: Tree, links: Map<number, number[]>, v: number,
): number {
  const p = tree.parent[v];
  const back = column[p] > column[v];
  const inside = (u: number): boolean => tree.start[u] >= tree.start[v] && tree.start[u] < tree.end[v];
  let slack = Infinity;
  let tie: [number, number] = [v, p];
  for (let e = 0; e < edges.length; e += 2) {
    const a = edges[e];
    const b = edges[e + 1];
    if (back ? inside(a) || !inside(b) : !inside(a) || inside(b)) continue;
    const s = column[b] - column[a] - 1;
    if (s < slack) [slack, tie] = [s, back ? [b, a] : [a, b]];
  }
  if (slack === Infinity) return 0;
  for (let i = tree.start[v]; i < tree.end[v]; i++) column[tree.walk[i]] += back ? -slack : slack;
  const cut = (a: number, b: number): void => void links.get(a)!.splice(links.get(a)!.indexOf(b), 1);
  cut(v, p);
  cut(p, v);
  links.get(tie[0])!.push(tie[1]);
  links.get(tie[1])!.push(tie[0]);
  return slack;
}
