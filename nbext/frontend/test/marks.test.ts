// @vitest-environment jsdom
/** Marks and underlines as cells come into the page, change under the pointer, and go. */

import { StateEffect } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { nullTranslator } from "@jupyterlab/translation";
import { Signal } from "@lumino/signaling";
import { beforeEach, expect, test, vi } from "vitest";

import { Editors } from "../src/lab/editor";
import { Marks } from "../src/lab/marks";
import { link as linked, readView } from "../src/model";

vi.mock("@jupyterlab/notebook", () => ({}));

const trans = nullTranslator.load("dagbook");

/** A cell that JupyterLab renders when a person scrolls to it. */
class LateCell {
  node = document.createElement("div");
  inputArea: { node: HTMLElement } | null = null;
  editor: any = null;
  isDisposed = false;
  model: any;
  ready: Promise<void>;
  private done: () => void = () => {};
  constructor(id: string) {
    this.model = { id, type: "code" };
    this.ready = new Promise((resolve) => (this.done = resolve));
    document.body.append(this.node);
  }
  render(text = ""): this {
    this.inputArea = { node: document.createElement("div") };
    const editor = new EditorView({ doc: text, parent: this.node });
    this.editor = { editor, isDisposed: false, injectExtension: (extension: any) => editor.dispatch({ effects: StateEffect.appendConfig.of(extension) }) };
    this.node.append(this.inputArea.node);
    this.done();
    return this;
  }
}

const fakeLink = (cells: LateCell[]): any => ({
  changed: new Signal<object, string>({}), connected: true, standing: {}, problems: [],
  panel: { disposed: new Signal<object, void>({}), isDisposed: false, content: { widgets: cells } },
  store: { graph: linked(readView({ version: 1, nodes: [{ name: "a", cell_id: "c", state: "fresh", seconds: 1 }] })) },
});
const problem = (hint: string) => ({ cell: "c", severity: "error", code: "DB203", message: "m", hint, start: { line: 0, column: 0 }, end: { line: 0, column: 2 }, fixes: [] });
const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const card = (): HTMLElement | null => document.querySelector(".db-card");

beforeEach(() => document.body.replaceChildren());

test("a cell that is rendered later gets its mark then", async () => {
  const cell = new LateCell("c");
  new Marks(fakeLink([cell]), trans).show(true);
  expect(cell.node.querySelector(".db-mark")).toBe(null);
  cell.render();
  await cell.ready;
  await frame();
  expect(cell.node.querySelector(".db-mark")).not.toBe(null);
});

test("a mark out of sight is kept as it is, and what it said of the cell goes with it", () => {
  const cell = new LateCell("c").render();
  const marks = new Marks(fakeLink([cell]), trans);
  marks.show(true);
  const mark = cell.node.querySelector(".db-mark");
  cell.inputArea!.node.remove(); // as JupyterLab does with cells out of sight
  marks.show(true);
  expect(cell.inputArea!.node.querySelector(".db-mark")).toBe(mark);
  marks.show(false);
  expect(cell.node.hasAttribute("data-dagbook")).toBe(false);
});

test("the card of a mark that changes under the pointer says what is now, and goes with its mark", () => {
  const cell = new LateCell("c").render();
  const link = fakeLink([cell]);
  const marks = new Marks(link, trans);
  marks.show(true);
  cell.node.querySelector(".db-mark")!.dispatchEvent(new MouseEvent("mouseenter"));
  expect(card()!.textContent).toContain("fresh");
  link.store.graph = linked(readView({ version: 1, nodes: [{ name: "a", cell_id: "c", state: "stale", seconds: 1 }] }));
  marks.show(true);
  expect(card()!.textContent).toContain("stale");
  link.connected = false;
  marks.show(true);
  expect(card()!.hidden).toBe(true);
});

test("a cell that is rendered later is underlined as things then stand", async () => {
  const cell = new LateCell("c");
  const link = fakeLink([cell]);
  const editors = new Editors(link, () => ({ underline: true, hover: true }), trans);
  link.problems = [problem("old")];
  editors.update();
  link.problems = [];
  editors.update();
  link.problems = [problem("new"), { ...problem("new"), start: { line: 0, column: 3 }, end: { line: 0, column: 5 } }];
  editors.update();
  cell.render("ab cd");
  await cell.ready;
  await Promise.resolve();
  expect([...cell.node.querySelectorAll(".db-wrong")].map((el) => el.textContent)).toEqual(["ab", "cd"]);
});

test("a problem whose fixes changed is told anew, or its button would write what was right before", () => {
  const cell = new LateCell("c").render("ab");
  const link = fakeLink([cell]);
  const editors = new Editors(link, () => ({ underline: true, hover: true }), trans);
  const fix = (line: number) => ({ title: "t", kind: "inputs", edits: [{ kind: "replace", cell: "i", start: { line, column: 0 }, end: { line, column: 0 }, text: "x" }], cursor: null });
  link.problems = [{ ...problem("h"), fixes: [fix(1)] }];
  editors.update();
  const told = vi.spyOn(cell.editor.editor, "dispatch");
  editors.update();
  expect(told).not.toHaveBeenCalled();
  link.problems = [{ ...problem("h"), fixes: [fix(2)] }];
  editors.update();
  expect(told).toHaveBeenCalledOnce();
});

test("a cell that goes with its notebook before it was rendered is let be", async () => {
  const cell = new LateCell("c");
  const link = fakeLink([cell]);
  new Editors(link, () => ({ underline: true, hover: true }), trans).update();
  const marks = new Marks(link, trans);
  marks.show(true);
  link.panel.isDisposed = cell.isDisposed = true;
  cell.model = null;
  cell.render();
  await cell.ready;
  marks.show(true);
  await frame();
  expect(cell.node.querySelector(".db-mark")).toBe(null);
});

test("a check that only warns is warned, and not stale", async () => {
  const cell = new LateCell("c").render();
  const link = fakeLink([cell]);
  const conditions = [{ message: "large", held: false, detail: "" }];
  const shown = async (...nodes: object[]): Promise<string | null> => {
    link.store.graph = linked(readView({ version: 1, nodes: nodes as never }));
    link.changed.emit("view");
    await frame();
    return cell.node.querySelector(".db-mark")!.textContent;
  };
  new Marks(link, trans).show(true);
  const check = { name: "warn_a", kind: "check", cell_id: "c", state: "fresh", severity: "warn", conditions };
  expect(await shown(check)).toBe("warned");
  expect(await shown({ ...check, state: "stale" })).toBe("stale");
  expect(await shown(check, { name: "b", cell_id: "c", state: "stale" })).toBe("stale");
  expect(await shown({ ...check, severity: "fail" })).toBe("failed");
  cell.node.querySelector(".db-mark")!.dispatchEvent(new Event("mouseenter"));
  expect(card()!.textContent).toContain("failed");
});
