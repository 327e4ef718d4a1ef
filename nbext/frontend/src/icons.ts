/** Icons: one shape for each kind and each state, drawn on a field of 16 by 16, on canvas and in the page alike. */

import type { Impact, Kind, State } from "./model";
import { PathText, type Path } from "./surface";

/** Strokes and fills of one icon; drawn in the colour of its kind or state. */
export interface Icon {
  stroke?: (p: Path) => void;
  fill?: (p: Path) => void;
}

const line = (p: Path, ...xy: number[]): void => {
  p.moveTo(xy[0], xy[1]);
  for (let i = 2; i < xy.length; i += 2) p.lineTo(xy[i], xy[i + 1]);
};

const ring = (p: Path, x: number, y: number, r: number, from = 0, to = 2 * Math.PI): void => {
  p.moveTo(x + r * Math.cos(from), y + r * Math.sin(from));
  p.arc(x, y, r, from, to);
};

export const KIND_ICONS: Record<Kind, Icon> = {
  input: {
    stroke: (p) => {
      line(p, 8, 2.5, 8, 9.5);
      line(p, 5, 6.8, 8, 9.8, 11, 6.8);
      line(p, 2.8, 10.5, 2.8, 13.3, 13.2, 13.3, 13.2, 10.5);
    },
  },
  param: {
    stroke: (p) => {
      line(p, 2.5, 5, 8, 5);
      line(p, 12, 5, 13.5, 5);
      line(p, 2.5, 11, 4, 11);
      line(p, 8, 11, 13.5, 11);
      ring(p, 10, 5, 2);
      ring(p, 6, 11, 2);
    },
  },
  value: {
    stroke: (p) => {
      p.moveTo(11.6, 3.2);
      p.bezierCurveTo(9.2, 2, 8.3, 3.6, 8, 6);
      p.lineTo(7.2, 11.2);
      p.bezierCurveTo(6.9, 13.3, 5.8, 14, 4.2, 13.2);
      line(p, 5, 6.8, 10.8, 6.8);
    },
  },
  check: {
    stroke: (p) => {
      p.moveTo(8, 2);
      p.lineTo(13, 3.8);
      p.lineTo(13, 7.6);
      p.bezierCurveTo(13, 10.8, 11, 13, 8, 14.2);
      p.bezierCurveTo(5, 13, 3, 10.8, 3, 7.6);
      p.lineTo(3, 3.8);
      p.closePath();
      line(p, 5.6, 7.9, 7.4, 9.8, 10.6, 6.2);
    },
  },
};

export const STATE_ICONS: Record<State, Icon> = {
  fresh: { stroke: (p) => line(p, 3.2, 8.4, 6.6, 11.8, 12.8, 4.8) },
  stale: {
    stroke: (p) => ring(p, 8, 8, 5.2),
    fill: (p) => {
      p.moveTo(8, 2.8);
      p.arc(8, 8, 5.2, -Math.PI / 2, Math.PI / 2);
      p.closePath();
    },
  },
  running: {
    fill: (p) => {
      p.moveTo(5, 3.2);
      p.lineTo(12.6, 8);
      p.lineTo(5, 12.8);
      p.closePath();
    },
  },
  failed: {
    stroke: (p) => {
      line(p, 4, 4, 12, 12);
      line(p, 12, 4, 4, 12);
    },
  },
  waiting: {
    fill: (p) => {
      for (const x of [3.4, 8, 12.6]) ring(p, x, 8, 1.3);
    },
  },
};

export const WARNING: Icon = {
  stroke: (p) => {
    line(p, 8, 2.6, 14, 13, 2, 13, 8, 2.6);
    line(p, 8, 6.4, 8, 9.4);
    line(p, 8, 11.1, 8, 11.3);
  },
};

/** What the last edit did to a value: it is another one, or the same. */
export const IMPACT_ICONS: Record<Impact["verdict"], Icon> = {
  changed: {
    stroke: (p) => {
      line(p, 3, 6, 13, 6);
      line(p, 3, 10, 13, 10);
      line(p, 10.6, 2.6, 5.4, 13.4);
    },
  },
  equal: {
    stroke: (p) => {
      line(p, 3, 6, 13, 6);
      line(p, 3, 10, 13, 10);
    },
  },
};

const chevron = (...xy: number[]): Icon => ({ stroke: (p) => line(p, ...xy) });
export const OPEN = chevron(4, 6, 8, 10, 12, 6);
export const CLOSED = chevron(6, 4, 10, 8, 6, 12);
export const CROSS = STATE_ICONS.failed;
export const FIT = chevron(2.5, 6, 2.5, 2.5, 6, 2.5);
FIT.stroke = (p) => {
  line(p, 2.5, 6, 2.5, 2.5, 6, 2.5);
  line(p, 10, 2.5, 13.5, 2.5, 13.5, 6);
  line(p, 13.5, 10, 13.5, 13.5, 10, 13.5);
  line(p, 6, 13.5, 2.5, 13.5, 2.5, 10);
};
export const SEARCH: Icon = {
  stroke: (p) => {
    ring(p, 7, 7, 4.2);
    line(p, 10.2, 10.2, 13.8, 13.8);
  },
};
export const MORE: Icon = { fill: (p) => [3, 8, 13].forEach((x) => ring(p, x, 8, 1.3)) };
export const FILTER: Icon = {
  stroke: (p) => {
    line(p, 2.5, 4.5, 13.5, 4.5);
    line(p, 4.5, 8, 11.5, 8);
    line(p, 6.5, 11.5, 9.5, 11.5);
  },
};

/** An icon as an SVG element for the page; hidden from screen readers, because a text always stands beside it. */
export function iconElement(icon: Icon, size = 14): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const attributes = { viewBox: "0 0 16 16", width: size, height: size, "aria-hidden": "true", class: "db-icon" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, String(value));
  for (const kind of ["stroke", "fill"] as const) {
    if (icon[kind] === undefined) continue;
    const text = new PathText();
    icon[kind]!(text);
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", text.d);
    path.setAttribute("class", `db-icon-${kind}`);
    svg.append(path);
  }
  return svg;
}
