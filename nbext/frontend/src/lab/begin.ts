/** Beginning: a new notebook with a dataflow, the cell that loads the magics, running all, and the guide. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { PageConfig, URLExt } from "@jupyterlab/coreutils";
import { NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import TEMPLATE from "../../../../kernel_magics/notebook/template.json";
import { applyEdits, loadsMagics, reveal } from "./cells";
import type { Link } from "./link";

const LOAD = "%load_ext kernel_magics";

/** The template as the content of a notebook file. */
export function template(): object {
  const cells = TEMPLATE.map(([type, source], at) => ({ cell_type: type, id: `cell-${at + 1}`, metadata: {}, source, ...(type === "code" ? { execution_count: null, outputs: [] } : {}) }));
  const kernelspec = { name: "python3", display_name: "Python 3 (ipykernel)", language: "python" };
  return { cells, metadata: { kernelspec, language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 };
}

/** Makes a notebook of the template in a folder, and opens it. */
export async function newNotebook(app: JupyterFrontEnd, folder: string): Promise<unknown> {
  const { contents } = app.serviceManager;
  const { path } = await contents.newUntitled({ path: folder, type: "notebook" });
  await contents.save(path, { type: "notebook", format: "json", content: template() });
  return app.commands.execute("docmanager:open", { path });
}

/** The place of the cell that loads the magics; it is inserted before the first code cell if there is none. */
export function addLoadCell(panel: NotebookPanel): number {
  const model = panel.content.model!;
  const cells = [...model.cells];
  const there = cells.findIndex((cell) => cell.type === "code" && loadsMagics(cell.sharedModel.getSource()));
  if (there >= 0) return there;
  const first = cells.findIndex((cell) => cell.type === "code");
  const at = first < 0 ? cells.length : first;
  model.sharedModel.insertCell(at, { cell_type: "code", source: LOAD });
  return at;
}

/** Loads the magics by a cell, so that they are loaded after a restart, too. */
export async function loadByCell(link: Link): Promise<void> {
  const notebook = link.panel.content;
  const cell = notebook.widgets[addLoadCell(link.panel)];
  if (await NotebookActions.runCells(notebook, [cell], link.panel.sessionContext)) await link.load();
}

/** Runs every cell; one that loads the magics is added if there is none. */
export async function runAll(link: Link): Promise<void> {
  addLoadCell(link.panel);
  await NotebookActions.runAll(link.panel.content, link.panel.sessionContext);
}

/** Runs the cells that were edited or never ran, in notebook order, until one fails; then computes what is stale. */
export async function runPending(link: Link, compute: () => void): Promise<void> {
  const notebook = link.panel.content;
  const { edited, unrun } = link.pending;
  const ids = new Set([...edited, ...unrun]);
  for (const cell of notebook.widgets.filter((one) => ids.has(one.model.id))) {
    if (!(await NotebookActions.runCells(notebook, [cell], link.panel.sessionContext))) return;
  }
  if (ids.size === 0 || link.store.graph.view.mode === "lazy") compute();
}

/** Inserts a cell below the active one, and puts the cursor where the name goes. */
export async function insertCell(link: Link, magic: string): Promise<void> {
  const cell = link.panel.content.activeCell?.model.id;
  if (cell === undefined) return;
  const [id] = applyEdits(link.panel, [{ kind: "insert", cell, where: "after", type: "code", text: `${magic} ` }]);
  if (id !== undefined) await reveal(link.panel, id, { line: 0, column: magic.length + 1 });
}

/** Opens the guide: in a tab of JupyterLab, elsewhere in one of the browser. */
export function openGuide(app: JupyterFrontEnd, text: string): void {
  const url = URLExt.join(PageConfig.getOption("fullLabextensionsUrl"), "dagbook", "static", "guide.html");
  if (app.name === "JupyterLab" && app.commands.hasCommand("help:open")) void app.commands.execute("help:open", { text, url });
  else window.open(url, "_blank", "noopener");
}
