/** Checks the imports of `src`: no file reaches itself through them, and a folder knows only what is below it. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import typescript from "typescript";

/** From top to bottom; types count as imports, too. */
const LAYERS = ["lab", ".", "layout"];

const root = fileURLToPath(new URL("src", import.meta.url));
const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith(".ts")).sort();
const imports = new Map(files.map((name) => {
  const found = typescript.preProcessFile(readFileSync(join(root, name), "utf8")).importedFiles;
  const own = found.map((one) => one.fileName).filter((path) => path.startsWith("."));
  return [name, own.map((path) => `${relative(root, join(root, dirname(name), path))}.ts`).filter((path) => files.includes(path))];
}));

/** The first circle that a walk along the imports meets, as a list of files, or null. */
function circle() {
  const done = new Set();
  const path = [];
  const visit = (name) => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return null;
    path.push(name);
    for (const next of imports.get(name)) {
      const found = visit(next);
      if (found !== null) return found;
    }
    path.pop();
    done.add(name);
    return null;
  };
  for (const name of files) {
    const found = visit(name);
    if (found !== null) return found;
  }
  return null;
}

const upward = [...imports].flatMap(([name, targets]) =>
  targets.filter((target) => LAYERS.indexOf(dirname(target)) < LAYERS.indexOf(dirname(name))).map((target) => `${name} imports ${target}, which is above it`));
const unknown = files.filter((name) => !LAYERS.includes(dirname(name))).map((name) => `${name} is in a folder that has no layer`);
const found = circle();
const faults = [...upward, ...unknown, ...(found === null ? [] : [`a circle of imports: ${found.join(" -> ")}`])];
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
