/** Go to cell: scrolls the notebook to the cell that defines a node, if the page has a way to do it. */

import type { ViewNode } from "./model";
import { LIGHT } from "./theme";

interface LabCell {
  model: { id: string };
}
interface LabNotebook {
  widgets: readonly LabCell[];
  activeCellIndex: number;
  scrollToItem?(index: number, align?: string): Promise<void>;
  scrollToCell?(cell: LabCell, align?: string): Promise<void>;
}

/** Tries the ways of JupyterLab, Notebook and others; false if the page has no such cell. */
export function goToCell(node: ViewNode, el: Element): boolean {
  return inLab(node.cell_id) || onPage(node, el);
}

/** JupyterLab's application object, where the page exposes it. */
function inLab(id: string | null): boolean {
  const app = (globalThis as { jupyterapp?: { shell?: { currentWidget?: { content?: LabNotebook } } } }).jupyterapp;
  const notebook = app?.shell?.currentWidget?.content;
  if (id === null || notebook?.widgets === undefined) return false;
  const index = notebook.widgets.findIndex((cell) => cell.model?.id === id);
  if (index < 0) return false;
  notebook.activeCellIndex = index;
  void (notebook.scrollToItem?.(index, "center") ?? notebook.scrollToCell?.(notebook.widgets[index], "center"));
  return true;
}

/** The cell with the node's label as its prompt, or with its id; scrolls to it and highlights it briefly. */
function onPage(node: ViewNode, el: Element): boolean {
  const root = el.closest(".jp-Notebook") ?? document;
  const cells = [...root.querySelectorAll<HTMLElement>(".jp-Cell, .cell, [data-cell-id]")];
  const byId = cells.find((cell) => node.cell_id !== null && (cell.id === node.cell_id || cell.dataset.cellId === node.cell_id));
  const label = `${node.cell}:`;
  const found = byId ?? (node.cell === "" ? undefined : cells.find((cell) => cell.querySelector(".jp-InputPrompt, .input_prompt")?.textContent?.trim() === label));
  if (found === undefined) return false;
  found.scrollIntoView({ behavior: "smooth", block: "center" });
  found.animate?.([{ boxShadow: `inset 3px 0 0 ${LIGHT.accent}` }, { boxShadow: "inset 3px 0 0 transparent" }], { duration: 1600 });
  return true;
}
