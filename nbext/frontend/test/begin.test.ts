// @vitest-environment jsdom
/** Beginning: the template, the cell that loads the magics, and running what is not up to date in order. */

import { expect, test, vi } from "vitest";

const ran: string[] = [];
let failing = "";
vi.mock("@jupyterlab/notebook", () => ({
  NotebookActions: {
    runCells: (_: unknown, cells: { model: { id: string } }[]) => (ran.push(...cells.map((cell) => cell.model.id)), Promise.resolve(cells[0].model.id !== failing)),
    runAll: () => (ran.push("all"), Promise.resolve(true)),
  },
}));

import { addLoadCell, runAll, runPending, template } from "../src/lab/begin";

function panelOf(...texts: string[]): any {
  const cells = texts.map((text, i) => ({ id: `c${i}`, type: text.startsWith("#") ? "markdown" : "code", sharedModel: { getSource: () => text } }));
  const sharedModel = { insertCell: (at: number, cell: { source: string }) => cells.splice(at, 0, { id: "new", type: "code", sharedModel: { getSource: () => cell.source } }) };
  return { content: { model: { cells, sharedModel }, get widgets() { return cells.map((model) => ({ model })); } }, sessionContext: {} };
}
const sources = (panel: any): string[] => panel.content.model.cells.map((cell: any) => cell.sharedModel.getSource());

test("the template is a notebook that loads the magics before its first node", () => {
  const { cells, nbformat } = template() as { cells: { cell_type: string; source: string }[]; nbformat: number };
  const at = (start: string): number => cells.findIndex((cell) => cell.source.startsWith(start));
  expect(nbformat).toBe(4);
  expect(at("%load_ext kernel_magics")).toBeGreaterThanOrEqual(0);
  expect(at("%%node")).toBeGreaterThan(at("%load_ext"));
  expect(cells.filter((cell) => cell.cell_type === "code")).toHaveLength(5);
});

test("the cell that loads the magics is added once, above all code", async () => {
  const panel = panelOf("# Title", "%%node a\n1");
  expect(addLoadCell(panel)).toBe(1);
  expect(addLoadCell(panel)).toBe(1);
  expect(sources(panel)).toEqual(["# Title", "%load_ext kernel_magics", "%%node a\n1"]);
  await runAll({ panel } as never);
  expect(sources(panel)).toHaveLength(3);
  expect(ran.splice(0)).toEqual(["all"]);
});

test("cells that are not up to date run in notebook order until one fails, then stale nodes are computed", async () => {
  const panel = panelOf("%%node a\n1", "x = 1", "%%node b\na", "%%node c\nb");
  const link = { panel, pending: { edited: ["c3", "c0"], unrun: ["c2"], stale: [] }, store: { graph: { view: { mode: "lazy" } } } };
  const compute = vi.fn();
  await runPending(link as never, compute);
  expect(ran.splice(0)).toEqual(["c0", "c2", "c3"]);
  expect(compute).toHaveBeenCalledTimes(1);
  failing = "c2";
  await runPending(link as never, compute);
  expect(ran.splice(0)).toEqual(["c0", "c2"]);
  expect(compute).toHaveBeenCalledTimes(1);
});
