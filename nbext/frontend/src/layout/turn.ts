/** Turn: a layout from top to bottom is a layout from left to right, mirrored at the diagonal. */

import type { LayoutInput, LayoutResult } from "./types";

/** The input for a layout from left to right; the names of headings need room along the edges then, which `upright` adds. */
export function mirrored(input: LayoutInput): LayoutInput {
  return {
    ...input, down: false, width: input.height, height: input.width, room: null, header: input.header.map((room) => (room > 0 ? 1 : 0)),
    seed: input.seed === null ? null : pairsSwapped(input.seed),
  };
}

/** The layout from top to bottom. */
export function upright(r: LayoutResult, header: Float32Array): LayoutResult {
  const boxes = r.boxes.slice();
  const bounds = pairsSwapped(r.bounds);
  for (let g = 0; 4 * g < boxes.length; g++) {
    const [x, y, w, h] = r.boxes.subarray(4 * g, 4 * g + 4);
    if (w === 0) continue;
    boxes.set([y, x - header[g], h, w + header[g]], 4 * g);
    bounds[1] = Math.min(bounds[1], x - header[g]);
  }
  return {
    ...r, down: true, x: r.y, y: r.x, w: r.h, h: r.w, boxes, bounds, points: pairsSwapped(r.points), segments: pairsSwapped(r.segments),
  };
}

function pairsSwapped(pairs: Float32Array): Float32Array {
  const swapped = new Float32Array(pairs.length);
  for (let i = 0; i < pairs.length; i += 2) [swapped[i], swapped[i + 1]] = [pairs[i + 1], pairs[i]];
  return swapped;
}
