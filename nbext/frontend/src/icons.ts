/** Icons: small paths for canvas and page; those of kinds and states are in the look. */

import { STATE_LOOKS, type Icon } from "./look";
import type { Surface } from "./surface";

const line = (stroke: string): Icon => ({ stroke });
export const OPEN = line("M4 6L8 10L12 6");
export const CLOSED = line("M6 4L10 8L6 12");
export const CROSS = STATE_LOOKS.failed.icon;
export const FIT = line("M2.5 6L2.5 2.5L6 2.5M10 2.5L13.5 2.5L13.5 6M13.5 10L13.5 13.5L10 13.5M6 13.5L2.5 13.5L2.5 10");
export const FULL = line("M9.5 2.5L13.5 2.5L13.5 6.5M13.5 2.5L9.5 6.5M6.5 13.5L2.5 13.5L2.5 9.5M2.5 13.5L6.5 9.5");
export const SEARCH = line("M11.2 7C11.2 9.32 9.32 11.2 7 11.2C4.68 11.2 2.8 9.32 2.8 7C2.8 4.68 4.68 2.8 7 2.8C9.32 2.8 11.2 4.68 11.2 7ZM10.2 10.2L13.8 13.8");
export const FILTER = line("M2.5 4.5L13.5 4.5M4.5 8L11.5 8M6.5 11.5L9.5 11.5");
export const MORE: Icon = { fill: STATE_LOOKS.waiting.icon.fill };

/** The commands of a path with their numbers; cached, because they are needed on every frame. */
type Commands = readonly (readonly [string, readonly number[]])[];
const known = new Map<string, Commands>();

function commandsOf(path: string): Commands {
  const before = known.get(path);
  if (before !== undefined) return before;
  const commands = Array.from(path.matchAll(/([MLCZ])([^MLCZ]*)/g), ([, command, numbers]) => [command, numbers.trim().split(/\s+/).filter(Boolean).map(Number)] as const);
  known.set(path, commands);
  return commands;
}

/** Draws an icon with its centre at a point; `weight` is the width of its lines on the field of 16 by 16. */
export function drawIcon(s: Surface, icon: Icon, x: number, y: number, size: number, colour: string, weight = 1.5): void {
  s.save();
  s.translate(x - size / 2, y - size / 2);
  s.scale(size / 16, size / 16);
  for (const kind of ["fill", "stroke"] as const) {
    const path = icon[kind];
    if (path === undefined) continue;
    s.beginPath();
    for (const [command, n] of commandsOf(path)) {
      if (command === "M") s.moveTo(n[0], n[1]);
      else if (command === "L") s.lineTo(n[0], n[1]);
      else if (command === "C") s.bezierCurveTo(n[0], n[1], n[2], n[3], n[4], n[5]);
      else s.closePath();
    }
    if (kind === "fill") {
      s.fillStyle = colour;
      s.fill();
    } else {
      s.strokeStyle = colour;
      s.lineWidth = weight;
      s.lineCap = "round";
      s.lineJoin = "round";
      s.stroke();
    }
  }
  s.restore();
}

/** An icon as an SVG element; hidden from screen readers, because there is always a text beside it. */
export function iconElement(icon: Icon, size = 14): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const attributes = { viewBox: "0 0 16 16", width: size, height: size, "aria-hidden": "true", class: "db-icon" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, String(value));
  for (const kind of ["stroke", "fill"] as const) {
    if (icon[kind] === undefined) continue;
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", icon[kind]);
    path.setAttribute("class", `db-icon-${kind}`);
    svg.append(path);
  }
  return svg;
}
