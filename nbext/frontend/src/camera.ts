/** Camera: the position of the layout on the canvas; pure functions from one camera to the next. */

/** The canvas shows a point p of the layout at k p + (x, y). */
export interface Camera {
  x: number;
  y: number;
  k: number;
}

export const NEAREST = 2.5;
export const FARTHEST = 0.003;
/** From this zoom on, cards show their details; below, only their names, shortened to fit. */
export const READABLE = 0.6;
/** A picture that fits at this zoom is shown all: names shortened at their ends are better than nodes beyond the edge. */
export const NEARLY = 0.75 * READABLE;

const clamp = (v: number, low: number, high: number): number => Math.max(low, Math.min(high, v));

/** Shows all of some bounds (left, top, right, bottom), no larger than natural size. */
export function fitCamera(bounds: ArrayLike<number>, width: number, height: number, pad = 28): Camera {
  const w = Math.max(1, bounds[2] - bounds[0]);
  const h = Math.max(1, bounds[3] - bounds[1]);
  const k = clamp(Math.min((width - 2 * pad) / w, (height - 2 * pad) / h), FARTHEST, 1);
  return { k, x: width / 2 - ((bounds[0] + bounds[2]) / 2) * k, y: height / 2 - ((bounds[1] + bounds[3]) / 2) * k };
}

/**
 * Shows the beginning of some bounds at a zoom: their left end, or the upper end if edges run downwards. Across that direction the
 * middle of the first nodes is shown, without room beyond the bounds.
 */
export function startCamera(bounds: ArrayLike<number>, k: number, width: number, height: number, down: boolean, first: number, pad = 28): Camera {
  const along = (low: number, high: number, size: number, start: boolean): number => {
    if (start) return pad - low * k;
    if ((high - low) * k <= size - 2 * pad) return size / 2 - ((low + high) / 2) * k;
    return clamp(size / 2 - first * k, size - pad - high * k, pad - low * k);
  };
  return { k, x: along(bounds[0], bounds[2], width, !down), y: along(bounds[1], bounds[3], height, down) };
}

/** Zooms by a factor around a point of the canvas, which stays in place. */
export function zoomed(c: Camera, factor: number, x: number, y: number): Camera {
  const k = clamp(c.k * factor, FARTHEST, NEAREST);
  return { k, x: x - ((x - c.x) * k) / c.k, y: y - ((y - c.y) * k) / c.k };
}

/** Puts a point of the layout in the middle of the canvas. */
export function centred(k: number, px: number, py: number, width: number, height: number): Camera {
  return { k, x: width / 2 - px * k, y: height / 2 - py * k };
}

/** Moves as little as necessary to show an item (layout units) with a margin around it. */
export function shifted(c: Camera, left: number, top: number, right: number, bottom: number, width: number, height: number): Camera {
  const pad = 24;
  const shift = (low: number, high: number, size: number): number => {
    if (low < pad) return pad - low;
    return high > size - pad ? Math.max(size - pad - high, pad - low) : 0;
  };
  return {
    k: c.k,
    x: c.x + shift(left * c.k + c.x, right * c.k + c.x, width),
    y: c.y + shift(top * c.k + c.y, bottom * c.k + c.y, height),
  };
}

/** A camera between two; zooms geometrically, so that the speed appears constant. */
export function between(a: Camera, b: Camera, t: number): Camera {
  const k = a.k * Math.pow(b.k / a.k, t);
  const u = Math.abs(b.k - a.k) < 1e-9 ? t : (k - a.k) / (b.k - a.k);
  // The fixed point determines x and y, so that both follow the zoom.
  return { k, x: a.x + (b.x - a.x) * u, y: a.y + (b.y - a.y) * u };
}

/** Slow, fast, slow. */
export const ease = (t: number): number => (t < 0.5 ? 4 * t * t * t : 1 - Math.pow(-2 * t + 2, 3) / 2);
