/** Texts: times, counts and types; times and shares as in Python (`engine/values/figures.py`). */

/** A duration for display: "0.4 ms", "12 ms", "1.3 s", "2 min 5 s"; "" for null. */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "";
  // Halves are rounded up, as in Python.
  const rounded = (value: number): number => Math.floor(value + 0.5);
  if (seconds < 0.00005) return "<0.1 ms";
  if (seconds < 0.00995) return `${(rounded(seconds * 10_000) / 10).toFixed(1)} ms`;
  if (seconds < 0.9995) return `${rounded(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${(rounded(seconds * 10) / 10).toFixed(1)} s`;
  if (seconds < 3599.5) return `${Math.floor(rounded(seconds) / 60)} min ${rounded(seconds) % 60} s`;
  const minutes = rounded(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "1 node", "12 nodes". */
export const plural = (n: number, noun: string): string => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

/** A share as a percentage; 0 % and 100 % only for exact shares. */
export function percent(share: number): string {
  const value = share * 100;
  // Halves are rounded to the even number, as Python's formats do.
  if (value === 0 || value === 100 || (value >= 1 && value <= 99)) return `${value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value)} %`;
  if (value < 0.01) return "< 0.01 %";
  return `${Number(value < 1 ? value.toPrecision(2) : Math.min(value, 99.99).toPrecision(4))} %`;
}

/** A number in at most about seven characters. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(1);
  return String(Number(value.toPrecision(4)));
}

/** A moment as local time, with the date unless it is today. */
export function moment(iso: string | null, now = new Date()): string {
  if (iso === null) return "";
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return at.toDateString() === now.toDateString() ? time : `${at.toLocaleDateString()} ${time}`;
}

/** A text shortened to fit: its beginning, or with `middle` (names differ at the end) its beginning and end. */
export type Fit = (text: string, font: string, width: number, middle?: boolean) => string;

/** Shortens by measured widths; cached, because it is called on every frame. */
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
