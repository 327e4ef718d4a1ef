/** Outline: the shape of a card, which shows the kind; the paths are in the look. */

import { KIND_LOOKS, type Kind } from "./look";
import type { Surface } from "./surface";

/** A coordinate: `factor` heights from the left end or the right end, or from the top. */
interface Place {
  from: "left" | "right" | "top";
  factor: number;
}
type Command = readonly [string, readonly Place[]];

const OUTLINES = Object.fromEntries(Object.entries(KIND_LOOKS).map(([kind, look]) => [kind, read(look.outline)])) as Record<Kind, Command[]>;

function read(path: string): Command[] {
  const commands: [string, Place[]][] = [];
  for (const token of path.split(" ")) {
    if (/^[A-Z]$/.test(token)) commands.push([token, []]);
    else {
      const from = token[0] === "l" ? "left" : token[0] === "r" ? "right" : "top";
      commands[commands.length - 1][1].push({ from, factor: Number(from === "top" ? token : token.slice(1)) });
    }
  }
  return commands;
}

/** Traces the outline of a kind in a rectangle. */
export function outline(s: Surface, kind: Kind, x: number, y: number, w: number, h: number): void {
  s.beginPath();
  for (const [command, places] of OUTLINES[kind]) {
    const n = places.map(({ from, factor }) => (from === "left" ? x + factor * h : from === "right" ? x + w - factor * h : y + factor * h));
    if (command === "M") s.moveTo(n[0], n[1]);
    else if (command === "L") s.lineTo(n[0], n[1]);
    else if (command === "C") s.bezierCurveTo(n[0], n[1], n[2], n[3], n[4], n[5]);
    else s.closePath();
  }
}

/** Traces a box with round corners of a fixed size, for headings of any height. */
export function roundBox(s: Surface, x: number, y: number, w: number, h: number, r = 8): void {
  s.beginPath();
  s.moveTo(x + r, y);
  for (const [cx, cy, turn] of [[x + w - r, y + r, -1], [x + w - r, y + h - r, 0], [x + r, y + h - r, 1], [x + r, y + r, 2]]) {
    s.arc(cx, cy, r, (turn * Math.PI) / 2, ((turn + 1) * Math.PI) / 2);
  }
  s.closePath();
}
