// @vitest-environment jsdom
/** The lists of the panel: every word can be translated, and filling them anew disturbs nobody. */

import { nullTranslator } from "@jupyterlab/translation";
import { beforeEach, expect, test, vi } from "vitest";

vi.mock("@jupyterlab/notebook", () => ({}));

import { checkLines, nodeLines, problemLines, refill } from "../src/lab/lists";
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
