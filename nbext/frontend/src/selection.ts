/** Selection: nodes by `+ctr`, `ctr+`, `tag:x`, `state:stale`, `group:"Air"`, as in `dagbook graph --select`. */

import { inputsOf, looks, type Graph, type ViewNode } from "./model";

/** The values that each method compares with. */
const METHODS: Record<string, (node: ViewNode) => string[]> = {
  name: (node) => [node.name],
  tag: (node) => Object.entries(node.tags).flatMap(([key, value]) => [key, `${key}=${String(value)}`]),
  state: (node) => [looks(node) ?? (node.waiting.length > 0 ? "waiting" : "")].filter(Boolean),
  kind: (node) => [node.kind],
  group: (node) => [node.group],
  family: (node) => [node.family],
};
const PART = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g;
const TERM = /(?:"[^"]*"|'[^']*'|[^,"'])+/g;
const PLUS = /^(?:(\d*)(\+))?(.+?)(?:(\+)(\d*))?$/;

/** Whether a text is a selection, and not just words to search. */
export function isSelection(text: string): boolean {
  return (text.match(PART) ?? []).some((part) => /^\d*\+./.test(part) || /.\+\d*$/.test(part) || Object.hasOwn(METHODS, /^(\w+):./.exec(part)?.[1] ?? ""));
}

/** The names in a selection: parts with spaces between them are united, terms with commas are intersected. */
export function selected(graph: Graph, text: string): Set<string> {
  const found = new Set<string>();
  for (const part of text.match(PART) ?? []) {
    const terms = (part.match(TERM) ?? []).map((term) => termOf(graph, term));
    for (const name of terms[0] ?? []) if (terms.every((term) => term.has(name))) found.add(name);
  }
  return found;
}

function termOf(graph: Graph, term: string): Set<string> {
  const [, upSteps, up, core, down, downSteps] = PLUS.exec(term) ?? [];
  if (core === undefined) return new Set();
  const start = coreOf(graph, core);
  const found = new Set(start);
  const inputs = (name: string): string[] => (graph.node.has(name) ? inputsOf(graph.node.get(name)!) : []);
  if (up !== undefined) reach(start, inputs, upSteps).forEach((name) => found.add(name));
  if (down !== undefined) reach(start, (name) => graph.down.get(name) ?? [], downSteps).forEach((name) => found.add(name));
  return new Set([...found].filter((name) => graph.node.has(name)));
}

/** The nodes at most so many steps away; "" = all. */
function reach(start: Set<string>, onwards: (name: string) => string[], steps: string): Set<string> {
  const found = new Set(start);
  let edge = [...start];
  for (let left = steps === "" ? Infinity : Number(steps); left > 0 && edge.length > 0; left--) {
    edge = [...new Set(edge.flatMap(onwards))].filter((name) => !found.has(name));
    edge.forEach((name) => found.add(name));
  }
  return found;
}

function coreOf(graph: Graph, text: string): Set<string> {
  const [, method, value] = /^(\w+):(.*)$/s.exec(text) ?? ["", "name", text];
  const read = Object.hasOwn(METHODS, method) ? METHODS[method] : () => [];
  const plain = value.replace(/^["']+|["']+$/g, "");
  const fits = new RegExp(`^${plain.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*")}$`, method === "name" ? "su" : "isu");
  return new Set(graph.view.nodes.filter((node) => read(node).some((text) => fits.test(text))).map((node) => node.name));
}
