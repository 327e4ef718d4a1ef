/** Rows: the successors or predecessors of each node, packed in two arrays. */

/** Adjacency in compressed rows: the neighbours of v are `to[at[v]] .. to[at[v + 1] - 1]`. */
export interface Rows {
  at: Int32Array;
  to: Int32Array;
}

/** Groups the edges (pairs) by their source, or by their target when `backwards`. */
export function rows(count: number, edges: Int32Array, backwards = false): Rows {
  const at = new Int32Array(count + 1);
  const key = backwards ? 1 : 0;
  for (let e = 0; e < edges.length; e += 2) at[edges[e + key] + 1]++;
  for (let v = 0; v < count; v++) at[v + 1] += at[v];
  const fill = at.slice();
  const to = new Int32Array(edges.length / 2);
  for (let e = 0; e < edges.length; e += 2) to[fill[edges[e + key]]++] = edges[e + 1 - key];
  return { at, to };
}
