/** The pointer: drag to pan, wheel or pinch to zoom, click to select, double click to go to the cell. */

import type { Scene } from "./scene";

export interface PointerActions {
  click(item: number, lane: number): void;
  double(item: number): void;
  hover(item: number, x: number, y: number): void;
  /** The wheel was turned over a canvas without focus. */
  hint(): void;
}

const DRAG = 4;
/** Milliseconds and pixels within which two clicks are a double one. */
const DOUBLE = { time: 500, far: 8 };

export function watchPointer(scene: Scene, actions: PointerActions, wheelAlways: boolean): void {
  const canvas = scene.canvas;
  const pointers = new Map<number, { x: number; y: number }>();
  let travelled = 0;
  let first: { x: number; y: number; item: number; time: number } | null = null;
  let entered = wheelAlways;

  const place = (event: MouseEvent): { x: number; y: number } => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 1) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    if (pointers.size === 1) travelled = 0;
    entered = true;
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = place(event);
    const before = pointers.get(event.pointerId);
    if (before === undefined) {
      const found = scene.at(now.x, now.y);
      canvas.style.cursor = found.item >= 0 || found.lane >= 0 ? "pointer" : "";
      scene.hover(found.item);
      return actions.hover(found.item, now.x, now.y);
    }
    if (pointers.size === 1) {
      travelled += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (travelled > DRAG) {
        canvas.style.cursor = "grabbing";
        scene.pan(now.x - before.x, now.y - before.y);
        actions.hover(-1, 0, 0);
      } else return;
    } else pinch(event.pointerId, before, now);
    pointers.set(event.pointerId, now);
  });
  const pinch = (id: number, before: { x: number; y: number }, now: { x: number; y: number }): void => {
    travelled = DRAG + 1;
    const other = [...pointers].find(([key]) => key !== id)![1];
    const apart = (p: { x: number; y: number }): number => Math.hypot(p.x - other.x, p.y - other.y);
    scene.zoom(apart(now) / Math.max(1, apart(before)), (now.x + other.x) / 2, (now.y + other.y) / 2);
    scene.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  };
  const release = (event: PointerEvent): void => {
    const mine = pointers.delete(event.pointerId);
    canvas.style.cursor = "";
    if (!mine || event.type === "pointercancel" || travelled > DRAG || pointers.size > 0) return;
    const at = place(event);
    // The first click may have opened the details and moved the picture: the second one refers to the same item.
    if (first !== null && event.timeStamp - first.time < DOUBLE.time && Math.hypot(at.x - first.x, at.y - first.y) < DOUBLE.far) {
      actions.double(first.item);
      first = null;
      return;
    }
    const found = scene.at(at.x, at.y);
    first = { ...at, item: found.item, time: event.timeStamp };
    actions.click(found.item, found.lane);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => {
    if (!wheelAlways && !canvas.matches(":focus")) entered = false;
    scene.hover(-1);
    actions.hover(-1, 0, 0);
  });
  canvas.addEventListener("blur", () => (entered = wheelAlways));
  canvas.addEventListener("wheel", (event) => {
    const wanted = event.ctrlKey || event.metaKey;
    if (!wanted && !entered) return actions.hint();
    event.preventDefault();
    const at = place(event);
    const lines = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey && !wanted) return scene.pan(-(event.deltaX || event.deltaY) * lines, 0);
    const speed = wanted && Math.abs(event.deltaY) < 40 ? 0.01 : 0.0016;
    scene.zoom(Math.exp(-event.deltaY * lines * speed), at.x, at.y);
  }, { passive: false });
}
