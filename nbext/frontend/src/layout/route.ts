/** Routes: the columns' widths and the path of every edge through its waypoints. */

import type { Layers } from "./layers";
import type { LayoutInput, Routes } from "./types";

export function route(input: LayoutInput, l: Layers, y: Float64Array): Routes {
  const columns = columnExtents(input, l, y);
  const { segments, segmentsAt } = pieces(l, y, columns);
  const { runs, runsAt } = straightRuns(l, y, columns);
  const { points, pointsAt } = paths(input.edges, l, y, columns);
  return { columns, points, pointsAt, segments, segmentsAt, runs, runsAt };
}

const MARGIN = 56;
const WIDEST = 1.5;

/** A factor for the widths of columns if a picture is so high that width is left; in coarse steps. */
function stretch(columns: Float32Array, y: Float64Array, { room, readable }: LayoutInput): number {
  if (room === null || y.length === 0) return 1;
  const [width, height] = [columns[columns.length - 1], y.reduce((a, b) => Math.max(a, b)) - y.reduce((a, b) => Math.min(a, b)) + MARGIN];
  const scale = (room[1] - MARGIN) / height;
  if (scale >= readable) return 1;
  return Math.max(1, Math.min(WIDEST, Math.floor((4 * (room[0] - MARGIN)) / (width * scale)) / 4));
}

function columnExtents(input: LayoutInput, l: Layers, y: Float64Array): Float32Array {
  const columns = naturalColumns(input, l, y);
  const factor = stretch(columns, y, input);
  return columns.map((x) => Math.round(x * factor));
}

/** Columns are as wide as their widest node; gaps grow with how steeply their edges climb. */
function naturalColumns(input: LayoutInput, l: Layers, y: Float64Array): Float32Array {
  const n = l.orders.length;
  const columns = new Float32Array(2 * n);
  let x = 0;
  for (let c = 0; c < n; c++) {
    let width = 0;
    let climb = 0;
    for (const v of l.orders[c]) {
      if (v < l.count) width = Math.max(width, input.width[v]);
      for (let k = l.down.at[v]; k < l.down.at[v + 1]; k++) climb = Math.max(climb, Math.abs(y[l.down.to[k]] - y[v]));
    }
    columns[2 * c] = x;
    columns[2 * c + 1] = x + width;
    // In coarse steps, so that a small change of heights does not move everything to the right.
    x += width + 56 + Math.min(84, 28 * Math.round((climb * 0.08) / 28));
  }
  return columns;
}

function pieces(l: Layers, y: Float64Array, columns: Float32Array): Pick<Routes, "segments" | "segmentsAt"> {
  const segments = new Float32Array(4 * l.down.to.length);
  const segmentsAt = new Int32Array(l.orders.length + 1);
  let s = 0;
  for (let c = 0; c < l.orders.length; c++) {
    segmentsAt[c] = s / 4;
    for (const v of l.orders[c]) {
      for (let k = l.down.at[v]; k < l.down.at[v + 1]; k++) {
        segments[s++] = columns[2 * c + 1];
        segments[s++] = y[v];
        segments[s++] = columns[2 * c + 2];
        segments[s++] = y[l.down.to[k]];
      }
    }
  }
  segmentsAt[l.orders.length] = s / 4;
  return { segments, segmentsAt };
}

function straightRuns(l: Layers, y: Float64Array, columns: Float32Array): Pick<Routes, "runs" | "runsAt"> {
  const runs = new Float32Array(3 * (l.total - l.count));
  const runsAt = new Int32Array(l.orders.length + 1);
  let s = 0;
  for (let c = 0; c < l.orders.length; c++) {
    runsAt[c] = s / 3;
    for (const v of l.orders[c]) {
      if (v < l.count) continue;
      runs[s++] = columns[2 * c];
      runs[s++] = columns[2 * c + 1];
      runs[s++] = y[v];
    }
  }
  runsAt[l.orders.length] = s / 3;
  return { runs, runsAt };
}

/** Follows each edge back from its target through the waypoints to its source. */
function paths(edges: Int32Array, l: Layers, y: Float64Array, columns: Float32Array): Pick<Routes, "points" | "pointsAt"> {
  const n = edges.length / 2;
  const pointsAt = new Int32Array(n + 1);
  const gapsOf = (e: number): number => Math.abs(l.column[edges[2 * e]] - l.column[edges[2 * e + 1]]);
  for (let e = 0; e < n; e++) pointsAt[e + 1] = pointsAt[e] + 2 * gapsOf(e);
  const points = new Float32Array(2 * pointsAt[n]);
  for (let e = 0; e < n; e++) {
    const turned = l.column[edges[2 * e]] > l.column[edges[2 * e + 1]];
    let right = edges[2 * e + (turned ? 0 : 1)];
    let left = l.last[e];
    for (let p = pointsAt[e + 1] - 2; p >= pointsAt[e]; p -= 2) {
      points[2 * p] = columns[2 * l.column[left] + 1];
      points[2 * p + 1] = y[left];
      points[2 * p + 2] = columns[2 * l.column[right]];
      points[2 * p + 3] = y[right];
      right = left;
      if (left >= l.count) left = l.up.to[l.up.at[left]];
    }
  }
  return { points, pointsAt };
}
