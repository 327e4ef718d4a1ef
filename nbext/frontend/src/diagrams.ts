/** Diagrams: the dataflow as text for Graphviz and Mermaid, equal to that of `kernel_magics/view` (tested with recorded files). */

import { KIND_LOOKS, KINDS, STATE_LOOKS, STATES } from "./look";
import { inputsOf, looks, missingNames, verdict, type View, type ViewNode } from "./model";
import { LIGHT } from "./theme";

const oneLine = (text: string): string => text.split(/\s+/).filter(Boolean).join(" ");

/** The lines of a node's label: its name, its type, and its verdict or state. */
const labelOf = (node: ViewNode): string[] => [node.name, node.type, verdict([node]) ?? node.state ?? ""].filter((part) => part !== "");

/** Links as pairs of names, from the inputs and the missing names that are shown. */
function linksOf(view: View, missing: string[]): [string, string][] {
  const known = new Set([...view.nodes.map((node) => node.name), ...missing]);
  return view.nodes.flatMap((node) => inputsOf(node).filter((input) => known.has(input)).map((input): [string, string] => [input, node.name]));
}

const escapeDot = (text: string): string => text.replace(/\\/g, "\\\\").replace(/"/g, '\\"');
const quoteDot = (text: string): string => `"${escapeDot(text)}"`;

export function toDot(view: View): string {
  const missing = missingNames(view);
  const kinds = new Map(view.nodes.map((node) => [node.name, node.kind]));
  const waiting = LIGHT.state.waiting;
  const edge = ([source, target]: [string, string]): string => {
    const style = missing.includes(source) ? ` [style=dashed color="${waiting}"]` : kinds.get(source) === "param" ? " [style=dotted]" : "";
    return `${quoteDot(source)} -> ${quoteDot(target)}${style}`;
  };
  const lines = [
    "graph [rankdir=LR bgcolor=transparent]", 'node [fontname=Helvetica fontsize=11 margin="0.14,0.06" style="rounded,filled"]',
    `edge [color="${LIGHT.edge}" arrowsize=0.6]`, ...view.nodes.map((node) => `${quoteDot(node.name)} [${dotAttributes(node)}]`),
    ...missing.map((name) => `${quoteDot(name)} [label=${quoteDot(`${oneLine(name)} ?`)} style=dashed color="${waiting}" fontcolor="${waiting}"]`),
    ...linksOf(view, missing).map(edge),
  ];
  return `// ${oneLine(view.title) || "dataflow"}\ndigraph {\n${lines.map((line) => `\t${line}\n`).join("")}}\n`;
}

function dotAttributes(node: ViewNode): string {
  const state = looks(node);
  const card = state === null ? null : STATE_LOOKS[state].card;
  const style = node.kind === "input" || node.kind === "check" ? "filled" : "rounded,filled";
  const values = {
    label: labelOf(node).map((part) => escapeDot(oneLine(part))).join("\\n"), shape: KIND_LOOKS[node.kind].dot,
    style: style + (card?.dash ? ",dashed" : ""), fillcolor: state !== null && card?.fill ? LIGHT.alert[state] : LIGHT.fill[node.kind],
    color: state !== null && card?.stroke ? LIGHT.state[state] : LIGHT.stroke[node.kind], tooltip: escapeDot(oneLine(node.doc || node.name)),
  };
  return Object.entries(values).map(([key, value]) => `${key}="${value}"`).join(" ");
}

/** Replaces every character with a meaning in Mermaid, Markdown or HTML by Mermaid's number entity. */
const escapeMermaid = (text: string): string => oneLine(text).replace(/[^\p{L}\p{N}_ ,.:()|/+=-]/gu, (sign) => `#${sign.codePointAt(0)};`);

export function toMermaid(view: View): string {
  const missing = missingNames(view);
  const kinds = new Map(view.nodes.map((node) => [node.name, node.kind]));
  const id = new Map([...kinds.keys(), ...missing].map((name, i) => [name, `n${i}`]));
  const shown = STATES.filter((state) => STATE_LOOKS[state].card.stroke);
  const lines = ["flowchart LR"];
  for (const node of view.nodes) {
    const [open, close] = KIND_LOOKS[node.kind].mermaid;
    const state = looks(node);
    const look = state !== null && shown.includes(state) ? state : node.kind;
    lines.push(`    ${id.get(node.name)}${open}"${labelOf(node).map(escapeMermaid).join("<br>")}"${close}:::${look}`);
  }
  for (const name of missing) lines.push(`    ${id.get(name)}["${escapeMermaid(name)} ?"]:::missing`);
  for (const [source, target] of linksOf(view, missing)) {
    lines.push(`    ${id.get(source)} ${missing.includes(source) || kinds.get(source) === "param" ? "-.->" : "-->"} ${id.get(target)}`);
  }
  for (const kind of KINDS) lines.push(`    classDef ${kind} fill:${LIGHT.fill[kind]},stroke:${LIGHT.stroke[kind]},color:${LIGHT.text}`);
  for (const state of shown) {
    const { fill, dash } = STATE_LOOKS[state].card;
    lines.push(`    classDef ${state} fill:${fill ? LIGHT.alert[state] : LIGHT.card},stroke:${LIGHT.state[state]},color:${LIGHT.text}${dash ? `,stroke-dasharray:${dash.join(" ")}` : ""}`);
  }
  const waiting = LIGHT.state.waiting;
  lines.push(`    classDef missing fill:none,stroke:${waiting},color:${waiting},stroke-dasharray:4 3`);
  return `${lines.join("\n")}\n`;
}
