// @vitest-environment jsdom
/** The arrangement: what is collapsed, boxed and turned by itself or by choice, and kept from visit to visit. */

import { beforeEach, describe, expect, it } from "vitest";
import { Arrangement, type Candidate, type Level } from "../src/arrangement";
import { READABLE } from "../src/camera";
import { isLegible } from "../src/nameline";
import { alike, familyId, headingId, picture, type Picture } from "../src/picture";
import { fitter } from "../src/text";
import { tryLevels } from "../src/trial";
import { readVisit, writeVisit, type Visit } from "../src/visits";
import { drawingOf, graphOf } from "./dataflows";

const lag = (k: number, more: object = {}): object => ({ name: `lag_${k}`, inputs: ["a"], group: "Lags", family: "lag_{k}", state: "fresh", ...more });
const GRAPH = graphOf({
  version: 1, groups: ["In", "Lags", "Out"],
  nodes: [
    { name: "a", kind: "input", group: "In" }, { name: "b", kind: "input", group: "In" }, lag(1), lag(2), lag(3, { state: "failed" }), lag(4),
    { name: "rest", inputs: ["b"], group: "Lags" }, { name: "out", inputs: ["lag_1", "lag_2", "lag_3", "lag_4", "rest"], group: "Out" },
  ],
});
const names = (p: Picture): string[] => p.items.map((item) => item.name);
const levelsOf = (arrangement: Arrangement, graph = GRAPH): Candidate[][] => [...arrangement.levels(graph)];

describe("levels", () => {
  it("collapse families first, then headings; a group of few nodes stays as it is", () => {
    const levels = levelsOf(new Arrangement());
    expect(levels.map(([first]) => first.level)).toEqual(["nodes", "families", "headings"]);
    expect(names(levels[1][0].picture)).toEqual(["a", "b", "lag_{k}", "rest", "out"]);
    expect(names(levels[2][0].picture)).toEqual(["In", "Lags", "out"]);
    expect(levels[0].map((one) => one.boxes)).toEqual([true, false]);
  });

  it("end with the one that is sketched while others are tried", () => {
    const arrangement = new Arrangement();
    const [, families, headings] = levelsOf(arrangement);
    const sketch = arrangement.coarsest(GRAPH).picture;
    expect([alike(sketch, headings[0].picture), alike(sketch, families[0].picture)]).toEqual([true, false]);
    arrangement.collapse("nodes");
    expect(alike(arrangement.coarsest(GRAPH).picture, levelsOf(arrangement)[0][0].picture)).toBe(true);
  });

  it("that change nothing are not tried", () => {
    const plain = graphOf({ version: 1, nodes: [{ name: "a" }, { name: "b", inputs: ["a"] }] });
    expect(levelsOf(new Arrangement(), plain).length).toBe(1);
  });

  it("begin with what was drawn, with all for a focus, and with a person's choice alone", () => {
    const arrangement = new Arrangement();
    const [, families] = levelsOf(arrangement);
    arrangement.settle(families[0], true);
    expect(levelsOf(arrangement).map(([first]) => first.level)).toEqual(["families", "headings"]);
    expect(arrangement.boxes).toBe(true);
    arrangement.focus = { name: "lag_1", mode: "lineage" };
    expect(names(levelsOf(arrangement)[0][0].picture)).toEqual(["a", "lag_1", "out"]);
    arrangement.focus = null;
    arrangement.collapse("nodes");
    expect(levelsOf(arrangement).map(([first]) => first.level)).toEqual(["nodes"]);
  });

  it("leave single groups as a person chose", () => {
    const arrangement = new Arrangement();
    arrangement.choose(headingId("Lags"), true);
    expect(names(levelsOf(arrangement)[0][0].picture)).toEqual(["a", "b", "Lags", "out"]);
    arrangement.collapse("headings");
    arrangement.choose(headingId("Lags"), false);
    arrangement.choose(familyId("lag_{k}"), false);
    expect(names(levelsOf(arrangement)[0][0].picture)).toEqual(["In", "lag_1", "lag_2", "lag_3", "lag_4", "rest", "out"]);
  });
});

describe("a picture with groups", () => {
  const collapsed = picture(GRAPH, { boxes: true, collapsed: (id) => id === familyId("lag_{k}"), focus: null });

  it("links a group once with each item, and finds its nodes in it", () => {
    const group = collapsed.at.get(familyId("lag_{k}"))!;
    expect([1, 2, 3, 4].map((k) => collapsed.holder.get(`lag_${k}`))).toEqual([group, group, group, group]);
    const pairs = Array.from({ length: collapsed.edges.length / 2 }, (_, e) => [...collapsed.edges.subarray(2 * e, 2 * e + 2)].map((v) => collapsed.items[v].name).join(">"));
    expect(pairs.sort()).toEqual(["a>lag_{k}", "b>rest", "lag_{k}>out", "rest>out"]);
  });

  it("keeps a family in the box of its heading, whose name counts nodes", () => {
    expect(collapsed.lanes[collapsed.lane[collapsed.at.get(familyId("lag_{k}"))!]]).toBe("Lags");
    expect(collapsed.laneSize[collapsed.lanes.indexOf("Lags")]).toBe(5);
  });

  it("can hold a cycle and is laid out all the same", () => {
    const graph = graphOf({ version: 1, nodes: [{ name: "x", group: "A" }, { name: "y", inputs: ["x"], group: "B" }, { name: "z", inputs: ["y"], group: "A" }, { name: "w", group: "B" }] });
    const d = drawingOf(graph, { collapsed: () => true });
    expect(d.picture.items.length).toBe(2);
    expect(d.layout.column[0]).not.toBe(d.layout.column[1]);
  });
});

describe("the first sight", () => {
  /** Tries the levels where a zoom is given for each number of items; returns the level that is drawn. */
  function drawn(zoom: (items: number) => number, legible: (items: number) => boolean, most = Infinity): [Level, number] {
    let tried = 0;
    let result: Level | null = null;
    tryLevels(new Arrangement().levels(GRAPH), {
      layOut: (p, done) => (tried++, done(drawingOf(GRAPH, { boxes: p.lanes.length > 1 }).layout && ({ bounds: [0, 0, p.items.length, 1] } as never))),
      zoom: (layout) => zoom(layout.bounds[2]), legible: (p) => legible(p.items.length), most,
    }, (candidate) => (result = candidate.level));
    return [result!, tried];
  }

  it("shows all nodes where they can be read with their details", () => expect(drawn(() => 1, () => true)).toEqual(["nodes", 1]));
  it("collapses families before the details go", () => expect(drawn(() => 0.9 * READABLE, () => true)[0]).toBe("families"));
  it("collapses headings where names cannot be read", () => expect(drawn(() => 0.3, (items) => items < 5)[0]).toBe("headings"));
  it("shows few nodes, some names shortened, rather than their headings", () => expect(drawn(() => 0.5, () => false)[0]).toBe("families"));
  it("shows the last level where nothing helps", () => expect(drawn(() => 0.1, () => false)[0]).toBe("headings"));
  it("does not try what could not be read", () => expect(drawn(() => 1, () => true, 4)).toEqual(["headings", 1]));
});

describe("a name", () => {
  const d = drawingOf(GRAPH);
  const legible = (k: number, w: number, letter: number): boolean =>
    isLegible(d.picture.items[2], w, 44, k, "sans-serif", fitter((text, font) => text.length * letter * Number(/([\d.]+)px/.exec(font)![1])));

  it("is legible where it is whole and its letters are not too small", () => {
    expect([1, 0.5].map((k) => legible(k, 168, 0.6))).toEqual([true, true]);
    expect(legible(1, 90, 0.9)).toBe(false);
    expect(legible(0.4, 60, 0.6)).toBe(false);
    expect(legible(0.2, 900, 0.6)).toBe(false);
  });
});

describe("a visit", () => {
  const arrangement = new Arrangement();
  arrangement.collapse("families");
  arrangement.choose(headingId("In"), true);
  arrangement.direction = "down";
  const visit: Visit = { arrangement: arrangement.saved(), places: { down: true, boxes: false, places: new Map([["n:a", [3, 4]]]) }, camera: { x: 1, y: 2, k: 0.5 } };

  beforeEach(() => localStorage.clear());

  it("is found again as it was", () => {
    expect(readVisit("one")).toBeNull();
    writeVisit("one", visit);
    expect(readVisit("one")).toEqual(visit);
    const again = new Arrangement(readVisit("one")!.arrangement);
    expect(again.down([1000, 100])).toBe(true);
    expect(names(levelsOf(again)[0][0].picture)).toEqual(["In", "lag_{k}", "rest", "out"]);
  });

  it("is forgotten after many others, and when it cannot be read", () => {
    for (let i = 0; i < 45; i++) writeVisit(`k${i}`, visit, i);
    expect([readVisit("k0"), readVisit("k44")].map((one) => one === null)).toEqual([true, false]);
    localStorage.setItem("dagbook-visit:odd", "{");
    expect(readVisit("odd")).toBeNull();
  });
});

describe("the direction", () => {
  it("is down in a tall room, and as a person says", () => {
    const arrangement = new Arrangement();
    expect([arrangement.down([380, 800]), arrangement.down([1200, 600])]).toEqual([true, false]);
    arrangement.direction = "right";
    expect(arrangement.down([380, 800])).toBe(false);
  });
});
