/** A mark: the state of the nodes of one cell, in one word. */

import type { State } from "../look";
import { worst, type Graph, type ViewNode } from "../model";
import type { CellState } from "./contract";

/** What one cell's mark shows. */
export interface Mark {
  state: State | "warned" | "edited" | "new" | "current";
  /** The total time of its nodes, in seconds; null if nothing was computed. */
  seconds: number | null;
}

/** The mark of a cell: its most important state. */
export function markOf(nodes: ViewNode[], standing: CellState | undefined): Mark | null {
  if (nodes.length === 0 && standing === undefined) return null;
  if (standing === "new" || standing === "edited") return { state: standing, seconds: null };
  const state = stateOf(nodes) ?? "current";
  const times = nodes.map((node) => node.seconds).filter((time) => time !== null);
  return { state, seconds: times.length > 0 && state === "fresh" ? times.reduce((a, b) => a + b, 0) : null };
}

/** The worst state of nodes; "warned" where a check that only warns is the worst. */
export function stateOf(nodes: ViewNode[]): State | "warned" | null {
  const state = worst(nodes);
  return state === "stale" && nodes.every((node) => node.state !== "stale") ? "warned" : state;
}

/** The nodes of each cell. */
export function byCell(graph: Graph): Map<string, ViewNode[]> {
  const found = new Map<string, ViewNode[]>();
  for (const node of graph.view.nodes) {
    if (node.cell_id === null) continue;
    const list = found.get(node.cell_id);
    if (list === undefined) found.set(node.cell_id, [node]);
    else list.push(node);
  }
  return found;
}
