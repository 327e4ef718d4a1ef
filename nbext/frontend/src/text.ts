/** Texts: how times, counts and types are written. */

/** A duration in a few characters: "0.4 ms", "12 ms", "1.2 s", "3 min". */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "";
  if (seconds < 0.00001) return "0 ms";
  if (seconds < 0.001) return `${(seconds * 1000).toFixed(2)} ms`;
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** "1 node", "12 nodes". */
export const plural = (n: number, noun: string): string => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

/** A share as a percentage that never rounds something to nothing. */
export function percent(share: number): string {
  if (share === 0) return "0 %";
  if (share < 0.001) return "< 0.1 %";
  if (share > 0.999 && share < 1) return "> 99.9 %";
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

/** A number in at most about seven characters. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(1);
  return String(Number(value.toPrecision(4)));
}

/** A moment as local time; the date only when it is not today. */
export function moment(iso: string | null, now = new Date()): string {
  if (iso === null) return "";
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return at.toDateString() === now.toDateString() ? time : `${at.toLocaleDateString()} ${time}`;
}

/** A text as far as it fits: its beginning, or with `middle` (names differ at the end) its beginning and end. */
export type Fit = (text: string, font: string, width: number, middle?: boolean) => string;

/** A fit by measured widths; remembered, because it is asked on every frame. */
export function fitter(measure: (text: string, font: string) => number): Fit {
  const known = new Map<string, string>();
  return (text, font, width, middle = false) => {
    const key = `${font}\n${Math.round(width)}\n${middle ? 1 : 0}${text}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    if (known.size > 30000) known.clear();
    const result = cut(text, middle, (t) => measure(t, font) <= width);
    known.set(key, result);
    return result;
  };
}

function cut(text: string, middle: boolean, fits: (t: string) => boolean): string {
  if (text === "" || fits(text)) return text;
  const glyphs = Array.from(text.length > 200 ? text.slice(0, 100) + text.slice(-100) : text);
  const kept = (n: number): string => {
    const tail = middle ? n >> 1 : 0;
    return `${glyphs.slice(0, n - tail).join("").trimEnd()}…${glyphs.slice(glyphs.length - tail).join("")}`;
  };
  let low = 0;
  let high = glyphs.length - 1;
  while (low < high) {
    const half = (low + high + 1) >> 1;
    if (fits(kept(half))) low = half;
    else high = half - 1;
  }
  return low === 0 ? "" : kept(low);
}
