/** The view's model: the recorded document is read, linked, and changed by updates. */

import { describe, expect, test } from "vitest";
import RECORDED from "../../../tests/recorded/view_v1.json";
import { STATES } from "../src/look";
import { applyUpdate, link, reach, readView } from "../src/model";

describe("the recorded view", () => {
  test("is read whole", () => {
    const view = readView(RECORDED);
    expect(view.nodes.length).toBe(RECORDED.nodes.length);
    expect(view.nodes.map((node) => node.name)).toEqual(RECORDED.nodes.map((node: { name: string }) => node.name));
    for (const node of view.nodes) if (node.state) expect(STATES).toContain(node.state);
  });

  test("is linked by names, upstream and downstream being each other's mirror", () => {
    const view = readView(RECORDED);
    const graph = link(view);
    for (const node of view.nodes)
      for (const name of reach(graph, node.name, "up"))
        if (view.nodes.some((other) => other.name === name)) expect(reach(graph, name, "down").has(node.name)).toBe(true);
  });

  test("keeps untrusted text as text", () => {
    const evil = readView(RECORDED).nodes.filter((node) => node.doc.includes("<img"));
    expect(evil.length).toBeGreaterThan(0);
  });
});

describe("updates", () => {
  const base = () => readView(structuredClone(RECORDED));

  test("replace nodes by name and leave the others", () => {
    const view = base();
    const changed = { ...view.nodes[0], state: "stale" as const, seconds: 9 };
    const next = applyUpdate(view, { version: 1, nodes: [changed], removed: [], order: null } as never).view;
    expect(next.nodes.find((node) => node.name === changed.name)?.seconds).toBe(9);
    expect(next.nodes.length).toBe(view.nodes.length);
  });

  test("remove nodes", () => {
    const view = base();
    const name = view.nodes[view.nodes.length - 1].name;
    const next = applyUpdate(view, { version: 1, nodes: [], removed: [name], order: null } as never).view;
    expect(next.nodes.some((node) => node.name === name)).toBe(false);
  });

  test("set the progress of a run", () => {
    const progress = { done: 1, total: 4, seconds_left: 2 };
    const next = applyUpdate(base(), { version: 1, nodes: [], removed: [], order: null, progress } as never).view;
    expect(next.progress).toEqual(progress);
  });
});

test("a document of another version is refused", () => {
  expect(() => readView({ ...RECORDED, version: 99 })).toThrow();
});
