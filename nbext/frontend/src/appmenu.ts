/** The entries of the app's menu: exports, groups, direction, keyboard. */

import type { Arrangement, Level } from "./arrangement";
import { toDot, toMermaid } from "./diagrams";
import type { Drawing } from "./drawing";
import { download, toPng, toSvg } from "./exporters";
import type { Entry } from "./menu";
import type { View } from "./model";

/** What the entries show and change; `drawing` is null before the first layout. */
export interface MenuContext {
  view: View;
  drawing: Drawing | null;
  arrangement: Arrangement;
  /** Lays out again after a change of the arrangement. */
  rearrange(change: () => void): void;
  showKeys(): void;
}

/** All entries; null is a separator. */
export function menuEntries(context: MenuContext): (Entry | null)[] {
  return [
    ...exportEntries(context), null, ...groupEntries(context), null, ...directionEntries(context), null,
    { text: "Keyboard", run: () => context.showKeys() },
  ];
}

function exportEntries({ view, drawing }: MenuContext): Entry[] {
  const name = (view.title || "dataflow").replace(/[^\p{L}\p{N}_-]+/gu, "_");
  const save = (text: string, suffix: string, make: () => Blob | Promise<Blob | null>): Entry => ({
    text, run: () => void Promise.resolve(make()).then((blob) => blob && download(`${name}.${suffix}`, blob)),
  });
  const pictures = drawing === null ? [] : [
    save("Export as SVG", "svg", () => new Blob([toSvg(drawing)], { type: "image/svg+xml" })), save("Export as PNG", "png", () => toPng(drawing)),
  ];
  return [
    ...pictures,
    save("Export as DOT", "dot", () => new Blob([toDot(view)], { type: "text/vnd.graphviz" })),
    save("Export as Mermaid", "mmd", () => new Blob([toMermaid(view)], { type: "text/plain" })),
  ];
}

/** Which groups are collapsed; only entries for groups that the dataflow has. */
function groupEntries({ view, drawing, arrangement, rearrange }: MenuContext): Entry[] {
  const [families, headings] = [view.nodes.some((node) => node.family !== ""), view.nodes.some((node) => node.group !== "")];
  const boxes = (drawing?.picture.lanes.length ?? 1) > 1;
  const collapse = (text: string, level: Level): Entry => ({ text, run: () => rearrange(() => arrangement.collapse(level)) });
  return [
    ...(headings ? [{ text: "Boxes for headings", on: boxes, run: () => rearrange(() => (arrangement.boxes = !boxes)) }] : []),
    ...(families || headings ? [collapse("Show all nodes", "nodes")] : []),
    ...(families ? [collapse("Collapse families", "families")] : []), ...(headings ? [collapse("Collapse headings", "headings")] : []),
  ];
}

function directionEntries({ arrangement, rearrange }: MenuContext): Entry[] {
  const choices = [["Direction by itself", "auto"], ["Left to right", "right"], ["Top to bottom", "down"]] as const;
  return choices.map(([text, direction]) => ({
    text, on: arrangement.direction === direction, run: () => rearrange(() => (arrangement.direction = direction)),
  }));
}
