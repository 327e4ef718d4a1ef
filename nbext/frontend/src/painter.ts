/** The painter: draws on a canvas without blocking the page. */

import type { Camera } from "./camera";
import { drawSome, drawSteps } from "./draw";
import type { Drawing } from "./drawing";

/** Milliseconds of drawing commands per frame; the rest follows in the next one. */
const SLICE = 7;
/** The first picture may take longer, since the canvas is empty. */
const FIRST = 20;
/** Up to this many items and edge pieces, the whole picture is drawn in each frame. */
const LIGHT = 1600;

export interface Painter {
  /** Requests a frame; `anew` discards an unfinished one. */
  request(anew?: boolean): void;
  /** Draws a few changed items over the last picture at once; a complete one follows. */
  patch(items: number[]): void;
  resize(width: number, height: number, ratio: number): void;
  close(): void;
}

export interface PaintSource {
  drawing(): Drawing | null;
  /** The colour of an empty canvas. */
  background(): string;
  camera(): Camera;
  /** Called before each frame; returns whether another frame is needed (something moves). */
  tick(now: number): boolean;
  painted(complete: boolean): void;
}

/** While a large drawing is drawn again in slices, its last complete picture is shown in the new position. */
export function makePainter(canvas: HTMLCanvasElement, source: PaintSource): Painter {
  const front = canvas.getContext("2d", { alpha: false })!;
  let width = 1;
  let height = 1;
  let ratio = 1;
  let frame = 0;
  let dirty = false;
  let closed = false;
  let back: HTMLCanvasElement | null = null;
  let spare: HTMLCanvasElement | null = null;
  let backCamera: Camera = { x: 0, y: 0, k: 1 };
  let job: { steps: Generator<void>; camera: Camera; canvas: HTMLCanvasElement } | null = null;

  const clear = (c: CanvasRenderingContext2D): void => {
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.globalAlpha = 1;
    c.fillStyle = source.background();
    c.fillRect(0, 0, c.canvas.width, c.canvas.height);
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
  };
  const blank = (): HTMLCanvasElement => {
    const c = document.createElement("canvas");
    c.width = canvas.width;
    c.height = canvas.height;
    return c;
  };
  const begin = (d: Drawing): void => {
    const camera = { ...source.camera() };
    const target = spare ?? blank();
    spare = null;
    const context = target.getContext("2d", { alpha: false })!;
    clear(context);
    job = { steps: drawSteps(context, d, camera, width, height), camera, canvas: target };
    dirty = false;
  };
  /** Runs the job for one slice; true when the picture is complete. */
  const advance = (): boolean => {
    const until = performance.now() + (back === null ? FIRST : SLICE);
    while (performance.now() < until) {
      if (!job!.steps.next().done) continue;
      spare = back;
      back = job!.canvas;
      backCamera = job!.camera;
      job = null;
      return true;
    }
    return false;
  };
  const blit = (): void => {
    if (back === null) return;
    const c = source.camera();
    const k = c.k / backCamera.k;
    clear(front);
    front.imageSmoothingEnabled = k !== 1;
    front.setTransform(k, 0, 0, k, (c.x - backCamera.x * k) * ratio, (c.y - backCamera.y * k) * ratio);
    front.drawImage(back, 0, 0);
  };
  const paint = (now: number): void => {
    frame = 0;
    if (closed) return;
    const again = source.tick(now);
    const d = source.drawing();
    if (d === null) clear(front);
    if (d === null || width < 2) return;
    if (d.picture.items.length + d.layout.segments.length / 4 <= LIGHT) {
      clear(front);
      for (const step of drawSteps(front, d, source.camera(), width, height)) void step;
      [job, back, dirty] = [null, null, false];
      source.painted(true);
    } else {
      if (job === null && (dirty || back === null)) begin(d);
      const complete = job !== null && advance();
      blit();
      if (complete || job === null) source.painted(!dirty);
      if (job !== null || dirty) schedule();
    }
    if (again) schedule();
  };
  const schedule = (): void => {
    if (frame === 0 && !closed) frame = requestAnimationFrame(paint);
  };
  return {
    request(anew = false) {
      dirty = true;
      if (anew) job = null;
      schedule();
    },
    patch(items) {
      const d = source.drawing();
      const context = back?.getContext("2d", { alpha: false });
      if (d !== null && context) drawSome(context, d, backCamera, items);
      dirty = true;
      schedule();
    },
    resize(w, h, r) {
      [width, height, ratio] = [w, h, r];
      canvas.width = Math.max(1, Math.round(w * r));
      canvas.height = Math.max(1, Math.round(h * r));
      [job, back, spare, dirty] = [null, null, null, true];
      schedule();
    },
    close() {
      closed = true;
      cancelAnimationFrame(frame);
    },
  };
}
