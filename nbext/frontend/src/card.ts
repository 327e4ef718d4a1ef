/** A card: one node, heading or missing input at a zoom where its name can be read. */

import type { Drawing } from "./drawing";
import { CLOSED, drawIcon } from "./icons";
import { iconOf, IMPACT_LOOKS, KIND_LOOKS, PLAIN, STATE_LOOKS, STATES, VERDICT_LOOKS, VOLATILE, type Icon, type State } from "./look";
import { checksOf, looks, verdict, worst, type Impact, type ViewNode } from "./model";
import { bodyOf, NAME_PX, nameLine, padOf, stateOf } from "./nameline";
import { outline, roundBox } from "./outline";
import type { Item } from "./picture";
import type { Surface } from "./surface";
import { duration, plural } from "./text";
import { mix } from "./theme";

/** Draws item v: with all its details, or only its name in letters of a readable size. */
export function drawCard(s: Surface, d: Drawing, v: number, details: boolean, k: number): void {
  const item = d.picture.items[v];
  const w = d.layout.w[v];
  const h = d.layout.h[v];
  const x = Math.round(d.x[v] - w / 2);
  const y = Math.round(d.y[v] - h / 2);
  if (item.type === "group") return drawGroup(s, d, item, x, y, w, h, details, k);
  if (item.type === "ghost") return drawGhost(s, d, item, x, y, w, h, details, k);
  const { node } = item;
  const t = d.theme;
  const state = looks(node);
  const look = state === null ? PLAIN : STATE_LOOKS[state].card;
  outline(s, node.kind, x, y, w, h);
  s.fillStyle = look.fill && state !== null ? t.alert[state] : t.fill[node.kind];
  s.fill();
  s.strokeStyle = look.stroke && state !== null ? t.state[state] : t.stroke[node.kind];
  s.lineWidth = Math.max(look.width, 0.9 / k);
  s.lineJoin = "round";
  s.setLineDash(look.dash ?? []);
  s.stroke();
  s.setLineDash([]);
  if (!details) return bigName(s, d, item, x, y, w, h, k);
  const pad = padOf(item, h);
  drawIcon(s, iconOf(node), x + pad + 8, y + h / 2, 17, t.kind[node.kind], 1.4);
  const left = x + pad + 24;
  const right = x + w - pad;
  if (state !== null) stateMark(s, d, node, right - 6, y + h / 2 - 7.5);
  s.textBaseline = "middle";
  s.textAlign = "left";
  s.fillStyle = state === "waiting" ? t.soft : t.text;
  const name = nameLine(item, w, h, k, true, t.font);
  s.font = name.font;
  s.fillText(d.fit(name.text, name.font, name.room), left, y + h / 2 - 7.5);
  secondLine(s, d, node, left, right, y + h / 2 + 8.5);
  if (node.impact !== null) impactMark(s, d, node.impact, x + w - 18, y);
}

/** Marks the last edit's impact on the value, on the card's upper edge. */
function impactMark(s: Surface, d: Drawing, impact: Impact, x: number, y: number): void {
  const t = d.theme;
  const colour = impact.verdict === "changed" ? t.accent : t.faint;
  s.beginPath();
  s.arc(x, y, 7, 0, 2 * Math.PI);
  s.fillStyle = t.card;
  s.fill();
  s.strokeStyle = colour;
  s.lineWidth = 1.2;
  s.stroke();
  drawIcon(s, IMPACT_LOOKS[impact.verdict].icon, x, y, 9, colour, 2);
}

/** The icon of a state, or of a check that only warns. */
const markOf = (node: ViewNode, state: State): Icon => (state === "stale" && node.state !== "stale" ? VERDICT_LOOKS.warned.icon : STATE_LOOKS[state].icon);

/** The state icon; for a running node with a turning arc around it. */
function stateMark(s: Surface, d: Drawing, node: ViewNode, x: number, y: number): void {
  const state = looks(node)!;
  if (state !== "running") return drawIcon(s, markOf(node, state), x, y, 13, d.theme.state[state], 1.9);
  const turn = (d.time / 150) % (2 * Math.PI);
  s.strokeStyle = d.theme.state.running;
  s.lineWidth = 2;
  s.beginPath();
  s.moveTo(x + 5.5 * Math.cos(turn), y + 5.5 * Math.sin(turn));
  s.arc(x, y, 5.5, turn, turn + 4.4);
  s.stroke();
}

function secondLine(s: Surface, d: Drawing, node: ViewNode, left: number, right: number, y: number): void {
  const t = d.theme;
  s.font = `11px ${t.font}`;
  let end = right;
  const mark = node.kind === "check" ? null : verdict(checksOf(d.graph, node.name));
  if (mark !== null) {
    drawIcon(s, VERDICT_LOOKS[mark].icon, end - 6, y, 12, t.state[VERDICT_LOOKS[mark].state], 1.7);
    end -= 17;
  }
  const time = node.state === "fresh" || node.state === "stale" ? duration(node.seconds) : "";
  if (time !== "") {
    s.textAlign = "right";
    s.fillStyle = t.soft;
    s.fillText(time, end, y);
    end -= time.length * 5.6 + 10;
  }
  s.textAlign = "left";
  s.fillStyle = looks(node) === "failed" ? t.state.failed : t.soft;
  s.fillText(d.fit(subtitle(node), s.font, end - left), left, y);
}

/** The line below the name: the problem, the outcome of conditions, or type and shape. */
export function subtitle(node: ViewNode): string {
  if (node.waiting.length > 0) return `waits for ${node.waiting.join(", ")}`;
  if (node.state === "failed" && node.error !== null) return node.error.reason || node.error.code;
  if (node.kind === "check") {
    if (node.conditions.length === 0) return node.severity === "warn" ? "warns, not run" : "not run";
    const held = node.conditions.filter((c) => c.held).length;
    return held === node.conditions.length ? `${held} of ${held} held` : `${node.conditions.length - held} of ${node.conditions.length} ${node.severity === "warn" ? "warned" : "failed"}`;
  }
  const type = shortType(node.summary?.type || node.type, node.summary?.shape ?? "");
  const what = [node.volatile === "" ? "" : VOLATILE.sign, type, node.summary?.shape].filter(Boolean).join(" · ");
  return what || (node.variants.length > 0 ? plural(node.variants.length, "variant") : node.kind);
}

/** A type without what the shape repeats: "float64" for a column, "DataFrame" without its columns. */
function shortType(type: string, shape: string): string {
  if (shape === "") return type;
  return /^(?:pd\.)?Series\[([^[\]]+)\]$/.exec(type)?.[1] ?? type.replace(/^(DataFrame)\[.*\]$/, "$1");
}

/** Writes the name of an item whose card begins at (x, y), with a mark for any state but fresh. */
function bigName(s: Surface, d: Drawing, item: Item, x: number, y: number, w: number, h: number, k: number): void {
  const { text, font, left, room } = nameLine(item, w, h, k, false, d.theme.font);
  const state = stateOf(item);
  const middle = y + bodyOf(item, h) / 2;
  s.font = font;
  s.textBaseline = "middle";
  s.textAlign = "left";
  s.fillStyle = state === "stale" || state === "waiting" ? d.theme.soft : d.theme.text;
  const counted = item.type === "group" ? `${text} × ${item.members.length}` : text;
  s.fillText(d.fit(counted, font, room) === counted ? counted : d.fit(text, font, room), x + left, middle);
  if (state === null || state === "fresh" || item.type === "ghost") return;
  const size = NAME_PX / k;
  drawIcon(s, item.type === "node" ? markOf(item.node, state) : STATE_LOOKS[state].icon, x + w - left - size / 2 + 2, middle, size, d.theme.state[state], 2);
}

function drawGhost(s: Surface, d: Drawing, item: Item, x: number, y: number, w: number, h: number, details: boolean, k: number): void {
  const t = d.theme;
  roundBox(s, x, y, w, h);
  s.fillStyle = t.card;
  s.fill();
  s.strokeStyle = t.state.waiting;
  s.lineWidth = 1.2;
  s.setLineDash([3, 4]);
  s.stroke();
  s.setLineDash([]);
  if (!details) return bigName(s, d, item, x, y, w, h, k);
  const { text, font, left, room } = nameLine(item, w, h, k, true, t.font);
  s.font = font;
  s.textBaseline = "middle";
  s.textAlign = "left";
  s.fillStyle = t.soft;
  s.fillText(d.fit(text, font, room), x + left, y + h / 2);
}

/** A collapsed heading or family: a small pile with the number of its nodes and their states. */
function drawGroup(s: Surface, d: Drawing, item: Extract<Item, { type: "group" }>, x: number, y: number, w: number, h: number, details: boolean, k: number): void {
  const t = d.theme;
  const state = worst(item.members);
  const look = state === null ? PLAIN : STATE_LOOKS[state].card;
  const body = bodyOf(item, h);
  for (const [i, inset] of [[2, 8], [1, 4], [0, 0]]) {
    roundBox(s, x + inset, y + 4 * i, w - 2 * inset, body);
    s.fillStyle = i === 0 && look.fill && state !== null ? t.alert[state] : item.of === "family" ? t.fill[item.members[0].kind] : mix(t.lane, t.card, 0.5);
    s.fill();
    s.strokeStyle = look.stroke && state !== null ? t.state[state] : item.of === "family" ? t.stroke[item.members[0].kind] : t.line;
    s.lineWidth = Math.max(i === 0 ? look.width : 1.2, 0.9 / k);
    s.stroke();
  }
  if (!details) return bigName(s, d, item, x, y, w, h, k);
  const { text, font, left, room } = nameLine(item, w, h, k, true, t.font);
  if (item.of === "family") drawIcon(s, KIND_LOOKS[item.members[0].kind].icon, x + 15, y + 15, 15, t.kind[item.members[0].kind], 1.4);
  else drawIcon(s, CLOSED, x + 16, y + 15, 13, t.soft, 1.8);
  s.textBaseline = "middle";
  s.textAlign = "left";
  s.font = font;
  s.fillStyle = t.text;
  s.fillText(d.fit(text, font, room), x + left, y + 15);
  s.font = `11px ${t.font}`;
  s.fillStyle = t.soft;
  s.fillText(item.of === "family" ? `family of ${item.members.length}` : plural(item.members.length, "node"), x + 28, y + 32);
  drawCounts(s, d, item.members, x + w - 12, y + 32);
}

/** The number of nodes in each state, right-aligned; a failed check counts as failed, one that warned has its own sign. */
function drawCounts(s: Surface, d: Drawing, members: ViewNode[], end: number, y: number): void {
  const counts = new Map<Icon, { state: State; count: number }>();
  for (const node of members) {
    const state = looks(node);
    if (state === null) continue;
    const icon = markOf(node, state);
    counts.set(icon, { state, count: (counts.get(icon)?.count ?? 0) + 1 });
  }
  let at = end;
  const order = (state: State): number => STATES.indexOf(state);
  for (const [icon, { state, count }] of [...counts].sort(([, a], [, b]) => order(b.state) - order(a.state))) {
    const text = String(count);
    s.textAlign = "right";
    s.fillStyle = d.theme.state[state];
    s.fillText(text, at, y);
    at -= text.length * 6.2 + 8;
    drawIcon(s, icon, at, y, 10, d.theme.state[state], 2);
    at -= 13;
  }
}
