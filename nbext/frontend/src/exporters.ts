/** Exports: the drawing as an SVG or PNG file. */

import { drawAll } from "./draw";
import type { Drawing } from "./drawing";
import { escapeXml, SvgSurface } from "./surface";
import { fitter } from "./text";

/** The picture as it is laid out, at natural size, nothing selected. */
function plain(d: Drawing): { d: Drawing; width: number; height: number; x: number; y: number } {
  const [left, top, right, bottom] = d.layout.bounds;
  const pad = 24;
  const still: Drawing = {
    ...d, x: d.layout.x, y: d.layout.y, moving: false, edgeAlpha: 1, selected: -1, hover: -1, lineage: null, dim: null,
  };
  return { d: still, width: Math.ceil(right - left + 2 * pad), height: Math.ceil(bottom - top + 2 * pad), x: pad - left, y: pad - top };
}

export function toSvg(drawing: Drawing): string {
  const p = plain(drawing);
  const surface = new SvgSurface();
  surface.fillStyle = p.d.theme.background;
  surface.fillRect(0, 0, p.width, p.height);
  const fonts = { ...p.d, fit: fitter((text, font) => text.length * parseFloat(/([\d.]+)px/.exec(font)?.[1] ?? "12") * 0.56) };
  drawAll(surface, drawing.picture.items.length > 3000 ? p.d : fonts, { x: p.x, y: p.y, k: 1 }, p.width, p.height);
  const title = escapeXml(p.d.graph.view.title || "dataflow");
  const box = `width="${p.width}" height="${p.height}" viewBox="0 0 ${p.width} ${p.height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box}><title>${title}</title>\n${surface.out.join("\n")}\n</svg>\n`;
}

/** A PNG at twice the natural size, smaller where a browser's canvas would be too large. */
export function toPng(drawing: Drawing): Promise<Blob | null> {
  const p = plain(drawing);
  const k = Math.min(2, 12000 / p.width, 12000 / p.height);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.ceil(p.width * k), Math.ceil(p.height * k)];
  const context = canvas.getContext("2d")!;
  context.fillStyle = p.d.theme.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  drawAll(context, p.d, { x: p.x * k, y: p.y * k, k }, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Downloads a file. */
export function download(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
