/** The scene: one canvas that shows a dataflow; what is selected, where the camera is, how it moves there. */

import { between, centred, ease, fitCamera, READABLE, shifted, zoomed, type Camera } from "./camera";
import { itemAt, laneAt, layoutInput, lineageOf, makeDrawing, namesOf, type Drawing } from "./drawing";
import type { Layouter } from "./layout/layouter";
import type { LayoutInput, LayoutResult } from "./layout/types";
import type { Graph, ViewNode } from "./model";
import { makePainter, type Painter, type PaintSource } from "./painter";
import { nodeId, picture, type Item, type Options, type Picture } from "./picture";
import { fitter } from "./text";
import type { Theme } from "./theme";

const MOVE_MS = 320;
const GLIDING = 1500; // larger pictures jump instead

export interface SceneEvents {
  room(): [number, number]; // that a picture may fill
  selected(item: Item | null): void;
  painted(): void;
  laidOut(): void;
}

/** Gives every item of a picture its nodes as they are in a graph. */
function refresh(p: Picture, graph: Graph): void {
  for (const item of p.items) {
    if (item.type === "node") item.node = graph.node.get(item.name) ?? item.node;
    else if (item.type === "group") item.members = item.members.map((n) => graph.node.get(n.name) ?? n);
  }
}

export class Scene implements PaintSource {
  private d: Drawing | null = null;
  private cam: Camera = { x: 0, y: 0, k: 1 };
  private flight: { from: Camera; to: Camera; start: number } | null = null;
  private glide: { x: Float32Array; y: Float32Array; start: number } | null = null;
  private selectedId: string | null = null;
  private latest: Graph | null = null;
  private matches: ((node: ViewNode) => boolean) | null = null;
  private readonly painter: Painter;
  private measure = document.createElement("canvas").getContext("2d");
  width = 1;
  height = 1;
  /** False once a person moved the camera: from then on it stays where they put it. */
  auto = true;
  still = typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches;

  constructor(
    readonly canvas: HTMLCanvasElement, private readonly layouter: Layouter, private theme: Theme,
    private readonly events: SceneEvents,
  ) {
    this.painter = makePainter(canvas, this);
  }

  drawing = (): Drawing | null => this.d;
  camera = (): Camera => this.cam;

  /** Shows a graph; lays it out anew when asked, else only redraws what changed. */
  show(graph: Graph, options: Options, structural: boolean, changed: string[] = []): void {
    this.latest = graph;
    if (this.d === null || structural) return this.arrange(graph, picture(graph, options), options.grouped === "auto" ? picture(graph, { ...options, grouped: false }) : null);
    const d = this.d;
    d.graph = graph;
    const items: number[] = [];
    for (const name of changed) {
      const at = d.picture.at.get(nodeId(name));
      const node = graph.node.get(name);
      if (at === undefined || node === undefined) continue;
      (d.picture.items[at] as Extract<Item, { type: "node" }>).node = node;
      items.push(at);
    }
    if (options.collapsed.size > 0) refresh(d.picture, graph);
    this.filter(this.matches);
    this.painter.patch(items);
  }

  /** Lays out; of two candidates the second one wins when it can be shown much larger than the first. */
  private arrange(graph: Graph, p: Picture, other: Picture | null): void {
    this.layouter.run(this.inputOf(p), (first) => {
      const k = fitCamera(first.bounds, this.width, this.height).k;
      if (other === null || p.lanes.length === 1 || k >= 0.72) return this.place(graph, p, first);
      this.layouter.run(this.inputOf(other), (second) => {
        const without = fitCamera(second.bounds, this.width, this.height).k;
        const larger = without > 1.35 * k || (k < READABLE && without >= READABLE);
        this.place(graph, larger ? other : p, larger ? second : first);
      });
    });
  }

  private inputOf(p: Picture): LayoutInput {
    const { items } = p;
    const count = items.length;
    const old = this.d;
    let seed: Float32Array | null = null;
    if (old !== null && count > 0) {
      seed = new Float32Array(2 * count).fill(NaN);
      let known = 0;
      items.forEach((item, v) => {
        const at = old.picture.at.get(item.id);
        if (at === undefined) return;
        known++;
        seed!.set([old.layout.x[at], old.layout.y[at]], 2 * v);
      });
      if (known < count / 2 || old.layout.boxes.length > 4 !== p.lanes.length > 1) seed = null;
    }
    return layoutInput(p, seed, this.events.room());
  }

  private place(laidOut: Graph, p: Picture, layout: LayoutResult): void {
    const old = this.d;
    const graph = this.latest ?? laidOut;
    // What changed while the layout was made is shown as it is now.
    if (graph !== laidOut) refresh(p, graph);
    this.d = makeDrawing(graph, p, layout, this.theme, old?.fit ?? fitter((text, font) => this.textWidth(text, font)));
    if (old !== null && !this.still && p.items.length <= GLIDING) this.startGlide(old, this.d);
    this.filter(this.matches);
    this.restoreSelection();
    if (this.auto) this.fit(old !== null);
    this.painter.request(true);
    this.events.laidOut();
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

  /** Redraws, for the sake of what turns while a node runs. */
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
    if (this.d !== null && this.auto) this.cam = fitCamera(this.d.layout.bounds, width, height);
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

  fit(animated = true): void {
    this.auto = true;
    if (this.d !== null) this.move(fitCamera(this.d.layout.bounds, this.width, this.height), animated);
  }

  /** Moves the camera so that an item is seen; `near`: large enough to be read. */
  bringIntoView(v: number, near = false): void {
    const d = this.d!;
    const [x, y, w, h] = [d.layout.x[v], d.layout.y[v], d.layout.w[v], d.height[v]];
    const now = this.flight?.to ?? this.cam;
    const to = near && now.k < READABLE
      ? centred(0.85, x, y, this.width, this.height)
      : shifted(now, x - w / 2, y - h / 2, x + w / 2, y + h / 2, this.width, this.height);
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

  /** What is at a point of the canvas: an item, a heading, or nothing. */
  at(px: number, py: number): { item: number; lane: number } {
    if (this.d === null) return { item: -1, lane: -1 };
    const [x, y] = [(px - this.cam.x) / this.cam.k, (py - this.cam.y) / this.cam.k];
    const item = itemAt(this.d, x, y, Math.min(12, 2 / this.cam.k));
    return { item, lane: item < 0 && this.cam.k > 0.22 ? laneAt(this.d, x, y) : -1 };
  }

  find(name: string): number {
    const d = this.d;
    if (d === null) return -1;
    const direct = d.picture.at.get(nodeId(name));
    return direct ?? d.picture.items.findIndex((item) => namesOf(item).includes(name));
  }

  close(): void {
    this.painter.close();
    this.layouter.close();
  }
}
