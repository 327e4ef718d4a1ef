// @vitest-environment jsdom
/** The extension of JupyterLab, without JupyterLab: what is told to the kernel, and what is made of its answers. */

import { Signal } from "@lumino/signaling";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

vi.mock("@jupyterlab/notebook", async () => {
  const { Signal: Real } = await import("@lumino/signaling");
  return { NotebookActions: { executed: new Real({}) } };
});
vi.mock("@jupyterlab/apputils", () => ({}));
vi.mock("@lumino/widgets", () => ({}));

import { NotebookActions } from "@jupyterlab/notebook";
import { isOurs, offsetOf, positionOf, replaced, speaksOfUs } from "../src/lab/cells";
import { staying } from "../src/lab/convert";
import { checkCommand, moduleName, split, textOfMessage } from "../src/lab/exporting";
import { AnswerError, Link } from "../src/lab/link";
import { byCell, markOf } from "../src/lab/marks";
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
  expect(["%%time\n1", "x = '%%node'", "%node", "%%nodes"].some(isOurs)).toBe(false);
  expect(speaksOfUs("import os\n%load_ext kernel_magics")).toBe(true);
  expect(speaksOfUs("%reload_ext kernel_magics")).toBe(true);
  expect(speaksOfUs("%load_ext autoreload\nx = 1")).toBe(false);
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

// -- the link ---------------------------------------------------------------------------------------------

class FakeComm {
  isDisposed = false;
  sent: any[] = [];
  onMsg: (message: any) => void = () => {};
  onClose: () => void = () => {};
  open(): void {}
  send(message: any): void {
    this.sent.push(message);
  }
  dispose(): void {
    this.isDisposed = true;
  }
  hear(data: object): void {
    this.onMsg({ content: { data } });
  }
}

class FakeCell {
  type = "code";
  executionCount: number | null = null;
  contentChanged = new Signal<this, void>(this);
  sharedModel: { getSource(): string };
  constructor(readonly id: string, public text: string) {
    this.sharedModel = { getSource: () => this.text };
  }
  edit(text: string): void {
    this.text = text;
    this.contentChanged.emit();
  }
}

class Page {
  comms: FakeComm[] = [];
  known = 0;
  cells: FakeCell[] & { changed?: unknown };
  moved: Signal<any, void>;
  ran: string[] = [];
  deleted: string[] = [];
  kernel = {
    handleComms: true, requestCommInfo: () => Promise.resolve({ content: { status: "ok", comms: this.known > 0 ? { x: {} } : {} } }),
    createComm: () => (this.comms.push(new FakeComm()), this.comms.at(-1)),
    requestExecute: ({ code }: { code: string }) => (this.ran.push(code), { done: Promise.resolve({ content: { status: "ok" } }) }),
  };
  session: any = { session: { kernel: this.kernel }, ready: Promise.resolve() };
  panel: any;
  constructor(...texts: string[]) {
    this.cells = texts.map((text, i) => new FakeCell(`c${i}`, text));
    this.moved = new Signal<any, void>(this);
    this.cells.changed = this.moved;
    for (const name of ["kernelChanged", "statusChanged", "connectionStatusChanged"]) this.session[name] = new Signal<any, any>(this);
    this.panel = { sessionContext: this.session, disposed: new Signal<any, void>(this), content: { model: { cells: this.cells, deletedCells: this.deleted } } };
  }
  run(at: number): void {
    (NotebookActions.executed as Signal<any, any>).emit({ notebook: this.panel.content, cell: { model: this.cells[at] } });
  }
  get comm(): FakeComm {
    return this.comms.at(-1)!;
  }
  told(): any[] {
    return this.comm.sent.filter((message) => message.type === "cells");
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function connected(...texts: string[]): Promise<{ page: Page; link: Link }> {
  const page = new Page(...texts);
  const link = new Link(page.panel);
  await settle();
  page.run(0);
  page.comm.hear({ type: "view", seq: 1, view: view() });
  return { page, link };
}

test("a notebook without the magics costs no message", async () => {
  const page = new Page("import pandas as pd", "x = 1");
  new Link(page.panel);
  await settle();
  page.run(0);
  page.cells[1].edit("x = 2");
  await vi.runAllTimersAsync();
  expect(page.comms).toEqual([]);
});

test("running the magics connects, and the kernel gets every cell once", async () => {
  const { page, link } = await connected("%load_ext kernel_magics", "%%node a\n1");
  expect(link.connected).toBe(true);
  expect(page.comms).toHaveLength(1);
  expect(page.told()).toEqual([{
    type: "cells", order: ["c0", "c1"],
    cells: [{ id: "c0", kind: "code", text: "%load_ext kernel_magics", count: null }, { id: "c1", kind: "code", text: "%%node a\n1", count: null }],
  }]);
});

test("typing is told when it rests, and only what changed", async () => {
  const { page } = await connected("%load_ext kernel_magics", "%%node a\n1");
  await vi.runAllTimersAsync();
  page.comm.sent = [];
  for (const text of ["%%node a\n12", "%%node a\n123"]) {
    page.cells[1].edit(text);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(page.told()).toEqual([]);
  await vi.advanceTimersByTimeAsync(300);
  expect(page.told()).toEqual([{ type: "cells", order: null, cells: [{ id: "c1", kind: "code", text: "%%node a\n123", count: null }] }]);
});

test("a deletion is told at once, with the order that is left", async () => {
  const { page } = await connected("%load_ext kernel_magics", "%%node a\n1", "%%node b\n2");
  await vi.runAllTimersAsync();
  page.comm.sent = [];
  page.cells.splice(1, 1);
  page.moved.emit();
  await vi.advanceTimersByTimeAsync(30);
  expect(page.told()).toEqual([{ type: "cells", cells: [], order: ["c0", "c2"] }]);
});

test("a cell that an undo brought back is no deleted cell", async () => {
  const { page } = await connected("%load_ext kernel_magics", "%%node a\n1", "%%node b\n2");
  page.deleted.push("c1", "c9");
  page.moved.emit();
  expect(page.deleted).toEqual(["c9"]);
});

test("a question goes out after what was typed, and its answer comes back", async () => {
  const { page, link } = await connected("%load_ext kernel_magics", "%%node a\n1");
  await vi.runAllTimersAsync();
  page.comm.sent = [];
  page.cells[1].edit("%%node a\n12");
  const asked = link.ask("needs", { cell: "c1" });
  expect(page.comm.sent.map((message) => message.type)).toEqual(["cells", "ask"]);
  page.comm.hear({ type: "answer", id: page.comm.sent[1].id, value: ["c0"], error: null });
  expect(await asked).toEqual(["c0"]);
  const refused = link.ask("rename", {});
  page.comm.hear({ type: "answer", id: page.comm.sent.at(-1).id, value: null, error: { code: "DB207", message: "no", hint: "h" } });
  await expect(refused).rejects.toThrow(AnswerError);
});

test("a lost message asks for the whole view", async () => {
  const { page, link } = await connected("%load_ext kernel_magics");
  page.comm.sent = [];
  page.comm.hear({ type: "update", seq: 2, nodes: [{ name: "a", state: "stale" }] });
  expect(link.store.graph.view.nodes.map((node) => node.name)).toEqual(["a"]);
  page.comm.hear({ type: "update", seq: 4, nodes: [{ name: "b" }] });
  expect(page.comm.sent).toEqual([{ type: "sync" }]);
  page.comm.hear({ type: "view", seq: 5, view: view({ name: "a" }, { name: "b" }) });
  expect(link.store.graph.view.nodes).toHaveLength(2);
});

test("a restart ends the link, questions fail, and the next run of the magics connects again", async () => {
  const { page, link } = await connected("%load_ext kernel_magics", "%%node a\n1");
  page.comm.hear({ type: "update", seq: 2, nodes: [{ name: "a", state: "fresh" }] });
  const asked = link.ask("needs", { cell: "c1" });
  page.session.statusChanged.emit("restarting");
  await expect(asked).rejects.toThrow("kernel is gone");
  expect(link.connected).toBe(false);
  expect(link.store.graph.node.get("a")!.state).toBe(null);
  page.run(0);
  page.comm.hear({ type: "view", seq: 1, view: view({ name: "a", state: "fresh" }) });
  expect(link.connected).toBe(true);
  expect(page.comms).toHaveLength(2);
  expect(link.store.graph.node.get("a")!.state).toBe("fresh");
});

test("a page that opens on a kernel with a dataflow connects by itself", async () => {
  const page = new Page("%%node a\n1");
  page.known = 1;
  new Link(page.panel);
  await settle();
  expect(page.comms).toHaveLength(1);
});

test("what came back with a cell is computed in auto mode, and left stale in lazy mode", async () => {
  const { page } = await connected("%load_ext kernel_magics");
  page.comm.hear({ type: "restored", names: ["a", "b"], mode: "lazy" });
  expect(page.ran).toEqual([]);
  page.comm.hear({ type: "restored", names: ["a", "b"], mode: "auto" });
  expect(page.ran).toEqual(["%compute a b"]);
});

test("loading the magics runs them in the kernel and waits for the dataflow", async () => {
  const page = new Page("x = 1");
  const link = new Link(page.panel);
  await settle();
  const loaded = link.load();
  await settle();
  expect(page.ran).toEqual(["%load_ext kernel_magics"]);
  page.comm.hear({ type: "view", seq: 1, view: view() });
  expect(await loaded).toBe(true);
});

test("two notebooks keep to their own kernels", async () => {
  const one = await connected("%load_ext kernel_magics", "%%node a\n1");
  const other = new Page("%load_ext kernel_magics");
  new Link(other.panel);
  await settle();
  one.page.run(0);
  expect(other.comms).toEqual([]);
});
