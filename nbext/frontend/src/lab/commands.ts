/** Commands: the user's actions on a dataflow, from the palette, a menu, a key or a button. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { Dialog, InputDialog, showDialog } from "@jupyterlab/apputils";
import { NotebookActions } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ViewNode } from "../model";
import { insertCell, loadByCell, newNotebook, openGuide, runAll, runPending } from "./begin";
import { applyEdits, positionOf, reveal } from "./cells";
import type { Place, Renaming } from "./contract";
import { convertNotebook } from "./convert";
import { exportNotebook, showProblem, split } from "./exporting";
import type { Link } from "./link";
import type { Links } from "./links";
import { icon } from "./sidepanel";

export const IDS = {
  panel: "dagbook:show-panel", stale: "dagbook:run-stale", needed: "dagbook:run-needed", definition: "dagbook:go-to-definition", uses: "dagbook:find-uses",
  new: "dagbook:new", guide: "dagbook:guide", all: "dagbook:run-all", node: "dagbook:new-node-cell", checkCell: "dagbook:new-check-cell",
  rename: "dagbook:rename", convert: "dagbook:convert", export: "dagbook:export", load: "dagbook:load", check: "dagbook:add-check",
} as const;

/** Computes nodes like a cell does: it can be interrupted, and waits for running cells. */
export function compute(link: Link, names: string[] | null): void {
  void link.run(`%compute ${(names ?? []).join(" ")}`);
}

/** Inserts a new cell for a check below a node's cell. */
export async function addCheck(link: Link, node: ViewNode): Promise<void> {
  if (node.cell_id === null) return;
  const text = `%%check ${node.name}\n`;
  const [id] = applyEdits(link.panel, [{ kind: "insert", cell: node.cell_id, where: "after", type: "code", text }]);
  if (id !== undefined) await reveal(link.panel, id, { line: 1, column: 0 });
}

/** Runs the cells that a cell needs and that are not up to date, then the cell itself. */
export async function runNeeded(link: Link): Promise<void> {
  const notebook = link.panel.content;
  const active = notebook.activeCell;
  if (active === null) return;
  const ids = await link.ask<string[]>("needs", { cell: active.model.id });
  const fresh = (id: string): boolean => {
    const nodes = link.store.graph.view.nodes.filter((node) => node.cell_id === id);
    return link.standing[id] === "current" && nodes.every((node) => node.state === "fresh");
  };
  const wanted = ids.filter((id) => !fresh(id)).flatMap((id) => notebook.widgets.find((cell) => cell.model.id === id) ?? []);
  const { sessionContext } = link.panel;
  for (const cell of [...wanted, active]) {
    if (!(await NotebookActions.runCells(notebook, [cell], sessionContext))) return;
  }
}

/** The name under the cursor of the active cell. */
async function nameHere(link: Link): Promise<Place | null> {
  const cell = link.panel.content.activeCell;
  const editor = cell?.editor;
  if (cell === null || cell === undefined || editor === null || editor === undefined) return null;
  const text = cell.model.sharedModel.getSource();
  const at = positionOf(text, editor.getOffsetAt(editor.getCursorPosition()));
  return link.ask<Place | null>("name_at", { cell: cell.model.id, ...at });
}

async function goToDefinition(link: Link): Promise<void> {
  const name = await nameHere(link);
  const place = name === null ? null : await link.ask<Place | null>("definition", { name: name.name });
  if (place !== null) await reveal(link.panel, place.cell, place.start, place.end);
}

async function findUses(link: Link, trans: TranslationBundle): Promise<void> {
  const name = await nameHere(link);
  if (name === null) return;
  const places = await link.ask<Place[]>("uses", { name: name.name });
  if (places.length === 0) return void (await showDialog({ title: trans.__("Nothing reads %1", name.name), buttons: [Dialog.okButton()] }));
  const items = places.map((place) => trans.__("%1  line %2", place.label, place.start.line + 1));
  const asked = await InputDialog.getItem({ title: trans.__("Uses of %1 (%2)", name.name, places.length), items, okLabel: trans.__("Go") });
  const chosen = places[items.indexOf(asked.value ?? "")];
  if (asked.button.accept && chosen !== undefined) await reveal(link.panel, chosen.cell, chosen.start, chosen.end);
}

async function rename(link: Link, trans: TranslationBundle): Promise<void> {
  const name = await nameHere(link);
  if (name === null) return;
  const asked = await InputDialog.getText({ title: trans.__("Rename %1 everywhere", name.name), text: name.name, okLabel: trans.__("Rename") });
  const wanted = asked.value?.trim() ?? "";
  if (!asked.button.accept || wanted === "" || wanted === name.name) return;
  const found = await link.ask<Renaming>("rename", { old: name.name, new: wanted });
  if (found.conflicts.length > 0) {
    const body = found.conflicts.map((one) => `${one.label} ${one.message}`).join("\n");
    const answer = await showDialog({ title: trans.__("Some places stay as they are"), body, buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__("Rename the others") })] });
    if (!answer.button.accept) return;
  }
  applyEdits(link.panel, found.edits);
}

/** Registers all commands; each needs a notebook in front, most of them also a dataflow. */
export function addCommands(app: JupyterFrontEnd, links: Links, trans: TranslationBundle, showPanel: () => void): void {
  const here = (): Link | null => links.active;
  const connected = (): boolean => here()?.connected === true;
  const shown = (): boolean => here() !== null;
  const add = (id: string, label: string, caption: string, work: (link: Link) => unknown, can: () => boolean = connected, more: object = {}): void => {
    app.commands.addCommand(id, {
      label, caption, isEnabled: can, ...more,
      execute: async () => {
        const link = here();
        if (link === null || !can()) return;
        try {
          await work(link);
        } catch (error) {
          await showProblem(label, error, trans);
        }
      },
    });
  };
  app.commands.addCommand(IDS.panel, { label: trans.__("Show the Dataflow Panel"), icon, execute: showPanel });
  app.commands.addCommand(IDS.new, {
    label: (args) => (args.isLauncher ? trans.__("Dataflow") : trans.__("Dataflow Notebook")), caption: trans.__("A notebook with setup, inputs, a node and a check"), icon,
    execute: (args) => newNotebook(app, String(args.cwd ?? split(here()?.panel.context.localPath ?? "")[0])),
  });
  app.commands.addCommand(IDS.guide, { label: trans.__("Dataflow Guide"), caption: trans.__("How cells become a dataflow; needs no network"), execute: () => openGuide(app, trans.__("Dataflow Guide")) });
  add(IDS.all, trans.__("Run All Cells of the Dataflow"), trans.__("Run every cell; the magics are loaded first"), runAll, shown);
  add(IDS.node, trans.__("New Node Cell"), trans.__("Below the active cell"), (link) => insertCell(link, "%%node"), shown);
  add(IDS.checkCell, trans.__("New Check Cell"), trans.__("Below the active cell"), (link) => insertCell(link, "%%check"), shown);
  add(IDS.stale, trans.__("Run What Is Not Up to Date"), trans.__("Run edited cells in order, and compute stale nodes"), (link) => runPending(link, () => compute(link, null)), connected, { icon, isVisible: connected });
  add(IDS.needed, trans.__("Run What This Cell Needs"), trans.__("Run the cells that this one needs, then this one"), runNeeded);
  add(IDS.definition, trans.__("Go to Definition of the Node"), "", goToDefinition);
  add(IDS.uses, trans.__("Find Uses of the Node"), "", (link) => findUses(link, trans));
  add(IDS.rename, trans.__("Rename the Node Everywhere"), trans.__("In all cells, checks and tests included"), (link) => rename(link, trans));
  add(IDS.check, trans.__("Add a Check of This Node"), "", async (link) => {
    const id = link.panel.content.activeCell?.model.id;
    const node = link.store.graph.view.nodes.find((one) => one.cell_id === id && one.kind !== "check");
    if (node !== undefined) await addCheck(link, node);
  });
  add(IDS.load, trans.__("Load the Magics"), trans.__("Add a cell with %load_ext kernel_magics, and run it"), loadByCell, shown);
  add(IDS.convert, trans.__("Convert to a Dataflow…"), trans.__("Propose node cells for this notebook"), async (link) => {
    if (!(await link.load())) throw new Error(trans.__("The kernel of this notebook cannot load kernel_magics: install dagbook where it runs."));
    if (await convertNotebook(link, trans)) showPanel();
  }, shown);
  add(IDS.export, trans.__("Export…"), trans.__("Write a module with its tests, or an envelope or service, and prove that it computes the same values; see where envelopes are"), (link) => exportNotebook(link, app.serviceManager.contents, trans));
}
