/** Builds nbext/static: the widget module, its style sheet, and the script of the standalone page. */

import { build } from "esbuild";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = fileURLToPath(new URL("../static/", import.meta.url));
const common = { bundle: true, minify: true, target: ["es2022"], legalComments: "none", charset: "utf8", absWorkingDir: here };

const bundle = async (entry, options) => (await build({ ...common, ...options, entryPoints: [entry], write: false })).outputFiles[0].text;

const worker = await bundle("src/layout.worker.ts", { format: "iife" });
const define = { WORKER_SOURCE: JSON.stringify(worker) };
const widget = await bundle("src/widget.ts", { format: "esm", define });
// The standalone script stands inside an HTML page: nothing in it may end the script element.
const css = (await bundle("src/widget.css", {})).trimEnd();
const page = { format: "iife", define: { ...define, STYLE: JSON.stringify(css) } };
const standalone = (await bundle("src/standalone.ts", page)).replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const files = { "widget.js": widget, "standalone.js": standalone, "widget.css": css };
for (const [name, text] of Object.entries(files)) await writeFile(out + name, text);
const kilobytes = await Promise.all(Object.keys(files).map(async (name) => `${name} ${Math.round((await readFile(out + name)).length / 1024)} kB`));
console.log(kilobytes.join(", "));
