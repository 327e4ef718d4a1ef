/** Types: what a layout is given, what it gives, and the steps that it is made in. */

/** Edge geometry. Odd pieces of a path bend from column to column, even ones run straight across a column. */
export interface Routes {
  /** Left and right of each column. */
  columns: Float32Array;
  /** x, y pairs of each edge's path, at `pointsAt[e] .. pointsAt[e + 1]`. */
  points: Float32Array;
  pointsAt: Int32Array;
  /** x1, y1, x2, y2 of each piece between columns, each trunk once; those of gap c at `segmentsAt[c] ..`. */
  segments: Float32Array;
  segmentsAt: Int32Array;
  /** x1, x2, y of each straight run across a column, at `runsAt[c] ..`. */
  runs: Float32Array;
  runsAt: Int32Array;
}

/** What the layout needs to know: numbers only, so that it can be sent to a worker. */
export interface LayoutInput {
  count: number;
  width: Float32Array;
  height: Float32Array;
  /** Pairs: from, to. */
  edges: Int32Array;
  /** The heading of each node; all 0 without headings. */
  lane: Int32Array;
  /** Room for the name above each heading's box; 0 = no box. One entry: no headings. */
  header: Float32Array;
  /** Where nodes were before (x, y pairs, NaN = new), or null: a later layout moves as little as possible. */
  seed: Float32Array | null;
  /** Width and height of the canvas: a picture too high for it uses the width that is left. Null = as it comes. */
  room: readonly [number, number] | null;
  /** The zoom below which names cannot be read. */
  readable: number;
}

/** Where everything goes; node centres, in one unit = one CSS pixel at zoom 1. */
export interface LayoutResult extends Routes {
  x: Float32Array;
  y: Float32Array;
  /** The width of each node: that of its column. */
  w: Float32Array;
  column: Int32Array;
  /** Left, top, right, bottom. */
  bounds: Float32Array;
  /** x, y, width, height of each heading's box (width 0 = none). */
  boxes: Float32Array;
  crossings: number;
}

/** A computation that pauses after each step, so that the page stays responsive. */
export type Steps<T> = Generator<void, T>;
