// The page around a static picture: pan, zoom, search and details. Texts only ever go through textContent.
"use strict";
const view = JSON.parse(document.getElementById("dagbook-view").textContent);
const stage = document.querySelector("main");
const svg = stage.querySelector("svg");
const panel = document.querySelector("aside");
const search = document.querySelector("input");
const cards = new Map([...svg.querySelectorAll(".dagbook-node[data-name]")].map((card) => [card.dataset.name, card]));
const lines = [...svg.querySelectorAll("path[data-from]")];
const nodes = new Map(view.nodes.map((node) => [node.name, node]));
const size = { width: svg.width.baseVal.value, height: svg.height.baseVal.value };
let at = { x: 0, y: 0, scale: 1 };

function show(next) {
  at = { ...next, scale: Math.min(Math.max(next.scale, 0.03), 6) };
  svg.style.transform = `translate(${at.x}px, ${at.y}px) scale(${at.scale})`;
}

function fit() {
  const scale = Math.min(stage.clientWidth / size.width, stage.clientHeight / size.height, 1.25);
  show({ x: (stage.clientWidth - size.width * scale) / 2, y: (stage.clientHeight - size.height * scale) / 2, scale });
}

function zoom(factor, x, y) {
  const scale = Math.min(Math.max(at.scale * factor, 0.03), 6);
  const grown = scale / at.scale;
  show({ x: x - (x - at.x) * grown, y: y - (y - at.y) * grown, scale });
}

function reach(name, from, to) {
  const found = new Set([name]);
  const next = new Map();
  for (const line of lines) {
    const start = line.dataset[from];
    if (!next.has(start)) next.set(start, []);
    next.get(start).push(line.dataset[to]);
  }
  for (const one of found) for (const other of next.get(one) ?? []) found.add(other);
  return found;
}

function light(name) {
  const upstream = name === null ? new Set() : reach(name, "to", "from");
  const downstream = name === null ? new Set() : reach(name, "from", "to");
  svg.classList.toggle("lit", name !== null);
  for (const [other, card] of cards) {
    card.classList.toggle("lit", upstream.has(other) || downstream.has(other));
    card.classList.toggle("chosen", other === name);
  }
  for (const { dataset, classList } of lines) {
    const { from, to } = dataset;
    classList.toggle("lit", (upstream.has(from) && upstream.has(to)) || (downstream.has(from) && downstream.has(to)));
  }
}

function facts(node) {
  const summary = node.summary ?? {};
  const joined = (list) => (list ?? []).join(", ");
  const readers = view.nodes.filter((other) => other.inputs.includes(node.name)).map((other) => other.name);
  return [
    ["kind", [node.kind, node.state].filter(Boolean).join(", ")],
    ["documentation", node.doc],
    ["type", [node.type || summary.type, summary.shape].filter(Boolean).join(", ")],
    ["inputs", joined(node.inputs)],
    ["read by", joined(readers)],
    ["waits for", joined(node.waiting)],
    ["cell", [node.cell, node.group].filter(Boolean).join(" ")],
    ["tags", Object.entries(node.tags ?? {}).map(([key, value]) => `${key}=${value}`).join(", ")],
    ["variants", (node.variants ?? []).map(({ when, inputs, cell }) =>
      `${Object.entries(when).map(([key, value]) => `${key}=${value}`).join(", ")}: ${inputs.join(", ")} ${cell}`).join("\n")],
    ["conditions", (node.conditions ?? []).map(({ held, message, detail }) =>
      `${held ? "✓" : "✗"} ${message} ${detail}`.trim()).join("\n")],
    ["error", node.error ? [node.error.code, node.error.message, node.error.hint].filter(Boolean).join("\n") : ""],
    ["seconds", node.seconds == null ? "" : String(node.seconds)],
    ["value", summary.preview, "code"],
    ["source", node.source, "code"],
  ].filter(([, text]) => text);
}

function choose(name) {
  const node = nodes.get(name) ?? null;
  light(node && name);
  panel.hidden = node === null;
  panel.replaceChildren();
  if (node === null) return;
  const title = document.createElement("h2");
  title.textContent = node.name;
  const list = document.createElement("dl");
  for (const [label, text, style] of facts(node)) {
    const term = document.createElement("dt");
    const detail = document.createElement("dd");
    term.textContent = label;
    detail.textContent = text;
    detail.className = style ?? "";
    list.append(term, detail);
  }
  panel.append(title, list);
}

function go(name) {
  const [x, y] = [cards.get(name).transform.baseVal[0].matrix.e, cards.get(name).transform.baseVal[0].matrix.f];
  choose(name);
  const scale = Math.max(at.scale, 0.8);
  show({ x: stage.clientWidth / 2 - (x + 80) * scale, y: stage.clientHeight / 2 - (y + 30) * scale, scale });
}

for (const [name, card] of cards) {
  card.setAttribute("tabindex", "0");
  card.setAttribute("role", "button");
  card.setAttribute("aria-label", name);
  card.addEventListener("keydown", ({ key }) => key === "Enter" && choose(name));
}
svg.setAttribute("role", "group");

let held = null;
let moved = 0;
stage.addEventListener("pointerdown", (event) => {
  held = event.button === 0 ? { x: event.clientX, y: event.clientY } : null;
  moved = 0;
});
addEventListener("pointermove", (event) => {
  if (!held) return;
  const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
  moved += Math.abs(dx) + Math.abs(dy);
  held = { x: event.clientX, y: event.clientY };
  stage.classList.add("dragged");
  show({ ...at, x: at.x + dx, y: at.y + dy });
});
addEventListener("pointerup", () => {
  held = null;
  stage.classList.remove("dragged");
});
stage.addEventListener("click", (event) => {
  if (moved < 5) choose(event.target.closest?.(".dagbook-node")?.dataset.name ?? null);
});
stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  const { left, top } = stage.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - left, event.clientY - top);
}, { passive: false });
search.addEventListener("input", () => {
  const asked = search.value.trim().toLowerCase();
  const names = [...cards.keys()];
  const found = asked && (names.find((name) => name.toLowerCase().startsWith(asked)) ??
    names.find((name) => name.toLowerCase().includes(asked)));
  if (found) go(found);
  else choose(null);
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
  if (event.key === "Escape") {
    search.value = "";
    search.blur();
    choose(null);
  }
});
document.querySelector("button").addEventListener("click", fit);
addEventListener("resize", fit);
fit();
