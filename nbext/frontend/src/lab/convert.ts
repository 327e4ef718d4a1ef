/** Converting: proposes node cells for an ordinary notebook, shows them with their dataflow, then inserts them. */

import { Dialog } from "@jupyterlab/apputils";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { mountApp } from "../app";
import { h, put } from "../dom";
import { Store } from "../store";
import { textOf } from "./cells";
import { split } from "./exporting";
import type { Link } from "./link";

export interface ProposedCell {
  id: string;
  type: "code" | "markdown" | "raw";
  source: string;
  /** The original cells. */
  from: string[];
  role: string;
  note: string;
}

export interface Proposal {
  cells: ProposedCell[];
  notes: { cell: string; label: string; message: string }[];
  /** Which part of the computing cells is in the dataflow, "" if none computes; whether that is little. */
  share: { text: string; little: boolean };
  /** The one change of the notebook that would bring the most cells more, or "". */
  hint: string;
  view: unknown;
  proof?: { equal: string[]; opaque: string[]; refuted: Record<string, string> };
}

interface GivenCell {
  id: string;
  type: string;
  source: string;
}

/** Proposes at once, proves while the user reads, and changes the notebook on confirmation; true if it did. */
export async function convertNotebook(link: Link, trans: TranslationBundle): Promise<boolean> {
  const cells = [...(link.panel.content.model?.cells ?? [])].map((cell) => ({ id: cell.id, type: cell.type, source: cell.sharedModel.getSource() }));
  let proposal = await link.ask<Proposal>("convert", { cells });
  const changes = changed(cells, proposal);
  const part = h("div", { class: "db-convert-share", "aria-live": "polite" });
  const list = h("div", { class: "db-dialog-scroll", tabindex: 0, role: "list", "aria-label": trans.__("Cells") });
  const graph = h("div", { class: "db-dialog-graph" });
  const notes = h("details", { open: true });
  const verdict = h("p", { class: "db-convert-proof", "aria-live": "polite" });
  const words = changes ? trans.__("The cells at the left would make the dataflow at the right. One undo takes all of it back.") : trans.__("Nothing is left to convert.");
  const node = h("div", { class: "db-lab db-dialog db-convert" }, part, h("p", {}, words), verdict, h("div", { class: "db-dialog-split" }, list, graph), notes);
  const store = new Store(proposal.view);
  const fill = (): void => {
    if (changes) put(part, ...shareLines(proposal, trans));
    put(list, ...proposal.cells.filter((cell) => cell.type === "code").map((cell) => proposed(cell, cells, trans)));
    notes.hidden = proposal.notes.length === 0;
    put(notes, h("summary", {}, trans.__("What to know (%1)", proposal.notes.length)), h("ul", { class: "db-convert-notes" }, ...proposal.notes.map((note) => h("li", {}, h("b", {}, note.label), ` ${note.message}`))));
  };
  fill();
  const dialog = new Dialog({
    title: trans.__("Convert to a dataflow"), body: new Widget({ node }),
    buttons: [Dialog.cancelButton(), ...(changes ? [Dialog.okButton({ label: trans.__("Convert") })] : [])],
  });
  const answer = dialog.launch();
  await new Promise((resolve) => requestAnimationFrame(resolve));
  const app = mountApp(graph, store, { send: null, goToCell: null, key: "", height: 0, whole: false });
  let open = true;
  const prove = async (): Promise<void> => {
    put(verdict, trans.__("Running both versions, to compare their values…"));
    try {
      const better = await link.ask<Proposal>("prove", { cells, name: split(link.panel.context.localPath)[1] });
      if (!open) return;
      proposal = better;
      store.replace(better.view);
      fill();
      put(verdict, proofLine(better, trans));
      verdict.dataset.done = "yes";
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      put(verdict, h("span", { class: "db-lab-failed" }, `${trans.__("Not compared:")} ${code ?? ""} ${message}`));
      verdict.dataset.done = "no";
    }
  };
  // Code that has not run here is run on request only.
  if (changes && hasRun(link)) void prove();
  else if (changes) put(verdict, h("button", { class: "db-lab-button", click: () => void prove() }, trans.__("Run both versions, to compare their values")));
  const { button } = await answer;
  open = false;
  app.close();
  if (!button.accept) return false;
  putCells(link.panel, proposal.cells);
  return true;
}

/** Whether the user has run the whole notebook. */
function hasRun(link: Link): boolean {
  const code = [...(link.panel.content.model?.cells ?? [])].map(textOf).filter((cell) => cell.kind === "code" && cell.text.trim() !== "");
  return code.every((cell) => cell.count !== null);
}

/** Whether a proposal differs from the notebook. */
function changed(cells: GivenCell[], proposal: Proposal): boolean {
  const known = new Map(cells.map((cell) => [cell.id, cell.source]));
  return cells.length !== proposal.cells.length || proposal.cells.some((cell) => known.get(cell.id) !== cell.source);
}

/** How much of the notebook is in the dataflow, in amber when that is little, and what would bring more. */
export function shareLines({ share, hint }: Pick<Proposal, "share" | "hint">, trans: TranslationBundle): HTMLElement[] {
  const lines = share.text === "" ? [] : [h("p", { class: share.little ? "db-lab-warned" : "" }, h("b", {}, share.text))];
  return hint === "" ? lines : [...lines, h("p", {}, h("span", { class: "db-lab-soft" }, trans.__("Hint:")), ` ${hint}`)];
}

function proofLine({ proof }: Proposal, trans: TranslationBundle): HTMLElement {
  const { equal, opaque, refuted } = proof!;
  const parts = [trans.__("Both versions ran: %1 values are equal.", equal.length)];
  if (opaque.length > 0) parts.push(trans.__("Not comparable: %1.", opaque.join(", ")));
  const given = Object.keys(refuted);
  if (given.length > 0) parts.push(trans.__("Left ordinary, because their values would differ: %1.", given.join(", ")));
  return h("span", { class: "db-lab-fresh" }, parts.join(" "));
}

function proposed(cell: ProposedCell, before: GivenCell[], trans: TranslationBundle): HTMLElement {
  const same = before.some((one) => one.id === cell.id && one.source === cell.source);
  return h(
    "div", { class: `db-proposal db-proposal-${cell.role}`, role: "listitem" },
    h("b", {}, cell.from.length === 0 ? trans.__("added") : cell.role), same ? h("span", { class: "db-lab-soft" }, ` · ${trans.__("unchanged")}`) : null, cell.note === "" ? null : h("div", { class: "db-lab-soft" }, cell.note),
    h("pre", {}, cell.source),
  );
}

/** The wanted cells that need not move: those in increasing order of their old positions. */
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

/** Replaces the notebook's cells, in one step that can be undone; cells that stay keep their outputs. */
export function putCells(panel: NotebookPanel, cells: ProposedCell[]): void {
  const shared = panel.content.model!.sharedModel;
  // During a transaction, the notebook's own list of cells is out of date.
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
