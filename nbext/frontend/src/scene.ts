/** The scene: one canvas that shows a dataflow, with its selection and its camera. */

import type { Arrangement, Candidate } from "./arrangement";
import { between, centred, ease, fitCamera, NEARLY, READABLE, shifted, startCamera, zoomed, type Camera } from "./camera";
import { itemAt, laneAt, layoutInput, lineageOf, makeDrawing, type Drawing } from "./drawing";
import type { Layouter } from "./layout/layouter";
import type { LayoutResult } from "./layout/types";
import type { Graph, ViewNode } from "./model";
import { isLegible } from "./nameline";
import { makePainter, type Painter, type PaintSource } from "./painter";
import { alike, ghostId, type Item, type Picture } from "./picture";
import { fitter } from "./text";
import type { Theme } from "./theme";
import { tryLevels } from "./trial";

const MOVE_MS = 320;
/** Up to this many items, the first picture shows the name of each. */
const MOST_LABELLED = 100;
const GLIDING = 1500; // larger pictures jump instead of moving
/** Up to this many items the layout of a sketch takes little time. */
const SKETCHED = 100;
/** Milliseconds until a sketch is drawn; most layouts are complete by then. */
const SOON = 150;
/** The smallest size on the screen of a card with a readable name, with the gaps around it, in square pixels. */
const SMALLEST = 1700;

export interface SceneEvents {
  room(): [number, number]; // available for the picture
  selected(item: Item | null): void;
  painted(): void;
  laidOut(drawn: Candidate): void;
  arranging(busy: boolean): void;
}

/** The positions of items, by their ids, and the form of the picture. */
export interface Places {
  down: boolean;
  boxes: boolean;
  places: Map<string, [number, number]>;
}

/** The middle of the first column or row of nodes, across the direction of the edges. */
function beginning(layout: LayoutResult): number {
  const across = layout.down ? layout.x : layout.y;
  const first = Array.from(across).filter((_, v) => layout.column[v] === 0);
  return first.length > 0 ? (Math.min(...first) + Math.max(...first)) / 2 : 0;
}

/** Updates the nodes of an item from a graph. */
function refresh(item: Item, graph: Graph): void {
  if (item.type === "node") item.node = graph.node.get(item.name) ?? item.node;
  else if (item.type === "group") item.members = item.members.map((n) => graph.node.get(n.name) ?? n);
}

export class Scene implements PaintSource {
  private d: Drawing | null = null;
  private cam: Camera = { x: 0, y: 0, k: 1 };
  private flight: { from: Camera; to: Camera; start: number } | null = null;
  private glide: { x: Float32Array; y: Float32Array; start: number } | null = null;
  private arranging = false;
  /** Whether the drawing is there only until the first arrangement is found. */
  private sketched = false;
  private sketching = 0;
  private selectedId: string | null = null;
  /** Whether all names can be read when the whole picture is shown. */
  private legible = true;
  /** Whether the user wants the whole picture, however small. */
  private whole = false;
  private latest: Graph | null = null;
  private matches: ((node: ViewNode) => boolean) | null = null;
  private readonly painter: Painter;
  private measure = document.createElement("canvas").getContext("2d");
  private readonly fitText = fitter((text, font) => this.textWidth(text, font));
  width = 1;
  height = 1;
  /** False once the user moved the camera, which then stays. */
  auto = true;
  still = typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches;

  constructor(
    readonly canvas: HTMLCanvasElement, private readonly layouter: Layouter, private theme: Theme,
    private readonly events: SceneEvents, private readonly visited: Places | null = null, private readonly visitedFrom: Camera | null = null,
  ) {
    this.painter = makePainter(canvas, this);
  }

  drawing = (): Drawing | null => this.d;
  camera = (): Camera => this.cam;
  background = (): string => this.theme.background;
  /** Whether the picture stays as it is until something happens: no layout is being computed, and nothing moves. */
  settled = (): boolean => this.d !== null && !this.arranging && this.flight === null && this.glide === null;

  /** Shows a graph; with a new layout on request, else only what changed is redrawn. */
  show(graph: Graph, arrangement: Arrangement, structural: boolean, changed: string[] = []): void {
    this.latest = graph;
    if (this.d === null || structural) return this.arrange(graph, arrangement);
    const d = this.d;
    d.graph = graph;
    const items = new Set<number>();
    for (const name of changed) {
      const at = d.picture.holder.get(name);
      if (at !== undefined && graph.node.has(name)) items.add(at);
    }
    for (const at of items) refresh(d.picture.items[at], graph);
    this.filter(this.matches);
    this.painter.patch([...items]);
  }

  private arrange(graph: Graph, arrangement: Arrangement): void {
    const room = this.events.room();
    const down = arrangement.down(room);
    const font = this.theme.font;
    // A hidden picture needs no readable names.
    const hidden = room[0] < 2;
    this.arranging = true;
    this.events.arranging(true);
    const layOut = (p: Picture, done: (layout: LayoutResult) => void): void => this.layouter.run(layoutInput(p, this.seedFor(p, down), room, down), done);
    const find = (sketch: { candidate: Candidate; layout: LayoutResult } | null): void => tryLevels(arrangement.levels(graph), {
      layOut: (p, done) => (sketch !== null && alike(p, sketch.candidate.picture) ? done(sketch.layout) : layOut(p, done)),
      zoom: (layout) => fitCamera(layout.bounds, room[0], room[1]).k,
      legible: (p, layout, k) => hidden || p.items.every((item, v) => isLegible(item, layout.w[v], layout.h[v], k, font, this.fitText)),
      most: hidden ? Infinity : (room[0] * room[1]) / SMALLEST,
    }, (candidate, layout, legible) => {
      [this.arranging, this.legible] = [false, legible];
      clearTimeout(this.sketching);
      this.events.arranging(false);
      this.place(graph, candidate, layout);
    });
    clearTimeout(this.sketching);
    const candidate = this.d === null ? arrangement.coarsest(graph) : null;
    if (candidate === null || hidden || candidate.picture.items.length > SKETCHED) return find(null);
    layOut(candidate.picture, (layout) => {
      this.sketching = window.setTimeout(() => this.sketch(graph, candidate, layout), SOON);
      find({ candidate, layout });
    });
  }

  /** Draws what is coarse but soon there, while more detailed layouts are tried. */
  private sketch(graph: Graph, candidate: Candidate, layout: LayoutResult): void {
    if (this.d !== null) return;
    this.sketched = true;
    this.d = makeDrawing(this.latest ?? graph, candidate.picture, layout, this.theme, this.fitText);
    this.filter(this.matches);
    this.move(this.firstSight());
    this.painter.request(true);
  }

  /** The previous positions of items of a picture; null when most are new or the picture has another form. */
  private seedFor(p: Picture, down: boolean): Float32Array | null {
    const before = this.before();
    if (before === null || before.down !== down || before.boxes !== p.lanes.length > 1 || p.items.length === 0) return null;
    const seed = new Float32Array(2 * p.items.length).fill(NaN);
    let known = 0;
    p.items.forEach((item, v) => {
      const at = before.places.get(item.id);
      if (at === undefined) return;
      known++;
      seed.set(at, 2 * v);
    });
    return known < p.items.length / 2 ? null : seed;
  }

  /** The positions in the present drawing, or else those of the last visit. */
  private before(): Places | null {
    return this.d === null || this.sketched ? this.visited : this.places();
  }

  /** The present positions, for the next visit. */
  places(): Places | null {
    const d = this.d;
    if (d === null || this.sketched) return null;
    const places = new Map(d.picture.items.map((item, v): [string, [number, number]] => [item.id, [d.layout.x[v], d.layout.y[v]]]));
    return { down: d.layout.down, boxes: d.picture.lanes.length > 1, places };
  }

  private place(laidOut: Graph, candidate: Candidate, layout: LayoutResult): void {
    const old = this.d;
    const first = old === null || this.sketched;
    this.sketched = false;
    const p = candidate.picture;
    const graph = this.latest ?? laidOut;
    // Show changes since the layout was started.
    if (graph !== laidOut) for (const item of p.items) refresh(item, graph);
    this.d = makeDrawing(graph, p, layout, this.theme, this.fitText);
    if (old !== null && !this.still && p.items.length <= GLIDING) this.startGlide(old, this.d);
    this.filter(this.matches);
    this.restoreSelection();
    if (first && this.visitedFrom !== null) [this.auto, this.cam] = [false, this.visitedFrom];
    if (this.auto) this.move(this.firstSight(), old !== null);
    this.painter.request(true);
    this.events.laidOut(candidate);
  }

  private startGlide(old: Drawing, d: Drawing): void {
    const x = d.layout.x.slice();
    const y = d.layout.y.slice();
    d.picture.items.forEach((item, v) => {
      const at = old.picture.at.get(item.id);
      if (at !== undefined) [x[v], y[v]] = [old.x[at], old.y[at]];
    });
    this.glide = { x, y, start: -1 };
    d.moving = true;
    d.x = x.slice();
    d.y = y.slice();
    d.edgeAlpha = 0;
  }

  private textWidth(text: string, font: string): number {
    if (this.measure === null) return text.length * 7;
    this.measure.font = font;
    return this.measure.measureText(text).width;
  }

  tick = (now: number): boolean => {
    const d = this.d;
    if (d === null) return false;
    let more = false;
    if (this.flight !== null) {
      if (this.flight.start < 0) this.flight.start = now;
      const t = Math.min(1, (now - this.flight.start) / MOVE_MS);
      this.cam = between(this.flight.from, this.flight.to, ease(t));
      if (t >= 1) this.flight = null;
      more = true;
      this.painter.request();
    }
    if (this.glide !== null) more = this.advanceGlide(d, now) || more;
    d.time = now;
    return more;
  };

  private advanceGlide(d: Drawing, now: number): boolean {
    const g = this.glide!;
    if (g.start < 0) g.start = now;
    const t = ease(Math.min(1, (now - g.start) / MOVE_MS));
    for (let v = 0; v < d.x.length; v++) {
      d.x[v] = g.x[v] + (d.layout.x[v] - g.x[v]) * t;
      d.y[v] = g.y[v] + (d.layout.y[v] - g.y[v]) * t;
    }
    d.edgeAlpha = t * t;
    if (t < 1) return true;
    [d.x, d.y, d.moving, d.edgeAlpha] = [d.layout.x, d.layout.y, false, 1];
    this.glide = null;
    return true;
  }

  painted = (complete: boolean): void => {
    if (complete) this.events.painted();
  };

  /** Redraws for the animation of running nodes. */
  redraw(): void {
    this.painter.request();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (this.d !== null) this.d.theme = theme;
    this.painter.request(true);
  }

  resize(width: number, height: number, ratio: number): void {
    if (width === this.width && height === this.height && this.canvas.width === Math.round(width * ratio)) return;
    const shiftY = (height - this.height) / 2;
    [this.width, this.height] = [width, height];
    if (this.d !== null && this.auto) this.cam = this.firstSight();
    else if (this.d !== null) this.cam = { ...this.cam, y: this.cam.y + shiftY };
    this.painter.resize(width, height, ratio);
  }

  move(to: Camera, animated = false): void {
    if (animated && !this.still && this.d !== null) this.flight = { from: this.cam, to, start: -1 };
    else [this.flight, this.cam] = [null, to];
    this.painter.request();
  }

  pan(dx: number, dy: number): void {
    this.auto = false;
    this.move({ ...this.cam, x: this.cam.x + dx, y: this.cam.y + dy });
  }

  zoom(factor: number, x = this.width / 2, y = this.height / 2, animated = false): void {
    this.auto = false;
    this.move(zoomed(this.flight?.to ?? this.cam, factor, x, y), animated);
  }

  /** The whole picture, or the beginning of one whose names could not be read then, unless it is very large. */
  private firstSight(): Camera {
    const { layout, picture } = this.d!;
    const all = fitCamera(layout.bounds, this.width, this.height);
    if (this.whole || this.legible || all.k >= NEARLY || picture.items.length > MOST_LABELLED) return all;
    return startCamera(layout.bounds, READABLE, this.width, this.height, layout.down, beginning(layout));
  }

  fit(animated = true): void {
    [this.auto, this.whole] = [true, true];
    if (this.d !== null) this.move(fitCamera(this.d.layout.bounds, this.width, this.height), animated);
  }

  /** Moves the camera as little as necessary to show an item. */
  bringIntoView(v: number): void {
    const d = this.d!;
    const [x, y, w, h] = [d.layout.x[v], d.layout.y[v], d.layout.w[v], d.layout.h[v]];
    const now = this.flight?.to ?? this.cam;
    this.flyTo(shifted(now, x - w / 2, y - h / 2, x + w / 2, y + h / 2, this.width, this.height));
  }

  /** Moves an item to the middle, large enough to be read. */
  centre(v: number): void {
    const { x, y } = this.d!.layout;
    const now = this.flight?.to ?? this.cam;
    this.flyTo(centred(now.k < READABLE ? 0.85 : now.k, x[v], y[v], this.width, this.height));
  }

  private flyTo(to: Camera): void {
    const now = this.flight?.to ?? this.cam;
    if (to.x === now.x && to.y === now.y && to.k === now.k) return;
    this.auto = false;
    this.move(to, true);
  }

  select(v: number): void {
    if (this.d === null) return;
    this.d.selected = v;
    this.d.lineage = v >= 0 ? lineageOf(this.d.graph, this.d.picture, v) : null;
    this.selectedId = v >= 0 ? this.d.picture.items[v].id : null;
    this.painter.request(true);
    this.events.selected(v >= 0 ? this.d.picture.items[v] : null);
  }

  private restoreSelection(): void {
    const at = this.selectedId === null ? undefined : this.d!.picture.at.get(this.selectedId);
    if (at !== undefined) {
      this.d!.selected = at;
      this.d!.lineage = lineageOf(this.d!.graph, this.d!.picture, at);
    } else if (this.selectedId !== null) this.select(-1);
  }

  hover(v: number): void {
    if (this.d === null || this.d.hover === v) return;
    this.d.hover = v;
    this.painter.request();
  }

  /** Dims every node for which `matches` is false; null dims none. */
  filter(matches: ((node: ViewNode) => boolean) | null): void {
    this.matches = matches;
    const d = this.d;
    if (d === null) return;
    d.dim = matches === null ? null : Uint8Array.from(d.picture.items, (item) => {
      if (item.type === "ghost") return 1;
      return (item.type === "node" ? [item.node] : item.members).some(matches) ? 0 : 1;
    });
    this.painter.request();
  }

  /** The item or heading at a point of the canvas. */
  at(px: number, py: number): { item: number; lane: number } {
    if (this.d === null) return { item: -1, lane: -1 };
    const [x, y] = [(px - this.cam.x) / this.cam.k, (py - this.cam.y) / this.cam.k];
    const item = itemAt(this.d, x, y, Math.min(12, 2 / this.cam.k));
    return { item, lane: item < 0 && this.cam.k > 0.22 ? laneAt(this.d, x, y) : -1 };
  }

  /** The item that is or contains a node or a missing name; -1 = none. */
  find(name: string): number {
    return this.d?.picture.holder.get(name) ?? this.d?.picture.at.get(ghostId(name)) ?? -1;
  }

  close(): void {
    clearTimeout(this.sketching);
    this.painter.close();
    this.layouter.close();
  }
}
