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

/** Makes the notebook hold these cells, in one step that can be undone; cells that stay keep their outputs. */
export function putCells(panel: NotebookPanel, cells: ProposedCell[]): void {
  const shared = panel.content.model!.sharedModel;
  shared.transact(() => {
    const wanted = new Set(cells.map((cell) => cell.id));
    for (let at = shared.cells.length - 1; at >= 0; at--) if (!wanted.has(shared.cells[at].id)) shared.deleteCell(at);
    cells.forEach((cell, at) => {
      const now = shared.cells.findIndex((one) => one.id === cell.id);
      if (now < 0) shared.insertCell(at, { cell_type: cell.type, source: cell.source, id: cell.id } as never);
      else {
        if (now !== at) shared.moveCell(now, at);
        if (shared.cells[at].getSource() !== cell.source) shared.cells[at].setSource(cell.source);
      }
    });
  });
}
