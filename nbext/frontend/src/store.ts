/** The store: the current graph of one dataflow, and observers of its changes. */

import { applyUpdate, link, readView, type Graph, type Update } from "./model";

export interface Changed {
  graph: Graph;
  /** Names that changed; null = all may have. */
  names: string[] | null;
  structural: boolean;
}

/** Above this number of nodes, reading a view and laying it out are two tasks, so that the page stays responsive. */
const LARGE = 2000;

export class Store {
  private readers = new Set<(change: Changed) => void>();
  graph: Graph;
  /** False after the kernel that computed the values has ended. */
  connected = true;

  constructor(raw: unknown) {
    this.graph = link(readView(raw));
  }

  replace(raw: unknown): void {
    this.connected = true;
    this.graph = link(readView(raw));
    const notify = (): void => this.notify({ graph: this.graph, names: null, structural: true });
    if (this.graph.view.nodes.length < LARGE) notify();
    else setTimeout(notify);
  }

  update(update: Update): void {
    const { view, changed, structural } = applyUpdate(this.graph.view, update);
    this.graph = structural ? link(view) : { ...this.graph, view, node: new Map(view.nodes.map((n) => [n.name, n])) };
    this.notify({ graph: this.graph, names: changed, structural });
  }

  /** Ends the connection: without a kernel no value is fresh and nothing can be computed, but the graph is shown. */
  disconnect(): void {
    this.connected = false;
    const { view } = this.graph;
    const nodes = view.nodes.map((n) => ({ ...n, state: n.waiting.length > 0 ? ("waiting" as const) : null }));
    this.graph = link({ ...view, nodes, progress: null });
    this.notify({ graph: this.graph, names: nodes.map((n) => n.name), structural: false });
  }

  private notify(change: Changed): void {
    for (const reader of [...this.readers]) reader(change);
  }

  subscribe(reader: (change: Changed) => void): () => void {
    this.readers.add(reader);
    return () => void this.readers.delete(reader);
  }
}
