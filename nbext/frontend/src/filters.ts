/** Filters: nodes selected by words, state, kind and tag. */

import type { Kind, State } from "./look";
import { told, type Graph, type ViewNode } from "./model";
import { isSelection, selected } from "./selection";

export interface Filters {
  query: string;
  states: Set<State>;
  kinds: Set<Kind>;
  tags: Set<string>;
}

export const noFilters = (): Filters => ({ query: "", states: new Set(), kinds: new Set(), tags: new Set() });

export const tagText = (key: string, value: unknown): string => (value === true || value === "" ? key : `${key}: ${String(value)}`);

/** The test for a node of a graph, or null without filters. A query is a selection, or words to search. */
export function matcher(f: Filters, graph: Graph): ((node: ViewNode) => boolean) | null {
  const chosen = isSelection(f.query) ? selected(graph, f.query) : null;
  if (chosen !== null) {
    const rest = matcher({ ...f, query: "" }, graph);
    return (node) => chosen.has(node.name) && (rest === null || rest(node));
  }
  const words = f.query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length + f.states.size + f.kinds.size + f.tags.size === 0) return null;
  return (node) =>
    (f.states.size === 0 || f.states.has(told(node)!)) &&
    (f.kinds.size === 0 || f.kinds.has(node.kind)) &&
    (f.tags.size === 0 || Object.entries(node.tags).some(([k, v]) => f.tags.has(tagText(k, v)))) &&
    words.every((word) => haystack(node).includes(word));
}

function haystack(node: ViewNode): string {
  const tags = Object.entries(node.tags).map(([k, v]) => tagText(k, v)).join(" ");
  return `${node.name} ${node.kind} ${node.doc} ${node.group} ${tags}`.toLowerCase();
}

/** Nodes that match the words, best first: names that begin with them, names that contain them, then the rest. */
export function search(graph: Graph, query: string, limit = 8): ViewNode[] {
  const text = query.trim().toLowerCase();
  const fits = text === "" ? null : matcher({ ...noFilters(), query: query.trim() }, graph);
  if (fits === null) return [];
  const score = (node: ViewNode): number => {
    const name = node.name.toLowerCase();
    return name === text ? 0 : name.startsWith(text) ? 1 : name.includes(text) ? 2 : 3;
  };
  const found = graph.view.nodes.filter(fits).map((node) => ({ node, score: score(node) }));
  return found.sort((a, b) => a.score - b.score || a.node.name.length - b.node.name.length).slice(0, limit).map((f) => f.node);
}

/** All tags with the number of their nodes, commonest first. */
export function tagCounts(graph: Graph): [string, number][] {
  const counts = new Map<string, number>();
  for (const node of graph.view.nodes) {
    for (const [key, value] of Object.entries(node.tags)) {
      const tag = tagText(key, value);
      counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
