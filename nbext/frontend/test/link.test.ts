// @vitest-environment jsdom
/** The link of a page and a kernel: what is told, what is made of the answers, and how it comes and goes. */

import { nullTranslator } from "@jupyterlab/translation";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

vi.mock("@jupyterlab/notebook", async () => {
  const { Signal } = await import("@lumino/signaling");
  return { NotebookActions: { executed: new Signal({}) } };
});

import { AnswerError, Link } from "../src/lab/link";
import { pendingTexts } from "../src/lab/lists";
import { FakeCell, Page, settle } from "./pages";

const trans = nullTranslator.load("dagbook");
const view = (...nodes: object[]) => ({ version: 1, nodes });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function connected(...texts: string[]): Promise<{ page: Page; link: Link }> {
  const page = new Page(...texts);
  const link = new Link(page.panel, trans);
  await settle();
  page.run(0);
  page.comm.hear({ type: "view", seq: 1, view: view() });
  return { page, link };
}

test("a notebook without the magics costs no message", async () => {
  const page = new Page("import pandas as pd", "x = 1");
  new Link(page.panel, trans);
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

test("typing is told while another cell prints without a pause, and outputs are no texts", async () => {
  const { page } = await connected("%load_ext kernel_magics", "%%node a\n1", "%%node b\n2");
  await vi.runAllTimersAsync();
  page.comm.sent = [];
  page.cells[1].edit("%%node a\n12");
  for (let i = 0; i < 10; i++) {
    page.cells[2].print();
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(page.told()).toEqual([{ type: "cells", order: null, cells: [{ id: "c1", kind: "code", text: "%%node a\n12", count: null }] }]);
});

test("what was typed since the notes is known, so that no fix is applied to another text", async () => {
  const { page, link } = await connected("%load_ext kernel_magics", "%%node a\n1");
  await vi.runAllTimersAsync();
  expect(link.upToDate).toBe(true);
  page.cells[1].edit("%%node a\n12");
  page.comm.sent = [];
  expect(link.upToDate).toBe(false);
  expect(page.told()).toHaveLength(1);
  expect(link.upToDate).toBe(true);
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

test("a cell that is moved or gets another type is a new one with its old id, and is heard from then on", async () => {
  const { page } = await connected("%load_ext kernel_magics", "%%node a\n1", "%%node b\n2");
  await vi.runAllTimersAsync();
  page.comm.sent = [];
  const [first, old, last] = page.cells;
  const moved = Object.assign(new FakeCell("c1", "%%node a\n1"), { type: "raw" });
  page.cells.splice(0, 3, moved, first, last);
  page.moved.emit();
  await vi.advanceTimersByTimeAsync(30);
  expect(page.told()).toEqual([{ type: "cells", order: ["c1", "c0", "c2"], cells: [{ id: "c1", kind: "markdown", text: "%%node a\n1", count: null }] }]);
  moved.edit("%%node a\n12");
  old.edit("%%node a\n13");
  await vi.advanceTimersByTimeAsync(300);
  expect(page.told()[1].cells).toEqual([{ id: "c1", kind: "markdown", text: "%%node a\n12", count: null }]);
});

test("cells that moved are looked at anew, also while the kernel is busy", async () => {
  const { page, link } = await connected("%load_ext kernel_magics", "%%node a\n1", "%%node b\n2");
  const news: string[] = [];
  link.changed.connect((_, what) => void news.push(what));
  page.cells.reverse();
  page.moved.emit();
  expect(news).toEqual(["notes"]);
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
  new Link(page.panel, trans);
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

test("the kernel changes the texts of cells, as one step", async () => {
  const { page } = await connected("%load_ext kernel_magics", "%%inputs\nx = 1\ny = 2");
  let steps = 0;
  const shared = page.cells.map((cell) => ({ id: cell.id, getSource: () => cell.text, setSource: (text: string) => cell.edit(text) }));
  page.panel.content.model.sharedModel = { cells: shared, transact: (change: () => void) => { steps++; change(); } };
  const place = (line: number) => ({ start: { line, column: 4 }, end: { line, column: 5 } });
  page.comm.hear({ type: "edits", edits: [{ kind: "replace", cell: "c1", ...place(1), text: "30" }, { kind: "replace", cell: "c1", ...place(2), text: "40" }] });
  expect([steps, page.cells[1].text]).toEqual([1, "%%inputs\nx = 30\ny = 40"]);
});

test("loading the magics runs them in the kernel and waits for the dataflow", async () => {
  const page = new Page("x = 1");
  const link = new Link(page.panel, trans);
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
  new Link(other.panel, trans);
  await settle();
  one.page.run(0);
  expect(other.comms).toEqual([]);
});

test("an update that comes before the first view means nothing, and the view then connects", async () => {
  const page = new Page("%load_ext kernel_magics");
  const link = new Link(page.panel, trans);
  await settle();
  const news: string[] = [];
  link.changed.connect((_, what) => void news.push(what));
  page.run(0);
  page.comm.hear({ type: "update", seq: 1, nodes: [{ name: "a" }] });
  expect(link.connected).toBe(false);
  page.comm.hear({ type: "view", seq: 2, view: view({ name: "b" }) });
  expect(news).toEqual(["connection"]);
  expect([...link.store.graph.node.keys()]).toEqual(["b"]);
});

test("of many messages after a lost one, only the first asks for the whole view", async () => {
  const { page, link } = await connected("%load_ext kernel_magics");
  page.comm.sent = [];
  for (const seq of [3, 4, 5]) page.comm.hear({ type: "update", seq, nodes: [{ name: "a" }] });
  expect(page.comm.sent).toEqual([{ type: "sync" }]);
  expect(link.connected).toBe(true);
});

test("a view that is closed says nothing more to a kernel that others still use", async () => {
  const { page } = await connected("%load_ext kernel_magics");
  page.known = 1;
  page.close();
  page.session.kernelChanged.emit({});
  await settle();
  page.session.connectionStatusChanged.emit("connected");
  expect(page.comms).toHaveLength(1);
});

test("what an earlier kernel had says nothing of the one that took its place", async () => {
  const page = new Page("%%node a\n1");
  page.kernel.requestCommInfo = () => {
    page.session.session = { kernel: { ...page.kernel } };
    return Promise.resolve({ content: { status: "ok", comms: { x: {} } } });
  };
  new Link(page.panel, trans);
  await settle();
  expect(page.comms).toEqual([]);
});

test("a page that closes while its kernel is asked opens no comm", async () => {
  const page = new Page("%%node a\n1");
  page.known = 1;
  page.kernel.requestCommInfo = () => (page.close(), Promise.resolve({ content: { status: "ok", comms: { x: {} } } }));
  new Link(page.panel, trans);
  await settle();
  expect(page.comms).toEqual([]);
});

test("a kernel that ends during a run makes it fail, and is no error of the page", async () => {
  const { page, link } = await connected("%load_ext kernel_magics");
  page.kernel.requestExecute = () => ({ done: Promise.reject(new Error("Canceled future")) });
  expect(await link.run("%compute")).toBe(false);
});

test("where the kernel takes no comms, loading the magics fails instead of waiting", async () => {
  const page = new Page("x = 1");
  page.kernel.handleComms = false;
  expect(await new Link(page.panel, trans).load()).toBe(false);
});

// -- before cells run -------------------------------------------------------------------------------------

test("cells that have not run show the dataflow of their texts, and nothing of them is run", async () => {
  const page = new Page("%load_ext kernel_magics", "%%node a\n1");
  page.shown = view({ name: "a" });
  const link = new Link(page.panel, trans);
  await settle();
  expect(page.ran).toEqual([]);
  expect(page.comms).toEqual([]);
  expect(page.previews).toHaveLength(1);
  expect(link.connected).toBe(false);
  expect(link.pending).toEqual({ edited: [], unrun: ["c1"], stale: [] });
  expect(link.store.graph.view.nodes.map((node) => node.name)).toEqual(["a"]);
  page.cells[1].text = "%%node b\n1";
  page.shown = view({ name: "b" });
  page.edited.emit();
  await vi.runAllTimersAsync();
  expect(link.store.graph.view.nodes.map((node) => node.name)).toEqual(["b"]);
  page.session.statusChanged.emit("idle");
  await settle();
  expect(page.previews).toHaveLength(2);
});

test("a kernel without the package leaves the graph empty", async () => {
  const page = new Page("%%node a\n1");
  const link = new Link(page.panel, trans);
  await settle();
  expect(page.previews).toHaveLength(1);
  expect(link.store.graph.view.nodes).toEqual([]);
});

test("what is not up to date is told by kind, and a restart makes all cells wait", async () => {
  const { page, link } = await connected("%load_ext kernel_magics", "%%node a\n1", "%%node b\na", "%%node c\nb");
  page.comm.hear({ type: "update", seq: 2, nodes: [{ name: "a", state: "fresh" }, { name: "b", state: "stale" }] });
  page.comm.hear({ type: "notes", problems: [], cells: { c1: "edited", c2: "current", c3: "new" } });
  expect(link.pending).toEqual({ edited: ["c1"], unrun: ["c3"], stale: ["b"] });
  expect(pendingTexts(link, trans)).toEqual(["1 cell is edited and not run.", "1 cell has not run.", "1 node is stale."]);
  page.session.statusChanged.emit("restarting");
  expect(link.restarted).toBe(true);
  expect(pendingTexts(link, trans)[0]).toContain("The kernel restarted.");
});
