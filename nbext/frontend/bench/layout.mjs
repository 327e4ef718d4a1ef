/** Measures the layout: processor time by size, and edge crossings beside those of Graphviz where `dot` is there. */

import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "dagbook-bench-"));
const outfile = join(folder, "layout.mjs");
await build({ absWorkingDir: here, stdin: { contents: 'export { layout } from "./src/layout/layout"; export { inputOf, randomEdges } from "./test/dataflows";', resolveDir: here }, bundle: true, format: "esm", outfile, logLevel: "error" });
const { layout, inputOf, randomEdges } = await import(outfile);
await rm(folder, { recursive: true });

/** Edges drawn as broken lines; two that share a node never count as crossing. */
function crossings(edges) {
  const boxed = edges.map((e) => {
    const xs = e.line.map((p) => p[0]);
    const ys = e.line.map((p) => p[1]);
    return { ...e, box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] };
  });
  let total = 0;
  for (let i = 0; i < boxed.length; i++) {
    for (let j = i + 1; j < boxed.length; j++) {
      const [a, b] = [boxed[i], boxed[j]];
      if (a.from === b.from || a.to === b.to || a.from === b.to || a.to === b.from) continue;
      if (a.box[0] > b.box[2] || b.box[0] > a.box[2] || a.box[1] > b.box[3] || b.box[1] > a.box[3]) continue;
      total += lineCrossings(a.line, b.line);
    }
  }
  return total;
}

const side = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));

function lineCrossings(f, g) {
  let found = 0;
  for (let i = 0; i + 1 < f.length; i++) {
    for (let j = 0; j + 1 < g.length; j++) {
      const [a, b, c, d] = [f[i], f[i + 1], g[j], g[j + 1]];
      if (Math.max(a[0], b[0]) < Math.min(c[0], d[0]) || Math.max(c[0], d[0]) < Math.min(a[0], b[0])) continue;
      if (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) found++;
    }
  }
  return found;
}

function ownLines(edges, r) {
  return Array.from({ length: edges.length / 2 }, (_, e) => {
    const line = [];
    for (let p = r.pointsAt[e]; p < r.pointsAt[e + 1]; p++) line.push([r.points[2 * p], r.points[2 * p + 1]]);
    return { from: edges[2 * e], to: edges[2 * e + 1], line };
  });
}

/** What `dot` draws: its splines, broken into short lines. Null where there is no `dot`. */
function dotLines(count, edges) {
  const text = ["digraph { rankdir=LR; node [shape=box, width=2, height=0.5, fixedsize=true];"];
  for (let v = 0; v < count; v++) text.push(`n${v};`);
  for (let e = 0; e < edges.length; e += 2) text.push(`n${edges[e]} -> n${edges[e + 1]};`);
  const start = performance.now();
  const run = spawnSync("dot", ["-Tplain"], { input: `${text.join("\n")}}`, maxBuffer: 1e9, encoding: "utf8" });
  if (run.error !== undefined || run.status !== 0) return null;
  const lines = run.stdout.split("\n").filter((l) => l.startsWith("edge ")).map((l) => {
    const part = l.split(" ");
    const points = Array.from({ length: Number(part[3]) }, (_, i) => [Number(part[4 + 2 * i]), Number(part[5 + 2 * i])]);
    return { from: Number(part[1].slice(1)), to: Number(part[2].slice(1)), line: flattened(points) };
  });
  return { lines, seconds: (performance.now() - start) / 1000 };
}

function flattened(points) {
  const line = [points[0]];
  for (let i = 0; i + 3 < points.length; i += 3) {
    for (let q = 1; q <= 10; q++) {
      const t = q / 10;
      const weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3];
      line.push([0, 1].map((axis) => weights.reduce((sum, w, k) => sum + w * points[i + k][axis], 0)));
    }
  }
  return line;
}

const cpu = {};
for (const count of [100, 500, 1000, 2000, 5000, 10000]) {
  const input = inputOf(count, randomEdges(count, 1));
  const seconds = [0, 1, 2].map(() => {
    const before = process.cpuUsage();
    layout(input);
    const used = process.cpuUsage(before);
    return (used.user + used.system) / 1e6;
  });
  cpu[count] = seconds.sort((a, b) => a - b)[1];
}
const quality = {};
for (const count of [100, 500]) {
  const rows = [];
  for (const [seed, density] of [[3, 0.7], [11, 0.7], [3, 1], [11, 1], [5, 1.2]]) {
    const edges = randomEdges(count, seed, density);
    const dot = dotLines(count, edges);
    rows.push({ edges: edges.length / 2, own: crossings(ownLines(edges, layout(inputOf(count, edges)))), dot: dot === null ? null : crossings(dot.lines), dot_seconds: dot?.seconds ?? null });
  }
  quality[count] = rows;
}
console.log(JSON.stringify({ cpu, quality }));
