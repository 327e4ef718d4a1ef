/** The minimap: the whole dataflow in a corner, with a frame around the visible part; drag the frame to move. */

import type { Camera } from "./camera";
import { within, type Drawing, type Extent } from "./drawing";
import type { Scene } from "./scene";
import { h } from "./dom";

const WIDTH = 168;
const HEIGHT = 112;
/** The distance from the edges of the canvas, in pixels. */
const GAP = 10;

/** Corners in the order of preference: the distance from the right or left and the lower or upper edge. */
const CORNERS = [["right", "bottom"], ["left", "bottom"], ["right", "top"], ["left", "top"]] as const;
export type Corner = (typeof CORNERS)[number];

/** The corner in which a minimap covers fewest nodes at a camera. */
export function emptiestCorner(d: Drawing, cam: Camera, width: number, height: number): Corner {
  const covered = CORNERS.map(([side, end]) => {
    const left = side === "left" ? 0 : width - WIDTH - 2 * GAP;
    const top = end === "top" ? 0 : height - HEIGHT - 2 * GAP;
    const extent = {
      left: (left - cam.x) / cam.k, right: (left + WIDTH + 2 * GAP - cam.x) / cam.k,
      top: (top - cam.y) / cam.k, bottom: (top + HEIGHT + 2 * GAP - cam.y) / cam.k,
    };
    return [...within(d, extent)].filter((v) => touches(d, v, extent)).length;
  });
  return CORNERS[covered.indexOf(Math.min(...covered))];
}

function touches(d: Drawing, v: number, e: Extent): boolean {
  return Math.abs(2 * d.x[v] - e.left - e.right) <= e.right - e.left + d.layout.w[v] && Math.abs(2 * d.y[v] - e.top - e.bottom) <= e.bottom - e.top + d.layout.h[v];
}

export interface Minimap {
  el: HTMLElement;
  /** Redraws; `content` when more than the camera changed. */
  update(content: boolean): void;
}

export function makeMinimap(scene: Scene): Minimap {
  const canvas = h("canvas", { class: "db-minimap", hidden: true, "aria-hidden": "true" });
  const picture = document.createElement("canvas");
  const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
  for (const c of [canvas, picture]) [c.width, c.height] = [WIDTH * ratio, HEIGHT * ratio];
  let k = 1;
  let left = 0;
  let top = 0;
  let drawn = -Infinity;
  let later = 0;
  /** The drawing that the corner was chosen for; a person who moves the camera finds the minimap where it was. */
  let placed: Drawing | null = null;

  const drawPicture = (): void => {
    const d = scene.drawing();
    const c = picture.getContext("2d");
    if (d === null || c === null) return;
    drawn = performance.now();
    const b = d.layout.bounds;
    const room = 6;
    k = Math.min((WIDTH - 2 * room) / Math.max(1, b[2] - b[0]), (HEIGHT - 2 * room) / Math.max(1, b[3] - b[1]));
    left = WIDTH / 2 - ((b[0] + b[2]) / 2) * k;
    top = HEIGHT / 2 - ((b[1] + b[3]) / 2) * k;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.fillStyle = d.theme.card;
    c.fillRect(0, 0, WIDTH, HEIGHT);
    d.picture.items.forEach((item, v) => {
      const lit = d.lineage?.items[v] ?? 0;
      const state = item.type === "node" ? (item.node.state ?? "none") : "none";
      c.globalAlpha = (d.lineage !== null ? lit === 0 : d.dim?.[v] === 1) ? 0.25 : 1;
      c.fillStyle = lit === 1 ? d.theme.upstream : lit === 2 ? d.theme.downstream : lit === 3 ? d.theme.accent : d.theme.block[state];
      const [w, height] = [Math.max(1, d.layout.w[v] * k), Math.max(1, d.layout.h[v] * k)];
      c.fillRect(d.layout.x[v] * k + left - w / 2, d.layout.y[v] * k + top - height / 2, w, height);
    });
    c.globalAlpha = 1;
  };

  const drawFrame = (): void => {
    const d = scene.drawing();
    const c = canvas.getContext("2d");
    if (d === null || c === null) return;
    const cam = scene.camera();
    const b = d.layout.bounds;
    const all = b[0] * cam.k + cam.x >= 0 && b[1] * cam.k + cam.y >= 0 && b[2] * cam.k + cam.x <= scene.width && b[3] * cam.k + cam.y <= scene.height;
    canvas.hidden = all || d.picture.items.length < 30 || scene.width < 420;
    if (canvas.hidden) return;
    if (placed !== d && scene.settled()) {
      placed = d;
      const corner = emptiestCorner(d, cam, scene.width, scene.height);
      for (const edge of ["left", "right", "top", "bottom"] as const) canvas.style[edge] = corner.includes(edge as never) ? `${GAP}px` : "auto";
    }
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.drawImage(picture, 0, 0);
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.strokeStyle = d.theme.accent;
    c.lineWidth = 1.5;
    const [x, y] = [(-cam.x / cam.k) * k + left, (-cam.y / cam.k) * k + top];
    c.strokeRect(Math.max(1, x), Math.max(1, y), Math.min(WIDTH - 2, (scene.width / cam.k) * k), Math.min(HEIGHT - 2, (scene.height / cam.k) * k));
  };

  const update = (content: boolean): void => {
    if (content && later === 0) {
      later = window.setTimeout(() => {
        later = 0;
        drawPicture();
        drawFrame();
      }, performance.now() - drawn > 400 ? 0 : 400);
    }
    drawFrame();
  };

  const go = (event: PointerEvent): void => {
    const box = canvas.getBoundingClientRect();
    const cam = scene.camera();
    const [x, y] = [(event.clientX - box.left - left) / k, (event.clientY - box.top - top) / k];
    scene.auto = false;
    scene.move({ k: cam.k, x: scene.width / 2 - x * cam.k, y: scene.height / 2 - y * cam.k });
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    go(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons & 1) go(event);
  });
  return { el: canvas, update };
}
