/** Name line: the name of an item on its card, and whether it can be read completely. */

import { READABLE } from "./camera";
import { KIND_LOOKS, type State } from "./look";
import { looks, worst } from "./model";
import type { Item } from "./picture";
import type { Fit } from "./text";

/** The size of a name on the screen if a card shows nothing else, in pixels. */
export const NAME_PX = 9.5;

/** A name on a card: the text, its font, where it begins and its room, in layout units from the card's left. */
export interface NameLine {
  text: string;
  font: string;
  left: number;
  room: number;
}

const MARK = 18;

/** The line of a card that is `w` wide and `h` high, seen at zoom k; without details its letters have a fixed size on the screen. */
export function nameLine(item: Item, w: number, h: number, k: number, details: boolean, family: string): NameLine {
  const marked = stateOf(item) !== null && (details || stateOf(item) !== "fresh");
  if (details) {
    const [text, left, end] = item.type === "node" ? [item.name, padOf(item, h) + 24, padOf(item, h)] : item.type === "group" ? [item.name, 28, 12] : [`?  ${item.name}`, 12, 12];
    return { text, font: `${item.type === "ghost" ? "" : "600 "}13px ${family}`, left, room: w - left - end - (marked ? MARK : 0) };
  }
  const text = item.type === "ghost" ? `? ${item.name}` : item.name;
  const size = Math.round((2 * NAME_PX) / k) / 2;
  const pad = item.type === "node" ? padOf(item, h) : 9;
  return { text, font: `600 ${size}px ${family}`, left: pad, room: w - 2 * pad - (marked ? size : 0) };
}

export const padOf = (item: Extract<Item, { type: "node" }>, h: number): number => 8 + KIND_LOOKS[item.node.kind].inset * h;

/** The state whose colours an item has: for a group, the worst of its nodes. */
export function stateOf(item: Item): State | null {
  if (item.type === "node") return looks(item.node);
  return item.type === "group" ? worst(item.members) : "waiting";
}

/** Whether the whole name of an item can be read at zoom k. */
export function isLegible(item: Item, w: number, h: number, k: number, family: string, fit: Fit): boolean {
  const details = k >= READABLE;
  if (!details && bodyOf(item, h) * k < NAME_PX * 1.25) return false;
  const { text, font, room } = nameLine(item, w, h, k, details, family);
  return fit(text, font, room) === text;
}

/** The height of the card itself, without the pile below a group. */
export const bodyOf = (item: Item, h: number): number => (item.type === "group" ? h - 8 : h);
