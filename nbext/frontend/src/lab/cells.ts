/** Cells: the notebook on the screen in the form that the kernel gets, and edits of it that are undone in one step. */

import type { Cell } from "@jupyterlab/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { CellText, Edit, Position, Replacement } from "./contract";
import grammar from "./grammar.json";

// As `split_cell` in Python: blank lines, comments and other magics may come before ours.
const ABOVE = `(?:[ \\t\\f]*(?:#[^\\n]*|%%(?:${grammar.outer.join("|")})(?:[ \\t][^\\n]*)?)?\\n)*`;
const CELL = new RegExp(`^${ABOVE}[ \\t\\f]*%%(?:${grammar.cell.join("|")})(?:[ \\t]|\\n|$)`);
const LINE = new RegExp(`^\\s*%((re)?load_ext\\s+kernel_magics|${grammar.line.join("|")})\\b`, "m");

/** Whether a text is one of our cells. */
export const isOurs = (text: string): boolean => CELL.test(text);

/** Whether a text loads the magics. */
export const loadsMagics = (text: string): boolean => /^\s*%(re)?load_ext\s+kernel_magics\b/m.test(text);

/** Whether a text loads or uses the magics. */
export const usesMagics = (text: string): boolean => isOurs(text) || LINE.test(text);

export function textOf(model: Cell["model"]): CellText {
  const code = model.type === "code";
  const count = code ? ((model as unknown as { executionCount: number | null }).executionCount ?? null) : null;
  return { id: model.id, kind: code ? "code" : "markdown", text: model.sharedModel.getSource(), count };
}

/** The offset of a position in a text; columns count code points. */
export function offsetOf(text: string, at: Position): number {
  let start = 0;
  for (let line = 0; line < at.line; line++) {
    const next = text.indexOf("\n", start);
    if (next < 0) return text.length;
    start = next + 1;
  }
  let offset = start;
  for (let column = 0; column < at.column && offset < text.length && text[offset] !== "\n"; column++) {
    offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
  }
  return offset;
}

/** The position of an offset in a text. */
export function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length - 1, column: [...before.slice(start)].length };
}

/** A text after a list of replacements, whose positions refer to the original text. */
export function replaced(text: string, edits: Replacement[]): string {
  const spans = edits.map((edit) => ({ from: offsetOf(text, edit.start), to: offsetOf(text, edit.end), text: edit.text }));
  spans.sort((a, b) => b.from - a.from);
  return spans.reduce((all, span) => all.slice(0, span.from) + span.text + all.slice(span.to), text);
}

/** Applies edits as one step that can be undone; returns the ids of the cells that were inserted. */
export function applyEdits(panel: NotebookPanel, edits: Edit[]): string[] {
  const model = panel.content.model;
  if (model === null) return [];
  const shared = model.sharedModel;
  const inserted: string[] = [];
  const cells = [...shared.cells];
  // During a transaction, the notebook's own list of cells is out of date.
  const ids = cells.map((cell) => cell.id);
  shared.transact(() => {
    for (const cell of cells) {
      const own = edits.filter((edit): edit is Replacement => edit.kind === "replace" && edit.cell === cell.id);
      if (own.length > 0) cell.setSource(replaced(cell.getSource(), own));
    }
    for (const edit of edits) {
      if (edit.kind !== "insert") continue;
      const at = ids.indexOf(edit.cell) + (edit.where === "after" ? 1 : 0);
      const { id } = shared.insertCell(at, { cell_type: "code", source: edit.text });
      ids.splice(at, 0, id);
      inserted.push(id);
    }
  });
  return inserted;
}

/** Shows a cell and puts the cursor into it, or selects a part of its text. */
export async function reveal(panel: NotebookPanel, id: string, start?: Position, end?: Position): Promise<void> {
  const notebook = panel.content;
  const at = notebook.widgets.findIndex((cell) => cell.model.id === id);
  if (at < 0) return;
  notebook.activeCellIndex = at;
  notebook.deselectAll();
  await notebook.scrollToItem(at, "smart");
  const cell = notebook.widgets[at];
  await cell.ready;
  if (start === undefined) return;
  notebook.mode = "edit";
  cell.editor?.focus();
  cell.editor?.setSelection({ start: { line: start.line, column: start.column }, end: { line: (end ?? start).line, column: (end ?? start).column } });
}
