/** The drawing: what appears on a canvas, recorded call by call. */

import { describe, expect, it } from "vitest";
import DOT from "../../../tests/recorded/view_v1.dot?raw";
import MERMAID from "../../../tests/recorded/view_v1.mmd?raw";
import SVG from "../../../tests/recorded/view_v1.svg?raw";
import { toDot, toMermaid } from "../src/diagrams";
import { drawAll, levelOf } from "../src/draw";
import { lineageOf, type Drawing } from "../src/drawing";
import { toSvg } from "../src/exporters";
import { KINDS, THEMES } from "../src/look";
import { emptiestCorner } from "../src/minimap";
import { outline } from "../src/outline";
import { headingId } from "../src/picture";
import { escapeXml, type Surface } from "../src/surface";
import { fitter } from "../src/text";
import { LIGHT, themeFor } from "../src/theme";
import { drawingOf, graphOf, recorded } from "./dataflows";

interface Call {
  name: string;
  args: unknown[];
  dash: number[];
  stroke: string;
  fill: string;
  alpha: number;
}

/** A canvas that remembers what was asked of it, and how the pen was set. */
function recorder(): { surface: Surface; calls: Call[]; texts: () => string[] } {
  const calls: Call[] = [];
  const state: Record<string, unknown> = { globalAlpha: 1, fillStyle: "", strokeStyle: "" };
  let dash: number[] = [];
  const surface = new Proxy(state, {
    get: (target, name: string) => {
      if (name in target) return target[name];
      return (...args: unknown[]) => {
        if (name === "setLineDash") dash = args[0] as number[];
        calls.push({ name, args, dash, stroke: String(target.strokeStyle), fill: String(target.fillStyle), alpha: Number(target.globalAlpha) });
      };
    },
    set: (target, name: string, value) => ((target[name] = value), true),
  }) as unknown as Surface;
  return { surface, calls, texts: () => calls.filter((c) => c.name === "fillText").map((c) => String(c.args[0])) };
}

function draw(d: Drawing, k = 1): ReturnType<typeof recorder> {
  const r = recorder();
  const [left, top, right, bottom] = d.layout.bounds;
  drawAll(r.surface, d, { k, x: 20 - left * k, y: 20 - top * k }, (right - left) * k + 40, (bottom - top) * k + 40);
  return r;
}

const graph = graphOf(recorded());
const wide = (d: Drawing): Drawing => ({ ...d, fit: (text) => text });

describe("the recorded view", () => {
  const d = wide(drawingOf(graph));
  const r = draw(d);

  it("shows the name of every node", () => {
    for (const node of graph.view.nodes) expect(r.texts()).toContain(node.name);
  });

  it("shows the type and shape, the time, and how checks stand", () => {
    expect(r.texts()).toEqual(expect.arrayContaining(["float64 · 365", "DataFrame · 365 x 6", "2 of 2 held", "1 of 2 warned", "12 ms"]));
  });

  it("marks what the last edit changed, and what came out equal", () => {
    const marks = (view: typeof graph): number => draw(wide(drawingOf(view))).calls.filter((c) => c.name === "arc" && c.args[2] === 7).length;
    expect(marks(graph)).toBe(graph.view.nodes.filter((node) => node.impact !== null).length);
    const { version, nodes } = graph.view;
    expect(marks(graphOf({ version, nodes: nodes.map((n) => ({ ...n, impact: null })) }))).toBe(0);
  });

  it("draws a waiting node dashed, says what for, and draws the missing input", () => {
    expect(r.texts()).toEqual(expect.arrayContaining(["waits for veiws", "?  veiws"]));
    const dashed = r.calls.filter((c) => c.name === "stroke" && c.dash.length > 0);
    expect(dashed.length).toBe(2);
  });

  it("says what failed", () => expect(r.texts().some((t) => t.startsWith("ZeroDivisionError"))).toBe(true));

  it("marks each state by a shape of its own, not by colour alone", () => {
    const shapes = new Set(["fresh", "stale", "running", "failed", "waiting"].map((state) => {
      const one = graphOf({ version: 1, nodes: [{ name: "a", kind: "value", state }] });
      return draw(wide(drawingOf(one))).calls.map((c) => `${c.name}${JSON.stringify(c.args)}${c.dash}`).join(";");
    }));
    expect(shapes.size).toBe(5);
  });

  it("shows a check that does not hold as failed, one that only warns as a warning", () => {
    const marks = (["fail", "warn"] as const).map((severity) => [true, false].map((held) => {
      const check = { name: "c", kind: "check", state: "fresh", severity, conditions: [{ message: "m", held, detail: "" }] };
      const one = drawingOf(graphOf({ version: 1, nodes: [check] }));
      const colours = [...new Set(draw(wide(one)).calls.filter((c) => c.name === "stroke").map((c) => c.stroke))];
      return (["failed", "stale", "fresh"] as const).find((state) => colours.includes(one.theme.state[state]));
    }));
    expect(marks).toEqual([["fresh", "failed"], ["fresh", "stale"]]);
  });

  it("gives each kind an outline of its own", () => {
    const outlines = (["input", "param", "value", "check"] as const).map((kind) => {
      const calls = recorder();
      outline(calls.surface, kind, 0, 0, 168, 44);
      return JSON.stringify(calls.calls.map((c) => [c.name, c.args]));
    });
    expect(new Set(outlines).size).toBe(4);
  });

  it("ends every edge in one arrow for each fed node", () => {
    const fed = d.picture.fed.reduce((a, b) => a + b, 0);
    const heads = r.calls.filter((c, i) => c.name === "fill" && c.fill === d.theme.edge && r.calls[i - 1]?.name === "closePath");
    expect(heads.length).toBe(fed);
  });
});

describe("levels", () => {
  it("drop the details, then the names, with distance", () => {
    expect([1, 0.4, 0.1].map(levelOf)).toEqual(["details", "names", "blocks"]);
    const names = draw(wide(drawingOf(graph)), 0.4).texts();
    expect(names).toContain("cost_per_signup");
    expect(names).not.toContain("2 of 2 held");
  });

  it("keep states apart by form as blocks too", () => {
    const forms = ["fresh", "stale", "failed"].map((state) => {
      const one = drawingOf(graphOf({ version: 1, nodes: [{ name: "a", kind: "value", state }] }));
      return draw(one, 0.15).calls.filter((c) => c.name === "fillRect" || c.name === "lineTo").length;
    });
    expect(new Set(forms).size).toBe(3);
  });

  it("draw only what is in sight", () => {
    const nodes = Array.from({ length: 400 }, (_, i) => ({ name: `n${i}`, inputs: i > 0 ? [`n${i - 1}`] : [] }));
    const d = wide(drawingOf(graphOf({ version: 1, nodes })));
    const r = recorder();
    drawAll(r.surface, d, { k: 1, x: -d.layout.x[200] + 300, y: -d.layout.y[200] + 200 }, 600, 400);
    expect(r.texts().filter((t) => t.startsWith("n")).length).toBeLessThan(12);
    expect(r.texts()).toContain("n200");
  });
});

describe("names", () => {
  const long = "arrival_delay_rolling_mean_of_the_last_28_days";
  it("are cut at their end only, where there is no room for them", () => {
    const d = { ...drawingOf(graphOf({ version: 1, nodes: [{ name: long }] })), fit: fitter((text: string, font: string) => text.length * 0.6 * Number(/([\d.]+)px/.exec(font)![1])) };
    for (const k of [1, 0.5, 0.3]) {
      const [shown] = draw(d, k).texts().filter((text) => text.startsWith("arrival"));
      expect(long.startsWith(shown.replace(/…$/, ""))).toBe(true);
    }
  });
});

describe("a selected node", () => {
  const d = wide(drawingOf(graph));
  const at = d.picture.at.get("n:cost_per_signup")!;
  const lit = { ...d, selected: at, lineage: lineageOf(graph, d.picture, at) };

  it("lights what is upstream and downstream, each in its tint, and dims the rest", () => {
    const mark = (name: string): number => lit.lineage.items[d.picture.at.get(name)!];
    expect(["n:spend", "n:region", "n:features", "n:cost_per_signup", "n:clicks"].map(mark)).toEqual([1, 1, 2, 3, 0]);
    const r = draw(lit);
    const alpha = (name: string): number => r.calls.find((c) => c.name === "fillText" && c.args[0] === name)!.alpha;
    expect(alpha("clicks")).toBeLessThan(0.5);
    expect(alpha("spend")).toBe(1);
    expect(r.calls.some((c) => c.name === "stroke" && c.stroke === d.theme.upstream)).toBe(true);
    expect(r.calls.some((c) => c.name === "stroke" && c.stroke === d.theme.downstream)).toBe(true);
  });

  it("lights a missing input with the node that waits for it", () => {
    const waiting = d.picture.at.get("n:bounce_rate")!;
    expect(lineageOf(graph, d.picture, waiting).items[d.picture.at.get("?:veiws")!]).toBe(1);
  });
});

describe("headings", () => {
  it("stand above their nodes with a count, and collapse into one pile", () => {
    const open = draw(wide(drawingOf(graph, { boxes: true })));
    expect(open.texts()).toContain("Spend features  ·  7");
    const shut = drawingOf(graph, { boxes: true, collapsed: (id) => id === headingId("Spend features") });
    const texts = draw(wide(shut)).texts();
    expect(texts).toEqual(expect.arrayContaining(["Spend features", "7 nodes"]));
    expect(texts).not.toContain("rolling_spend");
    expect(texts.filter((text) => text.startsWith("Spend features"))).toHaveLength(1);
  });

  it("that are collapsed show the worst of what they hold, a failed check among it", () => {
    const nodes = [{ name: "a", state: "fresh", group: "G" }, { name: "c", kind: "check", state: "fresh", severity: "fail", group: "G", conditions: [{ message: "m", held: false, detail: "" }] }];
    const pile = drawingOf(graphOf({ version: 1, nodes }), { collapsed: () => true });
    for (const k of [1, 0.45]) {
      const strokes = draw(wide(pile), k).calls.filter((call) => call.name === "stroke").map((call) => call.stroke);
      expect(strokes).toContain(pile.theme.state.failed);
    }
    expect(draw(wide(pile)).texts()).toEqual(expect.arrayContaining(["G", "2 nodes", "1"]));
  });

  it("have boxes, nodes without a heading have none", () => {
    const d = drawingOf(graph, { boxes: true });
    const widths = d.picture.lanes.map((_, g) => d.layout.boxes[4 * g + 2]);
    expect(widths.map((w) => w > 0)).toEqual(d.picture.lanes.map((name) => name !== ""));
    expect(draw(wide(d)).texts().filter((text) => text.startsWith("  ·"))).toEqual([]);
  });

  it("focus leaves only the lineage", () => {
    const names = drawingOf(graph, { focus: { name: "ctr", mode: "lineage" } }).picture.items.map((i) => i.name);
    expect(names).toEqual(expect.arrayContaining(["clicks", "views", "ctr", "ctr_trend"]));
    expect(names).not.toContain("spend_lag_1");
  });
});

describe("exports", () => {
  const evil = `<img src=x onerror=alert(1)> "q" \\ ]]> \u0000`;
  const view = graphOf({ version: 1, title: evil, nodes: [{ name: evil, doc: evil, group: evil }, { name: "b", inputs: [evil, "gone"], waiting: ["gone"] }] });

  it("escape every text in SVG", () => {
    const svg = toSvg(wide(drawingOf(view)));
    expect(svg).not.toContain("<img");
    expect(svg).not.toContain("\u0000");
    expect(svg.match(/<[a-z]+/g)!.every((tag) => ["<svg", "<title", "<path", "<text"].includes(tag))).toBe(true);
    expect(escapeXml("a<b>&\"'")).toBe("a&#60;b&#62;&#38;&#34;&#39;");
  });

  it("write the DOT and Mermaid texts that Python writes", () => {
    expect(toDot(graph.view)).toBe(DOT);
    expect(toMermaid(graph.view)).toBe(MERMAID);
  });

  it("have the colours of the pictures that Python draws", () => {
    const rules = /<style>(.*?)<\/style>/.exec(SVG)![1];
    const dark = themeFor(THEMES.dark.background, null, "", "");
    for (const kind of KINDS) {
      expect(rules).toContain(`.dagbook-card-${kind}{fill:${dark.fill[kind]};stroke:${dark.stroke[kind]}}`);
      expect(SVG).toContain(`fill="${LIGHT.fill[kind]}"`);
    }
    expect(rules).toContain(`.dagbook-soft{fill:${dark.soft}}`);
    expect(rules).toContain(`.dagbook-alert-failed{fill:${dark.alert.failed}}`);
  });

  it("quote every text in DOT and Mermaid", () => {
    const dot = toDot(view.view);
    expect(dot).toContain('"<img src=x onerror=alert(1)> \\"q\\" \\\\ ]]>');
    expect(dot).toContain('"gone" [label="gone ?" style=dashed');
    const mermaid = toMermaid(view.view);
    expect(mermaid).not.toMatch(/[<>]img|"q"/);
    expect(mermaid).toContain("n2 -.-> n1");
  });
});

describe("the minimap", () => {
  it("is in the corner where it covers fewest nodes, in the lower right one if there is a choice", () => {
    const d = drawingOf(graphOf({ version: 1, nodes: [{ name: "a" }] }));
    const [left, top] = [d.x[0] - d.layout.w[0] / 2, d.y[0] - d.layout.h[0] / 2];
    const corner = (x: number, y: number): string => emptiestCorner(d, { x: x - left, y: y - top, k: 1 }, 800, 600).join(" ");
    expect(corner(300, 200)).toBe("right bottom");
    expect(corner(630, 550)).toBe("left bottom");
  });
});
