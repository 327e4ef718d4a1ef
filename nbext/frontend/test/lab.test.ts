// @vitest-environment jsdom
/** The extension of JupyterLab, without JupyterLab: texts, and what is shown beside the cells. */

import { expect, test, vi } from "vitest";

vi.mock("@jupyterlab/notebook", async () => {
  const { Signal: Real } = await import("@lumino/signaling");
  return { NotebookActions: { executed: new Real({}) } };
});
vi.mock("@jupyterlab/apputils", () => ({}));
vi.mock("@lumino/widgets", () => ({ Widget: class {} }));

import { isOurs, offsetOf, positionOf, replaced, usesMagics } from "../src/lab/cells";
import { shareLines, staying } from "../src/lab/convert";
import { checkCommand, commands, exportLine, journeyOf, nameFor, split, textOfMessage, written } from "../src/lab/exporting";
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

test("a conversion says its share first, in amber when it is little, and what would bring more", () => {
  const trans = { __: (text: string) => text } as never;
  const lines = (text: string, little: boolean, hint: string) => shareLines({ share: { text, little }, hint }, trans).map((line) => [line.className, line.textContent]);
  expect(lines("11 of 12 computing cells (92%)", false, "")).toEqual([["", "11 of 12 computing cells (92%)"]]);
  expect(lines("1 of 4", true, "name <b>it</b>")).toEqual([["db-lab-warned", "1 of 4"], ["", "Hint: name <b>it</b>"]]);
  expect(lines("", false, "")).toEqual([]);
});

test("a notebook's name becomes that of a module or folder", () => {
  expect(nameFor("my features-2.ipynb", "module")).toBe("my_features_2.py");
  expect(nameFor("2024.ipynb", "module")).toBe("_2024.py");
  expect([nameFor("churn.ipynb", "envelope"), nameFor("churn.ipynb", "service")]).toEqual(["churn", "churn_service"]);
  expect(split("a/b/c.ipynb")).toEqual(["a/b/", "c.ipynb"]);
});

test("an export is a line, a command for CI, files to read and a next step", () => {
  const module = { kind: "module" as const, path: "ads.py", outputs: "ignored" };
  expect(exportLine(module)).toBe("%export ads.py");
  expect(checkCommand("my ads.ipynb", module)).toBe("dagbook export 'my ads.ipynb' -o ads.py --check");
  expect(written({ ...module, path: "src/ads.py" })).toEqual(["src/ads.py", "src/test_ads.py"]);
  expect(commands(module, [])).toBe("");
  const envelope = { kind: "envelope" as const, path: "out/churn/", outputs: " score , auc " };
  expect(exportLine(envelope)).toBe("%export out/churn/ --target envelope --outputs 'score,auc'");
  expect(exportLine({ ...envelope, outputs: "" })).toBe("%export out/churn/ --target envelope");
  expect(written(envelope)).toEqual(["out/churn/example.json", "out/churn/requirements.txt"]);
  expect(written({ ...envelope, kind: "service" })).toEqual(["out/churn/app.py", "out/churn/Dockerfile", "out/churn/churn/example.json", "out/churn/churn/requirements.txt"]);
  expect(commands(envelope, [])).toBe("dagbook publish out/churn registry\ndagbook serve out/churn");
  expect(commands(envelope, [{ path: "../live", name: "churn", problem: "", envelopes: [] }])).toContain("publish out/churn ../live");
});

test("the journey says where envelopes are and what they wait for, as text only", () => {
  const trans = { __: (text: string, ...words: unknown[]) => words.reduce<string>((said, word, at) => said.replace(`%${at + 1}`, String(word)), text) } as never;
  const nowhere = { digest: "f".repeat(64), published: "2030-01-01T05:06:07+00:00", places: [], next: [], must_leave: [], waits: [] };
  const waiting = { ...nowhere, digest: "0123456789abcdef", places: [{ name: "staging", hours: 3.04 }], next: ["qa"], must_leave: ["old"], waits: [{ environment: "production", for: ["staging.hours >= 24", "1 approval <img src=x>"] }] };
  const shown = journeyOf([{ path: "../registry", name: "churn", problem: "", envelopes: [waiting, nowhere] }, { path: "r", name: "", problem: "it was <b>changed</b>", envelopes: [] }], trans)!;
  const text = shown.textContent!;
  for (const part of ["../registry", "0123456789ab in staging for 3.0 h", "must leave old", "comes into qa", "for production, it waits for", "staging.hours >= 24", "<img src=x>", "published 2030-01-01 05:06", "<b>changed</b>"]) expect(text).toContain(part);
  expect(shown.querySelectorAll("img, b, button, input, a")).toHaveLength(0);
  expect(journeyOf([], trans)).toBeNull();
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
