/** Theme: colours and fonts, from JupyterLab's or VS Code's variables where they exist. */

import { THEMES, type Kind, type State } from "./look";

export interface Theme {
  dark: boolean;
  background: string;
  card: string;
  lane: string;
  hair: string;
  line: string;
  edge: string;
  text: string;
  /** For secondary texts. */
  soft: string;
  /** For unobtrusive icons and lines. */
  faint: string;
  accent: string;
  upstream: string;
  downstream: string;
  kind: Record<Kind, string>;
  state: Record<State | "none", string>;
  block: Record<State | "none", string>;
  /** The fill and the rim of a kind's card, and the fill of cards whose state needs attention. */
  fill: Record<Kind, string>;
  stroke: Record<Kind, string>;
  alert: Record<State, string>;
  font: string;
  mono: string;
}

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

/** A share of one colour over another, opaque, because drawing without transparency is faster and prints alike. */
export function mix(over: string, under: string, share: number): string {
  const a = parseColour(over) ?? [128, 128, 128];
  const b = parseColour(under) ?? [255, 255, 255];
  return `#${a.map((v, i) => Math.round(v * share + b[i] * (1 - share)).toString(16).padStart(2, "0")).join("")}`;
}

const luminance = (c: Rgb): number => (0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]) / 255;

function hexOf(colour: Rgb | null, fallback: string): string {
  return colour === null ? fallback : `#${colour.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`;
}

/** The theme for a page's background and text colour; null = those of the table. */
export function themeFor(background: string | null, text: string | null, font: string, mono: string): Theme {
  const dark = background !== null && luminance(parseColour(background) ?? [255, 255, 255]) < 0.5;
  const table = THEMES[dark ? "dark" : "light"];
  const under = background ?? table.background;
  const ink = text ?? table.text;
  const over = (name: keyof typeof table.over): string => {
    const [colour, share] = table.over[name] as [string, number];
    return mix(colour === "text" ? ink : colour, under, share);
  };
  const card = over("card");
  const tinted = <K extends string>(colours: Record<K, string>, share: number): Record<K, string> =>
    Object.fromEntries(Object.entries<string>(colours).map(([key, colour]) => [key, mix(colour, card, share)])) as Record<K, string>;
  return {
    dark, background: under, text: ink, card, lane: over("lane"), hair: over("hair"), line: over("line"), edge: over("edge"),
    soft: over("soft"), faint: over("faint"), accent: table.accent, upstream: table.upstream, downstream: table.downstream,
    kind: table.kind, state: table.state, block: table.block, fill: tinted(table.kind, table.tint.fill),
    stroke: tinted(table.kind, table.tint.stroke), alert: tinted(table.state, table.tint.alert), font, mono,
  };
}

/** The light theme, used in texts for other programs. */
export const LIGHT = themeFor(null, null, "", "");

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
  const background = hexOf(parseColour(named ?? "") ?? pageColour(el), THEMES[prefersDark || colab ? "dark" : "light"].background);
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

/** A style sheet with the colours of kinds and states, in JupyterLab's light and dark themes. */
export function colourRules(): string {
  const rule = (selector: string, theme: "light" | "dark"): string => {
    const colours = Object.entries({ ...THEMES[theme].kind, ...THEMES[theme].state });
    return `${selector}{${colours.map(([name, colour]) => `--dagbook-${name}:${colour}`).join(";")}}`;
  };
  return rule("body", "light") + rule('body[data-jp-theme-light="false"]', "dark");
}

/** Sets the theme's colours as variables of the style sheet. */
export function applyTheme(el: HTMLElement, theme: Theme): void {
  const values: Record<string, string> = {
    bg: theme.background, card: theme.card, lane: theme.lane, line: theme.line, hair: theme.hair, text: theme.text,
    soft: theme.soft, faint: theme.faint, accent: theme.accent, up: theme.upstream, down: theme.downstream,
    font: theme.font, mono: theme.mono,
  };
  for (const [name, value] of Object.entries(theme.state)) values[`state-${name}`] = value;
  for (const [name, value] of Object.entries(theme.kind)) values[`kind-${name}`] = value;
  for (const [name, value] of Object.entries(values)) el.style.setProperty(`--db-${name}`, value);
  el.dataset.theme = theme.dark ? "dark" : "light";
}

/** Calls back when the page changes its theme; returns the function that ends that. */
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
