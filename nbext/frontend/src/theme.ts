/** Theme: colours and fonts, from JupyterLab's or VS Code's variables where they exist. */

import type { Kind, State } from "./model";

export interface Theme {
  dark: boolean;
  background: string;
  card: string;
  lane: string;
  line: string;
  laneLine: string;
  edge: string;
  text: string;
  soft: string;
  faint: string;
  accent: string;
  upstream: string;
  downstream: string;
  kind: Record<Kind, string>;
  state: Record<State | "none", string>;
  block: Record<State | "none", string>;
  font: string;
  mono: string;
}

const LIGHT = {
  kind: { input: "#0b7f86", param: "#7a4fc4", value: "#3a68a8", check: "#557a32" },
  state: { fresh: "#26905a", stale: "#b57608", running: "#1f6fd0", failed: "#cf3238", waiting: "#6d7886", none: "#8b95a1" },
  block: { fresh: "#93c8ab", stale: "#e9c47a", running: "#4d90e0", failed: "#dd5a5f", waiting: "#b4bcc6", none: "#bcc5d0" },
  accent: "#1f6fd0", upstream: "#6a55cf", downstream: "#d0670d",
};

const DARK = {
  kind: { input: "#4cc3c7", param: "#b294f0", value: "#82aee6", check: "#9cc474" },
  state: { fresh: "#56c288", stale: "#e2ae4a", running: "#62a8f7", failed: "#f27479", waiting: "#98a3b0", none: "#8a94a0" },
  block: { fresh: "#38745a", stale: "#96742f", running: "#3d7cc4", failed: "#c14d53", waiting: "#56606c", none: "#4f5965" },
  accent: "#62a8f7", upstream: "#a595fa", downstream: "#f29a4a",
};

type Rgb = [number, number, number];

/** Reads "#rgb", "#rrggbb" and "rgb(…)"; null for anything else. */
export function parseColour(text: string): Rgb | null {
  const t = text.trim();
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})(?:[0-9a-f]{2})?$/i.exec(t)?.[1];
  if (hex !== undefined) {
    const pairs = hex.length === 3 ? Array.from(hex, (c) => c + c) : hex.match(/../g)!;
    return pairs.map((p) => parseInt(p, 16)) as Rgb;
  }
  const parts = /^rgba?\(([^)]+)\)$/i.exec(t)?.[1].split(/[\s,/]+/).filter(Boolean).map(Number);
  if (parts === undefined || parts.length < 3 || parts.slice(0, 3).some(Number.isNaN)) return null;
  if (parts.length > 3 && parts[3] < 0.5) return null;
  return parts.slice(0, 3) as Rgb;
}

/** A share of one colour over another, opaque: drawing without transparency is faster and prints alike. */
export function mix(over: string, under: string, share: number): string {
  const a = parseColour(over) ?? [128, 128, 128];
  const b = parseColour(under) ?? [255, 255, 255];
  return `#${a.map((v, i) => Math.round(v * share + b[i] * (1 - share)).toString(16).padStart(2, "0")).join("")}`;
}

const luminance = (c: Rgb): number => (0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]) / 255;

function hexOf(colour: Rgb | null, fallback: string): string {
  return colour === null ? fallback : `#${colour.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`;
}

/** Builds a theme from its background; the rest follows. */
export function themeFor(background: string, text: string | null, font: string, mono: string): Theme {
  const dark = luminance(parseColour(background) ?? [255, 255, 255]) < 0.5;
  const palette = dark ? DARK : LIGHT;
  const ink = text ?? (dark ? "#e4e7ec" : "#1c2430");
  return {
    ...palette, dark, background, font, mono, text: ink,
    card: dark ? mix("#ffffff", background, 0.055) : background,
    lane: mix(dark ? "#ffffff" : "#34506f", background, dark ? 0.025 : 0.032),
    laneLine: mix(ink, background, dark ? 0.13 : 0.09),
    line: mix(ink, background, dark ? 0.28 : 0.2),
    edge: mix(ink, background, dark ? 0.36 : 0.32),
    soft: mix(ink, background, 0.68),
    faint: mix(ink, background, 0.42),
  };
}

const first = (style: CSSStyleDeclaration, ...names: string[]): string | null => {
  for (const name of names) {
    const value = style.getPropertyValue(name).trim();
    if (value !== "") return value;
  }
  return null;
};

/** The theme of the page around an element. */
export function readTheme(el: Element): Theme {
  const style = getComputedStyle(el);
  const named = first(style, "--jp-layout-color0", "--vscode-editor-background", "--dagbook-background");
  const prefersDark = typeof matchMedia === "function" && matchMedia("(prefers-color-scheme: dark)").matches;
  const colab = document.documentElement.getAttribute("theme") === "dark";
  const background = hexOf(parseColour(named ?? "") ?? pageColour(el), prefersDark || colab ? "#15191f" : "#ffffff");
  const ink = first(style, "--jp-ui-font-color0", "--vscode-editor-foreground");
  const font = first(style, "--jp-ui-font-family", "--vscode-font-family") ?? "system-ui, -apple-system, 'Segoe UI', sans-serif";
  const mono = first(style, "--jp-code-font-family", "--vscode-editor-font-family") ?? "ui-monospace, Menlo, Consolas, monospace";
  const text = parseColour(ink ?? "");
  return themeFor(background, text === null ? null : mix(hexOf(text, ""), background, 0.9), font, mono);
}

/** The first opaque background around an element. */
function pageColour(el: Element): Rgb | null {
  for (let at: Element | null = el.parentElement; at !== null; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    const rgb = colour === "transparent" ? null : parseColour(colour);
    if (rgb !== null) return rgb;
  }
  return null;
}

/** Hands the theme to the style sheet. */
export function applyTheme(el: HTMLElement, theme: Theme): void {
  const values: Record<string, string> = {
    bg: theme.background, card: theme.card, lane: theme.lane, line: theme.line, hair: theme.laneLine, text: theme.text,
    soft: theme.soft, faint: theme.faint, accent: theme.accent, up: theme.upstream, down: theme.downstream,
    font: theme.font, mono: theme.mono,
  };
  for (const [name, value] of Object.entries(theme.state)) values[`state-${name}`] = value;
  for (const [name, value] of Object.entries(theme.kind)) values[`kind-${name}`] = value;
  for (const [name, value] of Object.entries(values)) el.style.setProperty(`--db-${name}`, value);
  el.dataset.theme = theme.dark ? "dark" : "light";
}

/** Calls back when the page changes its theme; returns what ends that. */
export function watchTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  const options = { attributes: true, attributeFilter: ["class", "style", "theme", "data-jp-theme-name", "data-vscode-theme-id"] };
  for (const el of [document.body, document.documentElement]) observer.observe(el, options);
  const query = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;
  query?.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    query?.removeEventListener("change", changed);
  };
}
