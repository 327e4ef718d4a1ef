/** Converting: node cells proposed for an ordinary notebook, shown with the dataflow they make, then put in place. */

import { Dialog } from "@jupyterlab/apputils";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { mountApp } from "../app";
import { h } from "../dom";
import { Store } from "../store";
import type { Link } from "./link";

export interface ProposedCell {
  id: string;
  type: "code" | "markdown" | "raw";
  source: string;
  /** The cells it came from. */
  from: string[];
  role: string;
  note: string;
}

export interface Proposal {
  cells: ProposedCell[];
  notes: { cell: string; label: string; message: string }[];
  view: unknown;
}

/** Proposes, shows, and on consent changes the notebook; true when it did. */
export async function convertNotebook(link: Link, trans: TranslationBundle): Promise<boolean> {
  const cells = [...(link.panel.content.model?.cells ?? [])].map((cell) => ({ id: cell.id, type: cell.type, source: cell.sharedModel.getSource() }));
  const proposal = await link.ask<Proposal>("convert", { cells });
  const before = new Map(cells.map((cell) => [cell.id, cell.source]));
  const changes = proposal.cells.filter((cell) => before.get(cell.id) !== cell.source);
  const list = h("div", { class: "db-dialog-scroll", tabindex: 0, role: "list", "aria-label": trans.__("Cells") }, ...proposal.cells.filter((cell) => cell.type === "code").map((cell) => proposed(cell, before.get(cell.id) === cell.source)));
  const graph = h("div", { class: "db-dialog-graph" });
  const notes = proposal.notes.map((note) => h("li", {}, h("b", {}, note.label), ` ${note.message}`));
  const node = h(
    "div", { class: "db-lab db-dialog db-convert" },
    h("p", {}, changes.length === 0 ? trans.__("Nothing is left to convert.") : trans.__("The cells at the left would make the dataflow at the right. One undo takes all of it back.")),
    h("div", { class: "db-dialog-split" }, list, graph),
    notes.length === 0 ? null : h("details", { open: true }, h("summary", {}, trans.__("What is left as it is (%1)", notes.length)), h("ul", { class: "db-convert-notes" }, ...notes)),
  );
  const dialog = new Dialog({
    title: trans.__("Convert to a dataflow"), body: new Widget({ node }),
    buttons: [Dialog.cancelButton(), ...(changes.length === 0 ? [] : [Dialog.okButton({ label: trans.__("Convert") })])],
  });
  const answer = dialog.launch();
  await new Promise((resolve) => requestAnimationFrame(resolve));
  const app = mountApp(graph, new Store(proposal.view), { send: null, reveal: null, height: 0, whole: false });
  const { button } = await answer;
  app.close();
  if (!button.accept) return false;
  putCells(link.panel, proposal.cells);
  return true;
}

function proposed(cell: ProposedCell, same: boolean): HTMLElement {
  return h(
    "div", { class: `db-proposal db-proposal-${cell.role}`, role: "listitem" },
    h("b", {}, cell.role), same ? h("span", { class: "db-lab-soft" }, " · as it is") : null, cell.note === "" ? null : h("div", { class: "db-lab-soft" }, cell.note),
    h("pre", {}, cell.source),
  );
}

/** Which of the wanted cells can stay where they are: those whose places before only grow. */
export function staying(before: string[], wanted: string[]): Set<string> {
  const place = new Map(before.map((id, at) => [id, at]));
  let last = -1;
  return new Set(wanted.filter((id) => {
    const at = place.get(id) ?? -1;
    if (at <= last) return false;
    last = at;
    return true;
  }));
}

/** Makes the notebook hold these cells, in one step that can be undone; cells that stay keep their outputs. */
export function putCells(panel: NotebookPanel, cells: ProposedCell[]): void {
  const shared = panel.content.model!.sharedModel;
  // While a transaction lasts, the notebook's own list of cells is not up to date.
  const known = new Map(shared.cells.map((cell) => [cell.id, cell]));
  const now = [...known.keys()];
  const stay = staying(now, cells.map((cell) => cell.id));
  shared.transact(() => {
    for (let at = now.length - 1; at >= 0; at--) {
      if (stay.has(now[at])) continue;
      shared.deleteCell(at);
      now.splice(at, 1);
    }
    cells.forEach((cell, at) => {
      if (!stay.has(cell.id)) {
        shared.insertCell(at, { cell_type: cell.type, source: cell.source, ...(known.has(cell.id) ? {} : { id: cell.id }) } as never);
        now.splice(at, 0, cell.id);
      } else if (known.get(cell.id)!.getSource() !== cell.source) known.get(cell.id)!.setSource(cell.source);
    });
  });
}
