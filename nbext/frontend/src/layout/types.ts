/** Types: the input, the result and the steps of a layout. */

/**
 * Edge geometry. Odd pieces of a path bend from column to column, even ones run straight across a column. If edges run
 * downwards, columns are rows: their nodes are next to each other.
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

/** The input of a layout: numbers only, so that it can be sent to a worker. */
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
  /** The largest number of nodes in a column. */
  limit: number;
  /** Room for the name above each heading's box; 0 = no box. One entry: no headings. */
  header: Float32Array;
  /** The previous positions of nodes (x, y pairs, NaN = new), or null: a later layout moves as little as possible. */
  seed: Float32Array | null;
  /** Width and height of the canvas: a picture that is too high uses free width. Null = no limits. */
  room: readonly [number, number] | null;
  /** The zoom below which names cannot be read. */
  readable: number;
}

/** The positions of everything; node centres, in one unit = one CSS pixel at zoom 1. */
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
