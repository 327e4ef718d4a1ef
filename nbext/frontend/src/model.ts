/** The view: one JSON document with everything to display, its updates, and the links between its nodes. */
import { VERDICT_LOOKS, type Kind, type State, type Verdict } from "./look";


export interface Histogram {
  edges: number[];
  counts: number[];
}

export interface Summary {
  type: string;
  shape: string;
  preview: string;
  nulls: number | null;
  histogram: Histogram | null;
  top: [unknown, number][] | null;
}

export interface Condition {
  message: string;
  held: boolean;
  detail: string;
}

export interface Variant {
  when: Record<string, unknown>;
  inputs: string[];
  cell: string;
}

/** The differences of a node's value before and after the last edit, as texts. */
export interface ImpactDetails {
  rows: string;
  columns: { name: string; facts: [string, string][] }[];
  /** The number of other columns that differ, and of those that do not. */
  more: number;
  equal: number;
  note: string;
}

/** The impact of the last edit on a node; the details arrive on request. */
export interface Impact {
  verdict: "changed" | "equal";
  details: ImpactDetails | null;
}

/** One column of a node's value. */
export interface Column {
  name: string;
  type: string;
  /** The share of gaps. */
  nulls: number;
  /** The number of different values; of a sample of the rows if `sampled`. */
  unique: number | null;
  sampled: boolean;
  /** The ends of the distribution (seconds since 1970 if `time`), and the share of rows in each bin. */
  low: number | null;
  high: number | null;
  time: boolean;
  shares: number[];
  /** The commonest values with their shares. */
  top: [string, number][];
  /** The columns that it is made of, such as "orders.amount", and the nodes that read it. */
  from: string[];
  read_by: string[];
  /** All nodes, upstream and downstream, that have to do with it. */
  path: string[];
  checks: { message: string; held: boolean; warns: boolean }[];
}

/** The columns of a node's value; they arrive on request. */
export interface Columns {
  columns: Column[];
  /** The number of columns that are not described. */
  more?: number;
  /** Nodes that read all columns, or some that their code does not show. */
  read_whole_by?: string[];
  rows_by?: string[];
  /** Whether the code shows all that the columns are made of. */
  exact?: boolean;
}

/** What its value depends on, learnt by experiment. */
export interface Nature {
  /** Its scope and whether it is point-in-time, such as "by store, point-in-time". */
  words: string;
  /** How much of the past gives the same new rows, such as "6 days"; null where that is not known. */
  look_back: string | null;
  /** Where it reads rows after its own time; null where it does not. */
  leak: string | null;
}

export interface ViewNode {
  name: string;
  kind: Kind;
  inputs: string[];
  cell: string;
  cell_id: string | null;
  line: number;
  group: string;
  doc: string;
  type: string;
  tags: Record<string, unknown>;
  /** The template of its family's names, such as `lag_{k}`; "" for a node of no family. */
  family: string;
  source: string;
  variants: Variant[];
  waiting: string[];
  severity: "fail" | "warn" | null;
  /** What it reads beside its inputs each time it runs, such as "files and the clock"; "" for nothing. */
  volatile: string;
  /** Whether its value is learnt from data once and ships with an envelope. */
  fitted: boolean;
  state: State | null;
  seconds: number | null;
  ran_at: string | null;
  summary: Summary | null;
  conditions: Condition[];
  error: { code: string; message: string; reason: string; hint: string } | null;
  impact: Impact | null;
  nature: Nature | null;
  columns: Columns | null;
}

export interface Progress {
  done: number;
  total: number;
  seconds_left: number | null;
}

export interface View {
  version: number;
  title: string;
  mode: string;
  groups: string[];
  progress: Progress | null;
  nodes: ViewNode[];
}

/** A live change: changed nodes completely, names of removed nodes, and the new order if it changed. */
export interface Update {
  nodes?: Partial<ViewNode>[];
  removed?: string[];
  order?: string[] | null;
  progress?: Progress | null;
  groups?: string[];
  mode?: string;
  title?: string;
}

const NODE: ViewNode = {
  name: "", kind: "value", inputs: [], cell: "", cell_id: null, line: 1, group: "", doc: "", type: "", tags: {}, family: "",
  source: "", variants: [], waiting: [], severity: null, volatile: "", fitted: false, state: null, seconds: null, ran_at: null, summary: null,
  conditions: [], error: null, impact: null, nature: null, columns: null,
};

const TEXTS_AND_LISTS = Object.entries(NODE).filter(([, value]) => value !== null).map(([key]) => key as keyof ViewNode);

/** Fills in missing fields of a view; a missing or null field means "unknown". */
function wholeNode(raw: Partial<ViewNode>): ViewNode {
  const node = { ...NODE, ...raw } as ViewNode & Record<string, unknown>;
  for (const key of TEXTS_AND_LISTS) node[key] ??= NODE[key] as never;
  if (node.waiting.length > 0 && node.state === null) node.state = "waiting";
  return node;
}

/** Reads a view; refuses unknown versions. */
export function readView(raw: unknown): View {
  const view = (raw ?? {}) as Partial<View>;
  if (view.version !== undefined && view.version !== 1) {
    throw new Error(`This page draws views of version 1, not ${String(view.version)}: update dagbook.`);
  }
  return {
    version: 1, title: view.title ?? "", mode: view.mode ?? "static", groups: view.groups ?? [],
    progress: view.progress ?? null, nodes: (view.nodes ?? []).map(wholeNode),
  };
}

/** The effect of an update: the next view, the changed names, and whether the picture needs a new layout. */
export interface Change {
  view: View;
  changed: string[];
  structural: boolean;
}

/** Applies an update; untouched nodes stay the same objects. */
export function applyUpdate(view: View, update: Update): Change {
  const fresh = new Map((update.nodes ?? []).map((raw) => [String(raw.name), wholeNode(raw)]));
  const removed = new Set(update.removed ?? []);
  let structural = false;
  const nodes: ViewNode[] = [];
  for (const old of view.nodes) {
    if (removed.has(old.name) && !fresh.has(old.name)) {
      structural = true;
      continue;
    }
    const next = fresh.get(old.name);
    if (next !== undefined && !sameShape(old, next)) structural = true;
    nodes.push(next ?? old);
    fresh.delete(old.name);
  }
  if (fresh.size > 0) structural = true;
  nodes.push(...fresh.values());
  const changed = [...(update.nodes ?? []).map((n) => String(n.name)), ...removed];
  const groups = update.groups ?? grown(view.groups, nodes);
  if (groups !== view.groups && groups.join("\n") !== view.groups.join("\n")) structural = true;
  const next: View = {
    ...view, groups, title: update.title ?? view.title, mode: update.mode ?? view.mode, nodes: inOrder(nodes, update.order),
    progress: update.progress === undefined ? view.progress : update.progress,
  };
  if (update.order) structural = structural || next.nodes.some((n, i) => n.name !== view.nodes[i]?.name);
  return { view: next, changed, structural };
}

function sameShape(a: ViewNode, b: ViewNode): boolean {
  return a.kind === b.kind && a.group === b.group && same(a.inputs, b.inputs) && same(a.waiting, b.waiting);
}

const same = (a: string[], b: string[]): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

/** The headings, with those that only new nodes mention at the end. */
function grown(groups: string[], nodes: ViewNode[]): string[] {
  const known = new Set(groups);
  const extra = [...new Set(nodes.map((n) => n.group))].filter((g) => g !== "" && !known.has(g));
  return extra.length > 0 ? [...groups, ...extra] : groups;
}

function inOrder(nodes: ViewNode[], order: string[] | null | undefined): ViewNode[] {
  if (!order) return nodes;
  const place = new Map(order.map((name, i) => [name, i]));
  const at = (n: ViewNode): number => place.get(n.name) ?? order.length;
  return [...nodes].sort((a, b) => at(a) - at(b));
}

/** A view with its links: the inputs and readers of each node, by name. */
export interface Graph {
  view: View;
  node: Map<string, ViewNode>;
  down: Map<string, string[]>;
}

export function link(view: View): Graph {
  const node = new Map(view.nodes.map((n) => [n.name, n]));
  const down = new Map<string, string[]>();
  for (const n of view.nodes) {
    for (const input of inputsOf(n)) {
      const list = down.get(input);
      if (list === undefined) down.set(input, [n.name]);
      else list.push(n.name);
    }
  }
  return { view, node, down };
}

/** Everything that a node reads in any of its variants, once each. */
export function inputsOf(n: ViewNode): string[] {
  if (n.variants.length === 0 && n.inputs.every((name, i) => n.inputs.indexOf(name) === i)) return n.inputs;
  return [...new Set([...n.inputs, ...n.variants.flatMap((v) => v.inputs)])];
}

/** Undefined names that nodes wait for, in order of appearance. */
export function missingNames(view: View): string[] {
  const known = new Set(view.nodes.map((n) => n.name));
  return [...new Set(view.nodes.flatMap((n) => n.waiting))].filter((name) => !known.has(name));
}

/** All names upstream or downstream of one, without itself. */
export function reach(graph: Graph, name: string, direction: "up" | "down"): Set<string> {
  const found = new Set<string>();
  const todo = [name];
  while (todo.length > 0) {
    const at = todo.pop()!;
    const node = graph.node.get(at);
    const next = direction === "down" ? (graph.down.get(at) ?? []) : node ? inputsOf(node) : [];
    for (const n of next) {
      if (n === name || found.has(n)) continue;
      found.add(n);
      todo.push(n);
    }
  }
  return found;
}

/** The check nodes of a value, and the outcome of its conditions: held, failed, or not run. */
export function checksOf(graph: Graph, name: string): ViewNode[] {
  return (graph.down.get(name) ?? []).map((n) => graph.node.get(n)!).filter((n) => n !== undefined && n.kind === "check");
}

/** Whether a node's conditions held: null before they ran. */
export function verdict(checks: ViewNode[]): Verdict | null {
  let result: Verdict | null = null;
  for (const check of checks) {
    for (const condition of check.conditions) {
      if (condition.held) result = result ?? "held";
      else if (check.severity === "warn") result = result === "failed" ? result : "warned";
      else result = "failed";
    }
  }
  return result;
}

/** The state whose colours a node has: that of its verdict for a check that ran, else its own. */
export function looks(node: ViewNode): State | null {
  const found = node.kind === "check" && node.state === "fresh" ? verdict([node]) : null;
  return found === null ? node.state : VERDICT_LOOKS[found].state;
}

/** The state in one word: a check of which a condition does not hold has failed. */
export const told = (node: ViewNode): State | null => (looks(node) === "failed" ? "failed" : node.state);

/** How many nodes are told to be in each state. */
export function countTold(nodes: Iterable<ViewNode>): Map<State, number> {
  const counts = new Map<State, number>();
  for (const node of nodes) {
    const state = told(node);
    if (state !== null) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

/** How many nodes are in each state (null states under "none"). */
export function countStates(nodes: Iterable<ViewNode>): Record<State | "none", number> {
  const counts = { fresh: 0, stale: 0, running: 0, failed: 0, waiting: 0, none: 0 };
  for (const n of nodes) counts[n.state ?? "none"]++;
  return counts;
}

/** From worst to best: several nodes together have the worst of their states. */
const WORST: readonly State[] = ["failed", "running", "waiting", "stale", "fresh"];

/** The state whose colours several nodes have as one; null if none has a state. */
export function worst(nodes: ViewNode[]): State | null {
  const states = new Set(nodes.map(looks));
  return WORST.find((state) => states.has(state)) ?? null;
}
