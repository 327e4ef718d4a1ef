/** The layout: properties that hold for every dataflow. */

import { describe, expect, it } from "vitest";
import { layout } from "../src/layout/layout";
import { inSlices } from "../src/layout/layouter";
import { acyclic, columnLimit, rank } from "../src/layout/rank";
import type { LayoutInput, LayoutResult } from "../src/layout/types";
import { inputOf, randomEdges, seedOf } from "./dataflows";

const CASES: [number, number, number][] = [[2, 1, 1], [8, 2, 1], [30, 3, 1.5], [120, 4, 1], [300, 5, 0.7], [1200, 6, 1]];

/** Crossings of straight lines between columns, counted pair by pair. */
function crossings(input: LayoutInput, result: LayoutResult): number {
  const pieces: number[][] = [];
  for (let e = 0; e < input.edges.length / 2; e++) {
    for (let p = result.pointsAt[e]; p < result.pointsAt[e + 1]; p += 2) {
      const xy = result.points.subarray(2 * p, 2 * p + 4);
      pieces.push([xy[0], xy[1], xy[3]]);
    }
  }
  let total = 0;
  for (let i = 0; i < pieces.length; i++) {
    for (let j = i + 1; j < pieces.length; j++) {
      if (pieces[i][0] === pieces[j][0] && (pieces[i][1] - pieces[j][1]) * (pieces[i][2] - pieces[j][2]) < 0) total++;
    }
  }
  return total;
}

function overlaps(input: LayoutInput, r: LayoutResult): number {
  let found = 0;
  for (let a = 0; a < input.count; a++) {
    for (let b = a + 1; b < input.count; b++) {
      const near = Math.abs(r.x[a] - r.x[b]) < (r.w[a] + r.w[b]) / 2 && Math.abs(r.y[a] - r.y[b]) < (input.height[a] + input.height[b]) / 2;
      if (near) found++;
    }
  }
  return found;
}

describe.each(CASES)("a dataflow of %i nodes", (count, seed, density) => {
  const edges = randomEdges(count, seed, density);
  const input = inputOf(count, edges);
  const result = layout(input);

  it("draws every edge from left to right", () => {
    for (let e = 0; e < edges.length; e += 2) expect(result.column[edges[e]]).toBeLessThan(result.column[edges[e + 1]]);
  });

  it("lets no two nodes overlap", () => expect(overlaps(input, result)).toBe(0));

  it("aligns the nodes of a column", () => {
    const x = new Map<number, number>();
    result.column.forEach((c, v) => {
      expect(x.get(c) ?? result.x[v]).toBe(result.x[v]);
      x.set(c, result.x[v]);
    });
  });

  it("starts and ends every edge's path at its nodes", () => {
    for (let e = 0; e < edges.length / 2; e++) {
      const [a, b] = [edges[2 * e], edges[2 * e + 1]];
      const path = result.points.subarray(2 * result.pointsAt[e], 2 * result.pointsAt[e + 1]);
      expect([path[0], path[1]]).toEqual([result.x[a] + result.w[a] / 2, result.y[a]]);
      expect([path[path.length - 2], path[path.length - 1]]).toEqual([result.x[b] - result.w[b] / 2, result.y[b]]);
    }
  });

  it("keeps paths clear of nodes they only pass", () => {
    for (let r = 0; r < result.runs.length; r += 3) {
      const [x1, x2, y] = result.runs.subarray(r, r + 3);
      const hit = input.height.findIndex((h, v) => Math.abs(result.x[v] - (x1 + x2) / 2) < 1 && Math.abs(result.y[v] - y) < h / 2);
      expect(hit).toBe(-1);
    }
  });

  it("gives the same picture each time", () => expect(layout(input)).toEqual(result));

  it("is in a readable shape", () => {
    const columns = new Map<number, number>();
    for (const c of result.column) columns.set(c, (columns.get(c) ?? 0) + 1);
    expect(Math.max(...columns.values())).toBeLessThanOrEqual(columnLimit(count));
  });
});

describe("crossings", () => {
  it("are counted exactly", () => {
    const input = inputOf(40, randomEdges(40, 9, 1.5));
    const result = layout(input);
    expect(result.crossings).toBe(crossings(input, result));
  });

  it("are none where none are needed", () => {
    const ladder = [0, 5, 1, 4, 2, 3, 3, 8, 4, 7, 5, 6];
    expect(layout(inputOf(9, Int32Array.from(ladder))).crossings).toBe(0);
    const tree = Array.from({ length: 62 }, (_, i) => [i >> 1, i + 1]).flat();
    expect(layout(inputOf(63, Int32Array.from(tree))).crossings).toBe(0);
  });

  it.each([[100, 3, 0.7], [100, 11, 1], [500, 3, 1]])("are less than a quarter of those in notebook order (%i nodes)", (count, seed, density) => {
    const edges = randomEdges(count, seed, density);
    const input = inputOf(count, edges);
    const naive = layout({ ...input, seed: null });
    const column = rank(count, edges, acyclic(count, edges).order, columnLimit(count));
    let unsorted = 0;
    const spans = [];
    for (let e = 0; e < edges.length; e += 2) spans.push([column[edges[e]], edges[e], column[edges[e + 1]], edges[e + 1]]);
    for (let i = 0; i < spans.length; i++) {
      for (let j = i + 1; j < spans.length; j++) {
        if (spans[i][0] < spans[j][2] && spans[j][0] < spans[i][2] && (spans[i][1] - spans[j][1]) * (spans[i][3] - spans[j][3]) < 0) unsorted++;
      }
    }
    expect(naive.crossings).toBeLessThan(unsorted / 4 + 10);
  });
});

describe("nodes that could change places", () => {
  // 0 and 1 feed the lags 2 to 5; 6 reads the lags from far away, past 7 and 8.
  const lags = [2, 3, 4, 5];
  const edges = Int32Array.from([...lags.flatMap((v) => [0, v, 1, v, v, 6]), 0, 7, 7, 8, 8, 9, 9, 6]);
  const input = inputOf(10, edges);

  it("stand in the order of the notebook, wherever a search left them", () => {
    const scrambled = Float32Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 0 : [0, 50, 90, 30, 60, 0, 45, 400, 400, 400][i >> 1]));
    for (const seed of [null, scrambled]) {
      const result = layout({ ...input, seed });
      expect(lags.map((v) => result.y[v])).toEqual(lags.map((v) => result.y[v]).sort((a, b) => a - b));
      expect(result.crossings).toBe(crossings(input, result));
    }
  });
});

describe("a picture that is too high", () => {
  const edges = Int32Array.from(Array.from({ length: 60 }, (_, v) => [v % 2, v + 2]).flat());
  const input = inputOf(62, edges);
  const span = (r: LayoutResult): number => r.bounds[2] - r.bounds[0];

  it("uses the width that is left, within reason; one that fits stays as it is", () => {
    const natural = layout(input);
    const wide = layout({ ...input, room: [1200, 500] });
    expect(span(wide)).toBeGreaterThan(1.2 * span(natural));
    expect(span(wide)).toBeLessThanOrEqual(1.5 * span(natural) + 2);
    expect(wide.y).toEqual(natural.y);
    expect(layout({ ...input, room: [1200, 9000] })).toEqual(natural);
  });
});

describe("from top to bottom", () => {
  const edges = randomEdges(60, 7);
  const input = { ...inputOf(60, edges, 4), down: true, limit: 5 };
  input.width.forEach((_, v) => (input.width[v] = 120 + 3 * v));
  const result = layout(input);

  it("draws every edge downwards, from card to card", () => {
    for (let e = 0; e < edges.length / 2; e++) {
      const [a, b] = [edges[2 * e], edges[2 * e + 1]];
      const path = result.points.subarray(2 * result.pointsAt[e], 2 * result.pointsAt[e + 1]);
      expect([path[0], path[1]]).toEqual([result.x[a], result.y[a] + result.h[a] / 2]);
      expect([path[path.length - 2], path[path.length - 1]]).toEqual([result.x[b], result.y[b] - result.h[b] / 2]);
      for (let p = 3; p < path.length; p += 2) expect(path[p]).toBeGreaterThanOrEqual(path[p - 2]);
    }
  });

  it("gives cards their own widths and rows at most so many of them, without overlaps", () => {
    expect(result.w).toEqual(input.width);
    const rows = new Map<number, number>();
    for (const y of result.y) rows.set(y, (rows.get(y) ?? 0) + 1);
    expect(Math.max(...rows.values())).toBeLessThanOrEqual(5);
    for (let a = 0; a < 60; a++) {
      for (let b = a + 1; b < 60; b++) {
        expect(Math.abs(result.x[a] - result.x[b]) < (result.w[a] + result.w[b]) / 2 && Math.abs(result.y[a] - result.y[b]) < (result.h[a] + result.h[b]) / 2).toBe(false);
      }
    }
  });

  it("has room for the names of headings above their nodes, within the picture", () => {
    for (let v = 0; v < 60; v++) {
      const [x, y, w, h] = result.boxes.subarray(4 * input.lane[v], 4 * input.lane[v] + 4);
      expect(result.y[v] - result.h[v] / 2 - y).toBeGreaterThanOrEqual(28);
      expect(result.x[v] > x && result.x[v] < x + w && result.y[v] < y + h && y >= result.bounds[1]).toBe(true);
    }
  });

  it.each([1, 4])("stays where it was when nothing changed (%i headings)", (lanes) => {
    const before = { ...inputOf(24, randomEdges(24, 7), lanes), down: true, limit: 4 };
    const first = layout(before);
    const after = layout({ ...before, seed: seedOf(first, 24) });
    expect(first.x.filter((x, v) => Math.abs(after.x[v] - x) > 22).length).toBeLessThanOrEqual(3);
  });
});

describe("an edit", () => {
  it("leaves the nodes where they are when nothing changed", () => {
    const input = inputOf(60, randomEdges(60, 21));
    const before = layout(input);
    const after = layout({ ...input, seed: seedOf(before, 60) });
    const moved = before.y.filter((y, v) => Math.abs(after.y[v] - y) > 22 || Math.abs(after.x[v] - before.x[v]) > 28).length;
    expect(moved).toBeLessThanOrEqual(5);
  });

  it("moves few nodes when one is added", () => {
    const edges = randomEdges(40, 22);
    const before = layout(inputOf(40, edges));
    const grown = Int32Array.from([...edges, 5, 40]);
    const after = layout({ ...inputOf(41, grown), seed: seedOf(before, 41) });
    const moved = before.y.filter((y, v) => Math.abs(after.y[v] - y) > 60).length;
    expect(moved).toBeLessThanOrEqual(4);
  });
});

describe("headings", () => {
  const input = inputOf(80, randomEdges(80, 31), 5);
  const result = layout(input);

  it("hold exactly their own nodes", () => {
    for (let v = 0; v < 80; v++) {
      for (let g = 1; g < 5; g++) {
        const [x, y, w, h] = result.boxes.subarray(4 * g, 4 * g + 4);
        const within = result.x[v] > x && result.x[v] < x + w && result.y[v] > y && result.y[v] < y + h;
        expect(within).toBe(input.lane[v] === g);
      }
    }
  });

  it("do not make nodes overlap", () => expect(overlaps(input, result)).toBe(0));

  it("let an edge into a box pass within it", () => {
    // 0 is outside; 1, 2 and 3 share a box, and 0 -> 3 passes the column of 2.
    const edges = Int32Array.from([0, 1, 1, 2, 2, 3, 0, 3]);
    const boxed = layout({ ...inputOf(4, edges, 2), lane: Int32Array.from([0, 1, 1, 1]) });
    const [, top, , height] = boxed.boxes.subarray(4, 8);
    const heights = Array.from({ length: boxed.pointsAt[4] - boxed.pointsAt[3] - 1 }, (_, i) => boxed.points[2 * (boxed.pointsAt[3] + 1 + i) + 1]);
    for (const y of heights) expect(y > top && y < top + height).toBe(true);
  });
});

describe("odd dataflows", () => {
  it("may be empty, single, or without edges", () => {
    expect(layout(inputOf(0, new Int32Array())).bounds).toEqual(new Float32Array(4));
    expect(layout(inputOf(1, new Int32Array())).x.length).toBe(1);
    const many = layout(inputOf(200, new Int32Array()));
    expect(overlaps(inputOf(200, new Int32Array()), many)).toBe(0);
  });

  it("may hold cycles, as collapsed headings can", () => {
    const input = inputOf(4, Int32Array.from([0, 1, 1, 2, 2, 0, 2, 3]));
    expect(overlaps(input, layout(input))).toBe(0);
  });

  it("are laid out alike in slices and at once", async () => {
    const input = inputOf(150, randomEdges(150, 41));
    expect(await inSlices(input)).toEqual(layout(input));
  });

  it("are dropped in slices when a newer one is asked for", async () => {
    expect(await inSlices(inputOf(1500, randomEdges(1500, 42)), () => true)).toBeNull();
  });
});

describe("edges that would fill the picture", () => {
  it("of one source run together to their targets, in a picture with few nodes in each row", () => {
    const edges = Int32Array.from(Array.from({ length: 40 }, (_, v) => [0, v + 1]).flat());
    const narrow = layout({ ...inputOf(41, edges), down: true, limit: 3 });
    const wide = layout({ ...inputOf(41, edges), down: true, limit: 41 });
    // One trunk and at most three branches for each of 14 rows; 40 edges with pieces of their own would have about 300.
    expect(narrow.segments.length / 4).toBeLessThan(2 * 41);
    expect(wide.segments.length / 4).toBe(40);
  });
});
