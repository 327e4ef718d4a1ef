// @vitest-environment jsdom
/** The extension of JupyterLab, without JupyterLab: texts, and what is shown beside the cells. */

import { expect, test, vi } from "vitest";

vi.mock("@jupyterlab/notebook", async () => {
  const { Signal: Real } = await import("@lumino/signaling");
  return { NotebookActions: { executed: new Real({}) } };
});
vi.mock("@jupyterlab/apputils", () => ({}));
vi.mock("@lumino/widgets", () => ({}));

import { isOurs, offsetOf, positionOf, replaced, usesMagics } from "../src/lab/cells";
import { staying } from "../src/lab/convert";
import { checkCommand, moduleName, split, textOfMessage } from "../src/lab/exporting";
import { byCell, markOf } from "../src/lab/mark";
import { link as linked, readView } from "../src/model";

// -- texts ------------------------------------------------------------------------------------------------

test("places count code points, offsets count what the editor counts", () => {
  const text = "a = '😀'  # b\nb = 2";
  for (const [line, column, offset] of [[0, 0, 0], [0, 5, 5], [0, 6, 7], [0, 12, 13], [1, 4, 18], [9, 9, 19]]) {
    expect(offsetOf(text, { line, column })).toBe(offset);
  }
  for (const offset of [0, 5, 7, 13, 14, 18]) expect(offsetOf(text, positionOf(text, offset))).toBe(offset);
});

test("replacements mean the places of the text before them, in any order", () => {
  const edit = (line: number, from: number, to: number, text: string) => ({ kind: "replace" as const, cell: "c", start: { line, column: from }, end: { line, column: to }, text });
  const edits = [edit(0, 0, 1, "long"), edit(1, 4, 5, "c"), edit(0, 4, 4, "x+")];
  expect(replaced("a = 1\nb = 2", edits)).toBe("long = x+1\nb = c");
  expect(replaced("a = 1\nb = 2", [...edits].reverse())).toBe("long = x+1\nb = c");
});

test("our cells, and those that ask for us, are told from ordinary ones", () => {
  expect(["%%node a\n1", "\n%%setup\nimport os", "%%check a"].every(isOurs)).toBe(true);
  expect(["%%time\n%%node a\n1", "# said\n\n%%capture out\n  # x\n%%node", "%%node\ta"].every(isOurs)).toBe(true);
  expect(["%%bash\n%%node a", "x = 1\n%%node a", "%%timeout\n%%node", "%%node?"].some(isOurs)).toBe(false);
  expect(["%%time\n1", "x = '%%node'", "%node", "%%nodes"].some(isOurs)).toBe(false);
  expect(usesMagics("import os\n%load_ext kernel_magics")).toBe(true);
  expect(usesMagics("%reload_ext kernel_magics")).toBe(true);
  expect(usesMagics("%load_ext autoreload\nx = 1")).toBe(false);
});

test("a notebook's name becomes that of a module", () => {
  expect(moduleName("my features-2.ipynb")).toBe("my_features_2.py");
  expect(moduleName("2024.ipynb")).toBe("_2024.py");
  expect(split("a/b/c.ipynb")).toEqual(["a/b/", "c.ipynb"]);
  expect(checkCommand("my ads.ipynb", "ads.py")).toBe("dagbook export 'my ads.ipynb' -o ads.py --check");
});

test("what a run says is text without colours", () => {
  const message = (content: object) => ({ content }) as never;
  expect(textOfMessage(message({ text: "\u001b[31mred\u001b[0m" }))).toBe("red");
  expect(textOfMessage(message({ data: { "text/plain": "plain", "text/html": "<b>no</b>" } }))).toBe("plain");
  expect(textOfMessage(message({ traceback: ["DB203 a", "hint"] }))).toBe("DB203 a\nhint");
});

test("of cells that are put into another order, those that can stay do", () => {
  expect([...staying(["a", "b", "c", "d"], ["x", "b", "a", "d"])]).toEqual(["b", "d"]);
  expect([...staying(["a", "b"], ["a", "x", "b"])]).toEqual(["a", "b"]);
});

// -- marks ------------------------------------------------------------------------------------------------

const view = (...nodes: object[]) => ({ version: 1, nodes });

test("a cell is as its worst node is, and what was edited or never ran comes first", () => {
  const graph = linked(readView(view(
    { name: "a", cell_id: "1", state: "fresh", seconds: 0.5 }, { name: "b", cell_id: "1", state: "stale", seconds: 1 },
    { name: "c", cell_id: "2", state: "fresh", seconds: 0.5 }, { name: "d", cell_id: "2", state: "fresh", seconds: 0.25 },
    { name: "check_c", kind: "check", cell_id: "3", state: "fresh", severity: "fail", conditions: [{ message: "m", held: false, detail: "" }] },
  )));
  const nodes = byCell(graph);
  expect(markOf(nodes.get("1")!, "current")).toEqual({ state: "stale", seconds: null });
  expect(markOf(nodes.get("2")!, "current")).toEqual({ state: "fresh", seconds: 0.75 });
  expect(markOf(nodes.get("3")!, "current")!.state).toBe("failed");
  expect(markOf(nodes.get("1")!, "edited")!.state).toBe("edited");
  expect(markOf([], "new")!.state).toBe("new");
  expect(markOf([], "current")!.state).toBe("current");
  expect(markOf([], undefined)).toBe(null);
});
