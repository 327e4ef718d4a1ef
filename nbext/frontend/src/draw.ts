/** Drawing: headings, edges, cards, in slices; only what is visible, with as much detail as can be read. */

import { READABLE, type Camera } from "./camera";
import { drawCard } from "./card";
import { within, type Drawing, type Extent } from "./drawing";
import { drawIcon, OPEN } from "./icons";
import { STATE_LOOKS, type State } from "./look";
import { looks, type ViewNode } from "./model";
import { outline, roundBox } from "./outline";
import type { Surface } from "./surface";
import { plural } from "./text";
import { mix } from "./theme";

/** An edge starts this far inside its card, because a slanted side is not at the card's right end. */
const TUCK = 6;

export type Level = "details" | "names" | "blocks";

export const levelOf = (k: number): Level => (k >= READABLE ? "details" : k >= 0.22 ? "names" : "blocks");

/** The visible part of the layout. */
export function extentOf(camera: Camera, width: number, height: number): Extent {
  const { x, y, k } = camera;
  return { left: -x / k, top: -y / k, right: (width - x) / k, bottom: (height - y) / k };
}

/** Draws everything visible; each step is a few hundred shapes. The caller draws the background. */
export function* drawSteps(s: Surface, d: Drawing, camera: Camera, width: number, height: number): Generator<void> {
  const seen = extentOf(camera, width, height);
  const level = levelOf(camera.k);
  s.save();
  s.translate(camera.x, camera.y);
  s.scale(camera.k, camera.k);
  lanes(s, d, seen, camera.k);
  yield* edges(s, d, seen, level, camera.k);
  if (d.lineage !== null) yield* litEdges(s, d, level, camera.k);
  if (level !== "blocks") titles(s, d, seen, camera.k);
  if (level === "blocks") yield* blocks(s, d, seen, camera.k);
  else yield* cards(s, d, seen, level === "details", camera.k);
  rings(s, d, camera.k);
  s.restore();
  if (level === "blocks") labels(s, d, camera, width, height);
}

export function drawAll(s: Surface, d: Drawing, camera: Camera, width: number, height: number): void {
  for (const step of drawSteps(s, d, camera, width, height)) void step;
}

/** Draws single items over a finished picture. */
export function drawSome(s: Surface, d: Drawing, camera: Camera, items: number[]): void {
  const level = levelOf(camera.k);
  s.save();
  s.translate(camera.x, camera.y);
  s.scale(camera.k, camera.k);
  for (const v of items) {
    s.globalAlpha = 1;
    if (level === "blocks") block(s, d, v, camera.k);
    else drawCard(s, d, v, level === "details", camera.k);
  }
  s.restore();
}

function lanes(s: Surface, d: Drawing, e: Extent, k: number): void {
  const b = d.layout.boxes;
  const t = d.theme;
  s.globalAlpha = d.edgeAlpha;
  for (let g = 0; 4 * g < b.length; g++) {
    const [x, y, w, h] = b.subarray(4 * g, 4 * g + 4);
    if (w === 0 || x > e.right || x + w < e.left || y > e.bottom || y + h < e.top) continue;
    roundBox(s, x, y, w, h);
    s.fillStyle = t.lane;
    s.fill();
    s.strokeStyle = t.hair;
    s.lineWidth = Math.max(1, 0.7 / k);
    s.stroke();
  }
  s.globalAlpha = 1;
}

/** The names of headings, on a ground of their own: no edge runs through them. */
function titles(s: Surface, d: Drawing, e: Extent, k: number): void {
  const b = d.layout.boxes;
  const t = d.theme;
  s.globalAlpha = d.edgeAlpha;
  for (let g = 0; 4 * g < b.length; g++) {
    const [x, y, w, h] = b.subarray(4 * g, 4 * g + 4);
    if (w === 0 || x > e.right || x + w < e.left || y > e.bottom || y + h < e.top) continue;
    const size = Math.round(Math.min(34, Math.max(12, 10.5 / k)));
    const middle = y + Math.max(16, size * 0.62);
    s.font = `600 ${size}px ${t.font}`;
    const name = d.fit(`${d.picture.lanes[g]}  ·  ${d.picture.laneSize[g]}`, s.font, w - 2.4 * size - 8);
    s.fillStyle = t.lane;
    // About the width of the text: a ground beyond it would cut edges for nothing.
    const letters = name.replace(/[ ·]/g, "").length;
    const wide = 2 + 0.65 * letters + 0.35 * (name.length - letters);
    s.fillRect(x + 4, middle - 0.7 * size, Math.min(w - 8, wide * size), 1.4 * size);
    drawIcon(s, OPEN, x + 6 + size * 0.7, middle, size, t.faint, 2);
    s.textAlign = "left";
    s.textBaseline = "middle";
    s.fillStyle = t.soft;
    s.fillText(name, x + 8 + size * 1.5, middle);
  }
  s.globalAlpha = 1;
}

/** All visible edges, each shared trunk once. */
function* edges(s: Surface, d: Drawing, e: Extent, level: Level, k: number): Generator<void> {
  const { segments, segmentsAt, runs, runsAt, columns, down } = d.layout;
  const path = edgePath(s, down, level !== "blocks");
  const [start, end, low, high] = down ? [e.top, e.bottom, e.left, e.right] : [e.left, e.right, e.top, e.bottom];
  const [along, across] = down ? [1, 0] : [0, 1];
  s.strokeStyle = d.theme.edge;
  s.globalAlpha = d.edgeAlpha * (d.lineage !== null || d.dim !== null ? 0.28 : level === "blocks" ? sparse(segments.length / 4) : 1);
  s.lineWidth = level === "details" ? 1.3 : Math.max(1.3, 0.8 / k);
  let n = 0;
  s.beginPath();
  for (let c = 0; c + 1 < segmentsAt.length; c++) {
    if (columns[2 * c] > end) break;
    if (columns[2 * c + 1] >= start) {
      for (let r = runsAt[c]; r < runsAt[c + 1]; r++) {
        if (runs[3 * r + 2] < low || runs[3 * r + 2] > high) continue;
        path.from(runs[3 * r], runs[3 * r + 2]);
        path.straight(runs[3 * r + 1], runs[3 * r + 2]);
      }
    }
    if (2 * c + 2 >= columns.length || columns[2 * c + 2] < start) continue;
    for (let i = 4 * segmentsAt[c]; i < 4 * segmentsAt[c + 1]; i += 4) {
      const [u1, v1, u2, v2] = [segments[i + along], segments[i + across], segments[i + 2 + along], segments[i + 2 + across]];
      if ((v1 < low && v2 < low) || (v1 > high && v2 > high)) continue;
      path.from(u1, v1);
      path.bend(u1, v1, u2, v2);
      if (++n % 250 !== 0) continue;
      s.stroke();
      yield;
      s.beginPath();
    }
  }
  s.stroke();
  s.globalAlpha = 1;
}

/** Edges are fainter where there are many, so that nodes stand out. */
const sparse = (pieces: number): number => Math.max(0.1, Math.min(0.6, 0.6 * Math.sqrt(1200 / Math.max(1, pieces))));

/** Draws pieces of edges given positions along (u) and across (v) their direction. */
interface EdgePath {
  from(u: number, v: number): void;
  straight(u: number, v: number): void;
  bend(u1: number, v1: number, u2: number, v2: number): void;
}

function edgePath(s: Surface, down: boolean, curved: boolean): EdgePath {
  const line = down ? (u: number, v: number): void => s.lineTo(v, u) : (u: number, v: number): void => s.lineTo(u, v);
  return {
    from(u, v) {
      const start = curved ? u - TUCK : u;
      if (down) s.moveTo(v, start);
      else s.moveTo(start, v);
      if (curved) line(u, v);
    },
    straight: line,
    bend(u1, v1, u2, v2) {
      if (!curved || v1 === v2) return line(u2, v2);
      const middle = (u1 + u2) / 2;
      if (down) s.bezierCurveTo(v1, middle, v2, middle, v2, u2);
      else s.bezierCurveTo(middle, v1, middle, v2, u2, v2);
    },
  };
}

/** The edges of the lineage, over the others, each side in its tint; upstream finely dashed, downstream solid. */
function* litEdges(s: Surface, d: Drawing, level: Level, k: number): Generator<void> {
  const { points, pointsAt, down } = d.layout;
  const path = edgePath(s, down, level !== "blocks");
  const [along, across] = down ? [1, 0] : [0, 1];
  s.globalAlpha = d.edgeAlpha;
  for (const [list, colour] of [[d.lineage!.up, d.theme.upstream], [d.lineage!.down, d.theme.downstream]] as const) {
    s.strokeStyle = colour;
    s.lineWidth = Math.max(2, 1.2 / k);
    for (let i = 0; i < list.length; i++) {
      if (i % 200 === 0) s.beginPath();
      const e = list[i];
      for (let p = pointsAt[e]; p < pointsAt[e + 1]; p++) {
        const bent = (p - pointsAt[e]) % 2 === 1;
        const [u, v] = [points[2 * p + along], points[2 * p + across]];
        if (p === pointsAt[e]) path.from(u, v);
        else if (bent) path.bend(points[2 * p - 2 + along], points[2 * p - 2 + across], u, v);
        else path.straight(u, v);
      }
      if (i % 200 !== 199 && i !== list.length - 1) continue;
      s.stroke();
      yield;
    }
  }
  s.globalAlpha = 1;
}

/** Whether an item is dimmed: outside the lineage, or without a match. */
function faded(d: Drawing, v: number): boolean {
  return d.lineage !== null ? d.lineage.items[v] === 0 : d.dim !== null && d.dim[v] === 1;
}

function* cards(s: Surface, d: Drawing, e: Extent, details: boolean, k: number): Generator<void> {
  let n = 0;
  for (const v of within(d, e)) {
    s.globalAlpha = faded(d, v) ? 0.26 : 1;
    drawCard(s, d, v, details, k);
    if (details && d.picture.fed[v] === 1 && !d.moving) arrow(s, d, v);
    if (++n % 60 === 0) yield;
  }
  s.globalAlpha = 1;
}

/** The arrow head that all edges into a node share. */
function arrow(s: Surface, d: Drawing, v: number): void {
  const { down, w, h } = d.layout;
  const [x, y] = down ? [d.x[v], d.y[v] - h[v] / 2] : [d.x[v] - w[v] / 2, d.y[v]];
  const mark = d.lineage?.items[v] ?? 0;
  const lit = mark === 2 ? d.theme.downstream : mark === 1 || (mark === 3 && d.lineage!.up.length > 0) ? d.theme.upstream : null;
  s.beginPath();
  s.moveTo(x, y);
  s.lineTo(down ? x - 3.8 : x - 7, down ? y - 7 : y - 3.8);
  s.lineTo(down ? x + 3.8 : x - 7, down ? y - 7 : y + 3.8);
  s.closePath();
  s.fillStyle = lit ?? d.theme.edge;
  s.fill();
}

/** Outlines around items that are highlighted, hovered or selected. */
function rings(s: Surface, d: Drawing, k: number): void {
  const ring = (v: number, colour: string, width: number, away: number): void => {
    const item = d.picture.items[v];
    const w = d.layout.w[v] + 2 * away;
    const h = d.layout.h[v] + 2 * away - (item.type === "group" ? 8 : 0);
    const [x, y] = [d.x[v] - w / 2, d.y[v] - d.layout.h[v] / 2 - away];
    if (item.type === "node") outline(s, item.node.kind, x, y, w, h);
    else roundBox(s, x, y, w, h);
    s.strokeStyle = colour;
    s.lineWidth = Math.max(width, (width * 0.8) / k);
    s.stroke();
  };
  const lit = d.lineage?.items;
  if (lit !== undefined && levelOf(k) !== "blocks") {
    for (let v = 0; v < lit.length; v++) {
      if (lit[v] === 1 || lit[v] === 2) ring(v, lit[v] === 1 ? d.theme.upstream : d.theme.downstream, 1.6, 2);
    }
  }
  if (d.hover >= 0 && d.hover !== d.selected) ring(d.hover, d.theme.faint, 1.4, 2);
  if (d.selected >= 0) ring(d.selected, d.theme.accent, 2.4, 3);
}

function* blocks(s: Surface, d: Drawing, e: Extent, k: number): Generator<void> {
  const marks: number[] = [];
  let n = 0;
  for (const v of within(d, e)) {
    const state = block(s, d, v, k);
    if (state === "failed" || state === "running") marks.push(v);
    if (++n % 400 === 0) yield;
  }
  s.globalAlpha = 1;
  for (const v of marks.slice(0, 300)) {
    const state = looks((d.picture.items[v] as { node: ViewNode }).node)!;
    drawIcon(s, STATE_LOOKS[state].icon, d.x[v], d.y[v], Math.max(34, (marks.length > 80 ? 6 : 9) / k), mix(d.theme.state[state], d.theme.text, 0.75), 3);
  }
}

/** A node at a distance is a block: filled when fresh, hollow when not; returns its state. */
function block(s: Surface, d: Drawing, v: number, k: number): State | "none" {
  const item = d.picture.items[v];
  const state: State | "none" = item.type === "node" ? (looks(item.node) ?? "none") : item.type === "ghost" ? "waiting" : "none";
  const lit = d.lineage?.items[v] ?? 0;
  s.globalAlpha = faded(d, v) ? 0.25 : 1;
  const [w, h] = [d.layout.w[v], d.layout.h[v]];
  const x = d.x[v] - w / 2;
  const y = d.y[v] - h / 2;
  const solid = h * k < 3.5 || state === "fresh" || state === "failed" || state === "running" || lit > 0;
  s.fillStyle = lit === 1 ? d.theme.upstream : lit === 2 ? d.theme.downstream : d.theme.block[state];
  if (solid) s.fillRect(x, y, w, h);
  else hollow(s, d.theme.card, s.fillStyle as string, x, y, w, h, k);
  return state;
}

function hollow(s: Surface, fill: string, colour: string, x: number, y: number, w: number, h: number, k: number): void {
  const edge = Math.min(1.5, (h * k) / 4) / k;
  s.fillRect(x, y, w, h);
  s.fillStyle = fill;
  s.fillRect(x + edge, y + edge, w - 2 * edge, h - 2 * edge);
  s.fillStyle = colour;
}

/** Names over the blocks, for headings and for the nodes with most edges, if there is room. */
function labels(s: Surface, d: Drawing, camera: Camera, width: number, height: number): void {
  const t = d.theme;
  const taken: [number, number, number][] = [];
  s.textAlign = "left";
  s.textBaseline = "middle";
  s.lineJoin = "round";
  const put = (text: string, x: number, y: number, heading: boolean, room: number): void => {
    if (x < 2 || y < 10 || x > width - 40 || y > height - 10) return;
    s.font = heading ? `700 13px ${t.font}` : `500 11px ${t.font}`;
    const shown = d.fit(text, s.font, 180);
    const end = x + shown.length * (heading ? 8 : 6.4);
    if (end > width || taken.some((b) => x < b[1] + room && end + room > b[0] && Math.abs(y - b[2]) < 14 + room / 2)) return;
    taken.push([x, end, y]);
    s.strokeStyle = t.background;
    s.lineWidth = 4;
    s.strokeText(shown, x, y);
    s.fillStyle = heading ? t.text : t.soft;
    s.fillText(shown, x, y);
  };
  const b = d.layout.boxes;
  for (let g = 0; 4 * g < b.length; g++) {
    if (b[4 * g + 2] === 0) continue;
    const x = Math.max(8, b[4 * g] * camera.k + camera.x + 5);
    put(`${d.picture.lanes[g]} · ${plural(d.picture.laneSize[g], "node")}`, x, b[4 * g + 1] * camera.k + camera.y + 11, true, 4);
  }
  if (d.moving) return;
  const first = d.selected >= 0 ? [d.selected] : [];
  for (const v of [...first, ...d.hubs.subarray(0, 600)]) {
    if (taken.length > 26) return;
    if (faded(d, v)) continue;
    put(d.picture.items[v].name, (d.x[v] - d.layout.w[v] / 2) * camera.k + camera.x, d.y[v] * camera.k + camera.y, false, 34);
  }
}
