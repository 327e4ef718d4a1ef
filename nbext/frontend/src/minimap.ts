/** The minimap: the whole dataflow in a corner, with a frame around the visible part; drag the frame to move. */

import type { Scene } from "./scene";
import { h } from "./dom";

const WIDTH = 168;
const HEIGHT = 112;

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
