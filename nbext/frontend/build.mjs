/** Builds nbext/static (the widget and the page of its own) and nbext/labextension (the extension of JupyterLab). */

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const common = { bundle: true, minify: true, target: ["es2022"], legalComments: "none", charset: "utf8", absWorkingDir: at(".") };

const bundle = async (entry, options) => (await build({ ...common, ...options, entryPoints: [entry], write: false })).outputFiles[0].text;

async function write(folder, files) {
  await rm(folder, { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(new URL(".", `file://${folder}${name}`), { recursive: true });
    await writeFile(folder + name, text);
  }
  return Object.entries(files).map(([name, text]) => `${name} ${Math.round(Buffer.byteLength(text) / 1024)} kB`);
}

const worker = await bundle("src/layout/layout.worker.ts", { format: "iife" });
const define = { WORKER_SOURCE: JSON.stringify(worker) };
const widget = await bundle("src/widget.ts", { format: "esm", define });
// The standalone script stands inside an HTML page: nothing in it may end the script element.
const css = (await bundle("src/widget.css", {})).trimEnd();
const page = { format: "iife", define: { ...define, STYLE: JSON.stringify(css) } };
const standalone = (await bundle("src/standalone.ts", page)).replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");

// What JupyterLab shares with its extensions is left out and handed in when it loads ours.
const labCss = css + (await bundle("src/lab/lab.css", {})).trimEnd();
const shared = ["@jupyterlab/*", "@lumino/*", "@codemirror/*"];
const lab = await bundle("src/lab/index.ts", { format: "cjs", external: shared, define: { ...define, STYLE: JSON.stringify(labCss) } });
const needed = [...new Set([...lab.matchAll(/require\("([^"]+)"\)/g)].map((found) => found[1]))].sort();
const container = (await readFile(at("src/lab/container.js"), "utf8"))
  .replace("NEEDED", () => JSON.stringify(needed)).replace("BUNDLE", () => lab);
const load = `static/remoteEntry.${createHash("sha256").update(container).digest("hex").slice(0, 16)}.js`;
const project = await readFile(at("../../pyproject.toml"), "utf8");
const fact = (key) => new RegExp(`^${key} = "(.*)"$`, "m").exec(project)[1];
const manifest = {
  name: fact("name"), version: fact("version"), description: "The dataflow of a notebook in JupyterLab and Notebook 7.", license: fact("license"),
  jupyterlab: { extension: true, schemaDir: "schema", _build: { load, extension: "./extension" } },
};

const sizes = [
  ...(await write(at("../static/"), { "widget.js": widget, "standalone.js": standalone, "widget.css": css })),
  ...(await write(at("../labextension/"), {
    "package.json": `${JSON.stringify(manifest, null, 2)}\n`, [load]: container, "static/guide.html": await readFile(at("guide.html"), "utf8"),
    "install.json": JSON.stringify({ packageManager: "python", packageName: fact("name"), uninstallInstructions: `pip uninstall ${fact("name")}` }),
    "schemas/dagbook/plugin.json": await readFile(at("schema/plugin.json"), "utf8"),
    "schemas/dagbook/package.json.orig": `${JSON.stringify(manifest, null, 2)}\n`,
  })),
];
console.log(sizes.join(", "));
