/** The small histogram in the details, the bars of one line, and those of the commonest values. */

import { h } from "./dom";
import type { Histogram, Summary } from "./model";
import { percent, short } from "./text";

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 268;
const HEIGHT = 52;

export function histogramElement(histogram: Histogram): HTMLElement | null {
  const counts = histogram.counts.filter((n) => Number.isFinite(n) && n >= 0);
  const most = Math.max(...counts, 0);
  if (most === 0 || histogram.edges.length < 2) return null;
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("class", "db-histogram");
  svg.setAttribute("role", "img");
  const [low, high] = [histogram.edges[0], histogram.edges[histogram.edges.length - 1]];
  svg.setAttribute("aria-label", `Histogram of ${counts.length} bins from ${short(low)} to ${short(high)}`);
  const step = WIDTH / counts.length;
  counts.forEach((n, i) => {
    const bar = document.createElementNS(NS, "rect");
    const height = n === 0 ? 0 : Math.max(1.5, (n / most) * (HEIGHT - 2));
    const box = { x: i * step + 0.5, y: HEIGHT - height, width: Math.max(1, step - 1), height };
    for (const [key, value] of Object.entries(box)) bar.setAttribute(key, value.toFixed(2));
    const title = document.createElementNS(NS, "title");
    title.textContent = `${short(histogram.edges[i])} to ${short(histogram.edges[i + 1] ?? high)}: ${n}`;
    bar.append(title);
    svg.append(bar);
  });
  return h("div", {}, svg as unknown as HTMLElement, h("div", { class: "db-axis" }, h("span", {}, short(low)), h("span", {}, short(high))));
}

/** A distribution as small bars; null without one. */
export function bars(shares: number[], title: string): HTMLElement | null {
  const most = Math.max(...shares, 0);
  if (most === 0) return null;
  const [width, height] = [60, 14];
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("class", "db-bars");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `Distribution, ${title}`);
  const step = width / shares.length;
  shares.forEach((share, i) => {
    const bar = document.createElementNS(NS, "rect");
    const tall = share === 0 ? 0 : Math.max(1, (share / most) * height);
    for (const [key, value] of Object.entries({ x: i * step, y: height - tall, width: Math.max(1, step - 0.7), height: tall })) bar.setAttribute(key, value.toFixed(2));
    svg.append(bar);
  });
  return svg as unknown as HTMLElement;
}

export function topElement(top: NonNullable<Summary["top"]>): HTMLElement {
  const most = Math.max(1, ...top.map(([, n]) => n));
  const total = Math.max(1, top.reduce((sum, [, n]) => sum + n, 0));
  return h("div", { class: "db-top" }, ...top.slice(0, 8).flatMap(([value, n]) => {
    const bar = h("span", { class: "db-bar" });
    bar.style.width = `${(n / most) * 100}%`;
    return [
      h("span", { class: "db-top-name", title: String(value) }, String(value)),
      h("span", { class: "db-bar-track" }, bar),
      h("span", { class: "db-number", title: percent(n / total) }, n.toLocaleString("en")),
    ];
  }));
}
