// @vitest-environment jsdom
/** The page around the canvas: details, search, keyboard, and texts that stay texts. */

import { describe, expect, it, vi } from "vitest";
import FIGURES from "../../../tests/recorded/figures.json";
import SELECTIONS from "../../../tests/recorded/selections.json";
import { search, matcher, noFilters, tagCounts } from "../src/filters";
import { step, watchKeys } from "../src/keyboard";
import { fillLegend } from "../src/legend";
import type { PanelActions } from "../src/actions";
import { fillPanel } from "../src/panel";
import { goToCell } from "../src/gotocell";
import { searchBox } from "../src/searchbox";
import { describeNode } from "../src/descriptions";
import { isSelection, selected } from "../src/selection";
import { Store } from "../src/store";
import { duration, fitter, percent } from "../src/text";
import { makeToolbar } from "../src/toolbar";
import { mix, parseColour, themeFor } from "../src/theme";
import { drawingOf, graphOf, recorded } from "./dataflows";

const graph = graphOf(recorded());
const actions = (): PanelActions => ({ go: vi.fn(), close: vi.fn(), compute: vi.fn(), goToCell: vi.fn(), impact: vi.fn(), columns: vi.fn(), focus: vi.fn(), toggle: vi.fn() });
const item = (name: string): Parameters<typeof fillPanel>[2] => ({ id: `n:${name}`, type: "node", name, node: graph.node.get(name)! });

function panelOf(name: string, a = actions()): HTMLElement {
  const panel = document.createElement("aside");
  fillPanel(panel, graph, item(name), a);
  return panel;
}

describe("the details", () => {
  it("show docstring, source, inputs, outputs, preview, histogram, nulls, time and checks", () => {
    const text = panelOf("cost_per_signup").textContent!;
    const node = graph.node.get("cost_per_signup")!;
    for (const part of [node.doc, node.source.trim(), "Inputs", "spend", "Outputs", "features", node.summary!.preview, "Nulls", "Time", "below 8 euro", "35 of 363 rows"]) expect(text).toContain(part);
    expect(panelOf("spend").querySelectorAll(".db-histogram rect").length).toBe(graph.node.get("spend")!.summary!.histogram!.counts.length);
  });

  it("show an error with its hint, and what a node waits for", () => {
    expect(panelOf("weekday_effect").querySelector(".db-error")!.textContent).toContain("DB301");
    expect(panelOf("bounce_rate").querySelector(".db-notice")!.textContent).toContain("veiws");
  });

  it("offer no compute where something is missing", () => {
    const offers = (name: string): boolean => [...panelOf(name).querySelectorAll("button")].some((b) => b.textContent === "Compute");
    expect([offers("bounce_rate"), offers("ctr"), offers("spend")]).toEqual([false, true, false]);
  });

  it("lead to inputs and outputs, compute and the cell", () => {
    const a = actions();
    const panel = panelOf("ctr", a);
    const press = (text: string): void => [...panel.querySelectorAll("button")].find((b) => b.textContent === text)!.click();
    press("clicks");
    press("Compute");
    press("Go to cell");
    expect(a.go).toHaveBeenCalledWith("clicks");
    expect(a.compute).toHaveBeenCalledWith("ctr");
    expect(a.goToCell).toHaveBeenCalledWith(graph.node.get("ctr"));
  });

  it("tell what the last edit did, and ask for the details where they are not known", () => {
    const a = actions();
    const known = panelOf("rolling_spend", a).textContent!;
    for (const part of ["Since the last edit", "Changed; rows: 365 → 363 (2 gone)", "values changed", "0 of 363 (0 %)", "0.55 % → 0 %", "distance", "0.00"]) expect(known).toContain(part);
    expect(panelOf("spend_lag_1", a).textContent).toContain("Equal everywhere");
    expect(panelOf("spend_lag_28", a).textContent).not.toContain("Since the last edit");
    expect(a.impact).not.toHaveBeenCalled();
    expect(panelOf("weekday", a).textContent).toContain("Comparing before and after…");
    expect(a.impact).toHaveBeenCalledWith(graph.node.get("weekday"));
    const alone = panelOf("weekday", { ...actions(), impact: null }).textContent!;
    expect(alone).toContain("Changed");
    expect(alone).not.toContain("Comparing");
    expect(describeNode(graph.node.get("spend_lag_1")!)).toContain("equal since the last edit");
  });

  it("show the columns of a frame, and ask for them where they are not known", () => {
    const column = { type: "int64", nulls: 0, unique: 2, sampled: false, low: 1, high: 2, time: false, shares: [0.5, 0.5], top: [], from: ["orders.a"], read_by: ["clicks"], path: ["orders", "clicks"], checks: [] };
    const summary = { type: "DataFrame", shape: "2 x 2", preview: "", nulls: 0, histogram: null, top: null };
    const columns = {
      columns: [{ ...column, name: "<b>a", checks: [{ message: "large", held: false, warns: false }, { message: "odd", held: false, warns: true }] }, { ...column, name: "day", time: true, low: 1704067200, high: 1704153660, nulls: 0.25, checks: [{ message: "late", held: true, warns: false }] }],
      more: 3, read_whole_by: ["ctr"], rows_by: ["orders.b"], exact: false,
    };
    const node = { name: "frame", kind: "value" as const, summary, columns };
    const panelFor = (more: object, a = actions()): HTMLElement => {
      const made = graphOf({ version: 1, nodes: [{ ...node, ...more }] });
      const panel = document.createElement("aside");
      fillPanel(panel, made, { id: "n:frame", type: "node", name: "frame", node: made.node.get("frame")! }, a);
      return panel;
    };
    const a = actions();
    const panel = panelFor({}, a);
    const text = panel.textContent!;
    for (const part of ["<b>a", "Fails", "large", "Warns", "odd", "Holds", "late", "25 %", "2024-01-01 to 2024-01-02 00:01", "orders.a", "and 3 more columns", "Read as a whole by", "ordered or grouped by orders.b", "Other columns may count"]) expect(text).toContain(part);
    expect([...panel.querySelectorAll("summary [role=img][aria-label*=check]")].map((el) => el.getAttribute("aria-label"))).toEqual(["a check fails", "its checks hold"]);
    expect(panel.querySelectorAll(".db-bars rect").length).toBe(4);
    expect(a.columns).not.toHaveBeenCalled();
    [...panel.querySelectorAll("button")].find((b) => b.textContent === "Lineage of the column")!.click();
    expect(a.focus).toHaveBeenCalledWith({ name: "frame", mode: "column", column: "<b>a", nodes: ["orders", "clicks"] });
    expect(panelFor({ columns: null }, a).textContent).toContain("Reading the columns");
    expect(a.columns).toHaveBeenCalledTimes(1);
    expect(panelFor({ columns: null }, { ...actions(), columns: null }).textContent).not.toContain("Columns");
    expect(panelFor({ columns: { columns: [] } }).textContent).not.toContain("Columns");
    const series = actions();
    panelFor({ columns: null, summary: { ...summary, type: "Series[int64]" } }, series);
    expect(series.columns).not.toHaveBeenCalled();
  });

  it("never turn a text into markup", () => {
    const panel = panelOf("weekday");
    expect(panel.textContent).toContain("<img src=x onerror=alert(1)>");
    expect(panel.querySelector("img, script, b + script")).toBeNull();
    const evil = graphOf({ version: 1, nodes: [{ name: "<img src=x onerror=alert(1)>", doc: "<script>alert(1)</script>", tags: { "<b>": "<i>" }, group: "<u>" }] });
    const other = document.createElement("aside");
    fillPanel(other, evil, { id: "n", type: "node", name: "<img src=x onerror=alert(1)>", node: evil.view.nodes[0] }, actions());
    expect(other.querySelector("img, script, i, u")).toBeNull();
  });
});

describe("search and filters", () => {
  it("find names first, then other words", () => {
    expect(search(graph, "spend").map((n) => n.name).slice(0, 2)).toEqual(["spend", "spend_lag_1"]);
    expect(search(graph, "euro").map((n) => n.name)).toContain("spend");
    expect(search(graph, "")).toEqual([]);
  });

  it("take a selection as the command line does", () => {
    for (const [text, names] of SELECTIONS as [string, string[]][]) {
      expect([...selected(graph, text)].sort(), text).toEqual([...names].sort());
    }
    expect(["+ctr", "ctr+", "ctr+1", "tag:x", "state:stale"].map(isSelection)).toEqual([true, true, true, true, true]);
    expect(["ctr", "cost sign", "a: b", "http://x"].map(isSelection)).toEqual([false, false, false, false]);
    expect(search(graph, "state:failed").map((n) => n.name)).toEqual(["weekday_effect"]);
  });

  it("narrow by state, kind and tag together", () => {
    const fits = matcher({ ...noFilters(), states: new Set(["stale"]), kinds: new Set(["value"]) }, graph)!;
    expect(graph.view.nodes.filter(fits).map((n) => n.name)).toEqual(["spend_lag_28", "cost_per_signup", "ctr_trend", "features"]);
    expect(matcher(noFilters(), graph)).toBeNull();
    expect(tagCounts(graph).length).toBeGreaterThan(0);
  });

  it("jump to a match by Enter and leave by Escape", () => {
    const go = vi.fn();
    const left = vi.fn();
    const box = searchBox("t", () => graph, vi.fn(), go, left);
    document.body.append(box.el);
    box.input.value = "ctr_t";
    box.input.dispatchEvent(new Event("input"));
    const press = (key: string): boolean => box.input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    press("Enter");
    expect(go).toHaveBeenCalledWith("ctr_trend");
    press("Escape");
    expect(left).toHaveBeenCalled();
  });

  it("are offered by the legend, with counts", () => {
    const filters = noFilters();
    const el = document.createElement("div");
    const toggled = vi.fn();
    fillLegend(el, graph, filters, toggled);
    const stale = [...el.querySelectorAll("button")].find((b) => b.textContent!.startsWith("stale"))!;
    expect(stale.textContent).toContain(String(graph.view.nodes.filter((node) => node.state === "stale").length));
    stale.click();
    expect(filters.states.has("stale") && toggled.mock.calls.length === 1).toBe(true);
  });
});

describe("the keyboard", () => {
  const d = drawingOf(graph);
  const at = (name: string): number => d.picture.at.get(`n:${name}`)!;

  it("walks to what a node reads, to what reads it, and along its column", () => {
    expect(d.picture.items[step(d, at("ctr"), "ArrowLeft")].name).toMatch(/clicks|views/);
    const turned = { ...d, layout: { ...d.layout, down: true } };
    expect(turned.picture.items[step(turned, at("ctr_trend"), "ArrowDown")].name).toBe("features");
    expect(d.picture.items[step(d, at("ctr_trend"), "ArrowRight")].name).toBe("features");
    const below = step(d, at("ctr"), "ArrowDown");
    expect(d.layout.column[below]).toBe(d.layout.column[at("ctr")]);
    expect(step(d, below, "ArrowUp")).toBe(at("ctr"));
    expect(step(d, at("features"), "ArrowRight")).toBe(-1);
    expect(step(d, -1, "ArrowRight")).toBeGreaterThanOrEqual(0);
  });

  it("leaves text fields and the page's own shortcuts alone", () => {
    const root = document.createElement("div");
    const canvas = document.createElement("canvas");
    const input = document.createElement("input");
    root.append(canvas, input);
    const compute = vi.fn();
    const found = vi.fn();
    watchKeys(root, canvas, () => d, { walk: vi.fn(), search: found, open: vi.fn(), back: vi.fn(), fit: vi.fn(), zoom: vi.fn(), compute, goToCell: vi.fn(), focus: vi.fn() });
    const press = (el: Element, key: string, more = {}): boolean => el.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
    press(input, "c");
    press(canvas, "c", { ctrlKey: true });
    expect(compute).not.toHaveBeenCalled();
    expect(press(canvas, "c")).toBe(false);
    expect(compute).toHaveBeenCalledOnce();
    press(root, "/");
    expect(found).toHaveBeenCalledOnce();
  });
});

describe("the store", () => {
  it("keeps several readers in step and tells what changed", () => {
    const store = new Store(recorded());
    const seen = [vi.fn(), vi.fn()];
    const stop = seen.map((reader) => store.subscribe(reader));
    store.update({ nodes: [{ ...store.graph.node.get("ctr")!, state: "fresh" }] });
    for (const reader of seen) expect(reader).toHaveBeenCalledWith(expect.objectContaining({ names: ["ctr"], structural: false }));
    stop[0]();
    store.update({ removed: ["ctr"] });
    expect(seen[0]).toHaveBeenCalledOnce();
    expect(seen[1]).toHaveBeenLastCalledWith(expect.objectContaining({ structural: true }));
    expect(store.graph.node.has("ctr")).toBe(false);
  });

  it("calls nothing fresh without a kernel, until one shows itself", () => {
    const store = new Store(recorded());
    store.disconnect();
    expect(store.connected).toBe(false);
    expect(new Set(store.graph.view.nodes.map((n) => n.state))).toEqual(new Set([null, "waiting"]));
    store.replace(recorded());
    expect(store.connected).toBe(true);
    expect(store.graph.node.get("spend")!.state).toBe("fresh");
  });
});

describe("a cell", () => {
  it("is found by its label in the notebook around the widget, or not at all", () => {
    document.body.innerHTML = '<div class="jp-Notebook"><div class="jp-Cell"><div class="jp-InputPrompt">[11]:</div></div><div id="w"></div></div>';
    const cell = document.querySelector<HTMLElement>(".jp-Cell")!;
    cell.scrollIntoView = vi.fn();
    const widget = document.getElementById("w")!;
    expect(goToCell({ ...graph.node.get("ctr")!, cell: "[11]" }, widget)).toBe(true);
    expect(cell.scrollIntoView).toHaveBeenCalled();
    expect(goToCell({ ...graph.node.get("ctr")!, cell: "[99]" }, widget)).toBe(false);
  });
});

describe("texts and colours", () => {
  it("are short, exact where it matters, and never longer than their room", () => {
    for (const [seconds, text] of FIGURES.duration) expect(duration(seconds as number | null)).toBe(text);
    for (const [share, text] of FIGURES.percent) expect(percent(share as number)).toBe(text);
    const fit = fitter((t) => t.length);
    expect(fit("abcdefgh", "f", 5)).toBe("abcd…");
    expect(fit("abc", "f", 5)).toBe("abc");
    expect(["lag_1", "lag_24"].map((end) => fit(`temperature_${end}`, "f", 9, true))).toEqual(["temp…ag_1", "temp…g_24"]);
  });

  it("follow the page's background", () => {
    expect(parseColour("rgb(1, 2, 3)")).toEqual([1, 2, 3]);
    expect(parseColour("rgba(0,0,0,0)")).toBeNull();
    expect(mix("#000000", "#ffffff", 0.5)).toBe("#808080");
    expect([themeFor("#111111", null, "", "").dark, themeFor("#fff", null, "", "").dark]).toEqual([true, false]);
  });
});

describe("the toolbar", () => {
  it("leads from what is wrong to the first node concerned", () => {
    const go = vi.fn();
    const toolbar = makeToolbar("x", {
      graph: () => ({ ...graph, view: { ...graph.view, progress: null } }), connected: () => true, filters: noFilters(), filtered: vi.fn(), go, leaveSearch: vi.fn(), fit: vi.fn(), fullScreen: vi.fn(), compute: null, setMode: null, menu: () => [],
    });
    toolbar.update();
    const buttons = [...toolbar.el.querySelectorAll<HTMLButtonElement>(".db-status button")];
    for (const button of buttons) button.click();
    expect(buttons.map((b) => b.textContent!.trim())).toEqual(["1 failed", "1 waiting"]);
    expect(go.mock.calls.flat()).toEqual(["weekday_effect", "bounce_rate"]);
  });
});
