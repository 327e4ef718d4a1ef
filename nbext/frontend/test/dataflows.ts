/** Dataflows for tests: the recorded view, generated ones, and what a layout needs to know of them. */

import RECORDED from "../../../tests/recorded/view_v1.json";
import { layoutInput, makeDrawing, type Drawing } from "../src/drawing";
import { layout } from "../src/layout/layout";
import { generator } from "../src/layout/order";
import { columnLimit } from "../src/layout/rank";
import type { LayoutInput, LayoutResult } from "../src/layout/types";
import { link, readView, type Graph } from "../src/model";
import { picture, type Options } from "../src/picture";
import { fitter } from "../src/text";
import { themeFor } from "../src/theme";

/** The view that pytest asserts too. */
export const recorded = (): unknown => structuredClone(RECORDED);

/** Edges of a random dataflow: mostly near nodes, now and then one of the inputs. */
export function randomEdges(count: number, seed: number, density = 1): Int32Array {
  const random = generator(seed);
  const edges: number[] = [];
  const inputs = Math.max(3, Math.floor(count * 0.08));
  for (let v = inputs; v < count; v++) {
    const sources = new Set<number>();
    const wanted = 1 + Math.floor(random() * 2.2 * density);
    for (let i = 0; i < wanted; i++) {
      const back = Math.floor(random() ** 2 * Math.min(v, Math.max(20, count / 6)));
      sources.add(random() < 0.25 ? Math.floor(random() * inputs) : Math.max(0, v - 1 - back));
    }
    for (const u of sources) edges.push(u, v);
  }
  return Int32Array.from(edges);
}

export function inputOf(count: number, edges: Int32Array, lanes = 1): LayoutInput {
  return {
    count, edges, width: new Float32Array(count).fill(168), height: new Float32Array(count).fill(44),
    lane: Int32Array.from({ length: count }, (_, v) => (lanes > 1 ? 1 + Math.floor((v * (lanes - 1)) / count) : 0)),
    header: Float32Array.from({ length: lanes }, (_, g) => (g > 0 ? 28 : 0)), seed: null, room: null, readable: 0.6, down: false, limit: columnLimit(count),
  };
}

/** The places of a layout as the seed of the next one. */
export function seedOf(result: LayoutResult, count: number): Float32Array {
  return Float32Array.from({ length: 2 * count }, (_, i) => {
    const v = i >> 1;
    return v >= result.x.length ? NaN : i % 2 === 0 ? result.x[v] : result.y[v];
  });
}

export const graphOf = (raw: unknown): Graph => link(readView(raw));

/** A drawing as the scene would make it, with a monospaced measure. */
export function drawingOf(graph: Graph, options: Partial<Options> = {}): Drawing {
  const p = picture(graph, { boxes: false, collapsed: () => false, focus: null, ...options });
  const result = layout(layoutInput(p, null, null));
  return makeDrawing(graph, p, result, themeFor("#ffffff", null, "sans-serif", "monospace"), fitter((text) => text.length * 6));
}
