/** Dataflows for tests: the recorded view, generated ones, and what a layout needs to know of them. */

import RECORDED from "../../../tests/recorded/view_v1.json";
import { columnIndex, hubsOf, sizeOf, type Drawing } from "../src/drawing";
import { layout, type LayoutInput, type LayoutResult } from "../src/layout/layout";
import { link, readView, type Graph } from "../src/model";
import { generator } from "../src/layout/order";
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
    header: Float32Array.from({ length: lanes }, (_, g) => (g > 0 ? 28 : 0)), seed: null, room: null,
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
  const p = picture(graph, { grouped: false, collapsed: new Set(), focus: null, ...options });
  const sizes = p.items.map(sizeOf);
  const height = Float32Array.from(sizes, (s) => s[1]);
  const result = layout({
    count: p.items.length, width: Float32Array.from(sizes, (s) => s[0]), height, edges: p.edges, lane: p.lane,
    header: Float32Array.from(p.lanes, (name) => (name === "" ? 0 : 28)), seed: null, room: null,
  });
  return {
    graph, picture: p, layout: result, height, x: result.x, y: result.y, moving: false, edgeAlpha: 1,
    theme: themeFor("#ffffff", null, "sans-serif", "monospace"), fit: fitter((text) => text.length * 6),
    selected: -1, hover: -1, lineage: null, dim: null, columns: columnIndex(result), hubs: hubsOf(p), time: 0,
  };
}
