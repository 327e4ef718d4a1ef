/** Types: what a layout is given, what it gives, and the steps that it is made in. */

/**
 * Edge geometry. Odd pieces of a path bend from column to column, even ones run straight across a column. Where edges run
 * downwards, a column lies on its side: its nodes stand next to each other.
 */
export interface Routes {
  /** Left and right of each column; top and bottom where edges run downwards. */
  columns: Float32Array;
  /** x, y pairs of each edge's path, at `pointsAt[e] .. pointsAt[e + 1]`. */
  points: Float32Array;
  pointsAt: Int32Array;
  /** x1, y1, x2, y2 of each piece between columns, each trunk once; those of gap c at `segmentsAt[c] ..`. */
  segments: Float32Array;
  segmentsAt: Int32Array;
  /** x1, x2, y of each straight run across a column, at `runsAt[c] ..`; y1, y2, x where edges run downwards. */
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
  /** Whether edges run downwards instead of to the right. */
  down: boolean;
  /** How many nodes a column may hold before the next ones move on. */
  limit: number;
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
  /** The size of each node; along the edges it is that of its column. */
  w: Float32Array;
  h: Float32Array;
  down: boolean;
  column: Int32Array;
  /** Left, top, right, bottom. */
  bounds: Float32Array;
  /** x, y, width, height of each heading's box (width 0 = none). */
  boxes: Float32Array;
  crossings: number;
}

/** A computation that pauses after each step, so that the page stays responsive. */
export type Steps<T> = Generator<void, T>;
