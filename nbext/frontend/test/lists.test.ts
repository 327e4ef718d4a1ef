// @vitest-environment jsdom
/** The lists of the panel: every word can be translated, and filling them anew disturbs nobody. */

import { nullTranslator } from "@jupyterlab/translation";
import { beforeEach, expect, test, vi } from "vitest";

vi.mock("@jupyterlab/notebook", () => ({}));

import { checkLines, nodeLines, problemLines, refill, wrong } from "../src/lab/lists";
import { link as linked, readView } from "../src/model";

const trans = nullTranslator.load("dagbook");
const actions: any = { link: {}, compute: () => {}, reveal: () => {}, check: () => {} };
const graph = (state: string) => linked(readView({ version: 1, nodes: [
  { name: "a", state, seconds: 1 }, { name: "b", state: "stale" },
  { name: "check_b", kind: "check", inputs: ["b"], state, severity: "fail", conditions: [{ message: "m", held: true, detail: "" }] },
] }));

beforeEach(() => document.body.replaceChildren());

test("words that the code does not know are those of the person's language", () => {
  const french: any = { __: (text: string) => `«${text}»`, _n: (text: string) => `«${text}»` };
  const text = (lines: HTMLElement[]) => lines.map((line) => line.textContent).join(" ");
  expect(text(nodeLines(graph("failed"), actions, french))).toMatch(/«failed».*«stale»/);
  expect(text(checkLines(graph("stale"), actions, french))).toContain("«stale»");
  expect(text(problemLines(graph("fresh"), [], actions, french))).toBe("«Nothing is wrong.»");
});

test("magics are written as one types them", () => {
  const [line] = nodeLines(linked(readView({ version: 1, nodes: [] })), actions, trans);
  expect(line.textContent).toContain("begins with %%node.");
});

test("an open list stays open, and the keyboard stays on its line", () => {
  const body = document.createElement("div");
  document.body.append(body);
  refill(body, checkLines(graph("fresh"), actions, trans));
  body.querySelector("details")!.open = true;
  const names = (): string[] => [...body.querySelectorAll<HTMLElement>("details button")].map((el) => el.textContent!);
  body.querySelector<HTMLElement>("details button")!.focus();
  refill(body, checkLines(graph("stale"), actions, trans));
  expect(names()).toHaveLength(1);
  expect(body.querySelector("details")!.open).toBe(true);
  expect(document.activeElement).toBe(body.querySelector("details button"));
});

test("names and messages of a notebook are text, never markup", () => {
  const evil = "<img src=x onerror=alert(1)>";
  const bad = linked(readView({ version: 1, nodes: [{ name: evil, doc: evil, type: evil, state: "failed", error: { code: "DB301", message: evil, hint: evil } }] }));
  for (const lines of [nodeLines(bad, actions, trans), problemLines(bad, [], actions, trans), checkLines(bad, actions, trans)]) {
    const body = document.createElement("div");
    refill(body, lines);
    expect(body.querySelector("img")).toBe(null);
  }
});

test("nothing is wrong only if no node waits or fails, every check holds and nothing has to run", () => {
  const text = (lines: HTMLElement[]) => lines.map((line) => line.textContent).join(" ");
  expect(text(problemLines(graph("fresh"), [], actions, trans, ["1 cell is edited and not run."]))).toBe("1 cell is edited and not run.");
  const bad = linked(readView({ version: 1, nodes: [
    { name: "a", state: "waiting", waiting: ["x"] },
    { name: "check_b", kind: "check", inputs: ["b"], state: "fresh", severity: "fail", conditions: [{ message: "large", held: false, detail: "it is 2" }, { message: "m", held: true, detail: "" }] },
    { name: "check_c", kind: "check", inputs: ["c"], state: "fresh", severity: "warn", conditions: [{ message: "small", held: false, detail: "" }] },
  ] }));
  const shown = text(problemLines(bad, [], actions, trans));
  for (const part of ["DB203 'a' needs 'x'.", "DB302 'b': large (it is 2)", "DB302 'c': small"]) expect(shown).toContain(part);
  expect(wrong(bad, []).map((one) => one.warns)).toEqual([false, false, true]);
  // A name that the texts tell about already is told once.
  expect(wrong(bad, [{ code: "DB203", name: "x" } as never]).map((one) => one.node.name)).toEqual(["check_b", "check_c"]);
});

test("what a code means is asked for when it is opened, and stays open when the list is filled anew", async () => {
  const asked: unknown[] = [];
  const link = { ask: (what: string, args: object) => (asked.push([what, args]), Promise.resolve({ means: "why", wrong: "| bad", right: "| good" })) };
  const bad = linked(readView({ version: 1, nodes: [{ name: "a", state: "failed", error: { code: "DB301", message: "m", hint: "" } }] }));
  const body = document.createElement("div");
  const fill = (): void => refill(body, problemLines(bad, [], { ...actions, link }, trans));
  fill();
  const details = (): HTMLDetailsElement => body.querySelector("details")!;
  details().open = true;
  details().dispatchEvent(new Event("toggle"));
  await vi.waitFor(() => expect(details().textContent).toContain("| good"));
  expect(asked).toEqual([["explain", { code: "DB301" }]]);
  fill();
  expect(details().open).toBe(true);
});
