/** Surface: the part of a 2D canvas that the drawing uses, and the same part written as SVG. */

export type Surface = Pick<
  CanvasRenderingContext2D,
  | "save" | "restore" | "translate" | "scale" | "beginPath" | "closePath" | "moveTo" | "lineTo" | "bezierCurveTo"
  | "arc" | "rect" | "fill" | "stroke" | "fillRect" | "fillText" | "strokeText" | "setLineDash"
  | "fillStyle" | "strokeStyle" | "lineWidth" | "lineCap" | "lineJoin" | "font" | "textAlign" | "textBaseline" | "globalAlpha"
>;

/** Only lines and curves, for icons. */
export type Path = Pick<Surface, "moveTo" | "lineTo" | "bezierCurveTo" | "arc" | "closePath" | "rect">;

interface Pen {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  lineCap: CanvasLineCap;
  lineJoin: CanvasLineJoin;
  font: string;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
  globalAlpha: number;
  dash: number[];
  x: number;
  y: number;
  k: number;
}

const number = (value: number): string => String(Math.round(value * 100) / 100);

/** Text for an XML document: markup characters escaped, characters that XML forbids left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replace(/[<>&"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** Collects path commands as the `d` of an SVG path. */
export class PathText implements Path {
  d = "";
  constructor(private x = 0, private y = 0, private k = 1) {}
  private at(x: number, y: number): string {
    return `${number(x * this.k + this.x)} ${number(y * this.k + this.y)}`;
  }
  moveTo(x: number, y: number): void {
    this.d += `M${this.at(x, y)}`;
  }
  lineTo(x: number, y: number): void {
    this.d += `L${this.at(x, y)}`;
  }
  bezierCurveTo(a: number, b: number, c: number, d: number, x: number, y: number): void {
    this.d += `C${this.at(a, b)} ${this.at(c, d)} ${this.at(x, y)}`;
  }
  rect(x: number, y: number, w: number, h: number): void {
    this.d += `M${this.at(x, y)}h${number(w * this.k)}v${number(h * this.k)}h${number(-w * this.k)}z`;
  }
  closePath(): void {
    this.d += "z";
  }
  arc(x: number, y: number, r: number, from: number, to: number): void {
    const turn = Math.min(Math.abs(to - from), 2 * Math.PI);
    const whole = turn > 2 * Math.PI - 1e-6;
    const point = (a: number): string => this.at(x + r * Math.cos(a), y + r * Math.sin(a));
    const size = number(r * this.k);
    this.d += `${this.d === "" || this.d.endsWith("z") ? "M" : "L"}${point(from)}`;
    if (whole) this.d += `A${size} ${size} 0 1 1 ${point(from + Math.PI)}A${size} ${size} 0 1 1 ${point(to)}`;
    else this.d += `A${size} ${size} 0 ${turn > Math.PI ? 1 : 0} 1 ${point(to)}`;
  }
}

/** Draws into SVG elements; every text is escaped. */
export class SvgSurface implements Surface {
  fillStyle = "#000";
  strokeStyle = "#000";
  lineWidth = 1;
  lineCap: CanvasLineCap = "butt";
  lineJoin: CanvasLineJoin = "miter";
  font = "10px sans-serif";
  textAlign: CanvasTextAlign = "start";
  textBaseline: CanvasTextBaseline = "alphabetic";
  globalAlpha = 1;
  private dash: number[] = [];
  private x = 0;
  private y = 0;
  private k = 1;
  private stack: Pen[] = [];
  private path = new PathText();
  readonly out: string[] = [];

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, font, textAlign, textBaseline, globalAlpha, dash, x, y, k } = this;
    this.stack.push({ fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, font, textAlign, textBaseline, globalAlpha, dash, x, y, k });
  }
  restore(): void {
    Object.assign(this, this.stack.pop());
  }
  translate(x: number, y: number): void {
    this.x += x * this.k;
    this.y += y * this.k;
  }
  scale(k: number): void {
    this.k *= k;
  }
  setLineDash(dash: Iterable<number>): void {
    this.dash = [...dash];
  }
  beginPath(): void {
    this.path = new PathText(this.x, this.y, this.k);
  }
  closePath(): void {
    this.path.closePath();
  }
  moveTo(x: number, y: number): void {
    this.path.moveTo(x, y);
  }
  lineTo(x: number, y: number): void {
    this.path.lineTo(x, y);
  }
  bezierCurveTo(a: number, b: number, c: number, d: number, x: number, y: number): void {
    this.path.bezierCurveTo(a, b, c, d, x, y);
  }
  arc(x: number, y: number, r: number, from: number, to: number): void {
    this.path.arc(x, y, r, from, to);
  }
  rect(x: number, y: number, w: number, h: number): void {
    this.path.rect(x, y, w, h);
  }
  fill(): void {
    this.add(`fill="${escapeXml(this.fillStyle)}"`, "fill");
  }
  stroke(): void {
    const dash = this.dash.length > 0 ? ` stroke-dasharray="${this.dash.map((d) => number(d * this.k)).join(" ")}"` : "";
    const style = `stroke="${escapeXml(this.strokeStyle)}" stroke-width="${number(this.lineWidth * this.k)}"`;
    this.add(`fill="none" ${style} stroke-linecap="${this.lineCap}" stroke-linejoin="${this.lineJoin}"${dash}`, "stroke");
  }
  private add(style: string, kind: string): void {
    const alpha = this.globalAlpha < 1 ? ` ${kind}-opacity="${number(this.globalAlpha)}"` : "";
    if (this.path.d !== "") this.out.push(`<path d="${this.path.d}" ${style}${alpha}/>`);
  }
  fillRect(x: number, y: number, w: number, h: number): void {
    this.beginPath();
    this.rect(x, y, w, h);
    this.fill();
  }
  /** A halo: the text's outline in the colour of the stroke. */
  strokeText(text: string, x: number, y: number): void {
    this.text(text, x, y, `fill="none" stroke="${escapeXml(this.strokeStyle)}" stroke-width="${number(this.lineWidth * this.k)}" stroke-linejoin="round"`);
  }
  fillText(text: string, x: number, y: number): void {
    const alpha = this.globalAlpha < 1 ? ` fill-opacity="${number(this.globalAlpha)}"` : "";
    this.text(text, x, y, `fill="${escapeXml(this.fillStyle)}"${alpha}`);
  }
  private text(text: string, x: number, y: number, style: string): void {
    const font = /^(?:(\d+|bold) )?([\d.]+)px (.*)$/.exec(this.font) ?? ["", "", "12", "sans-serif"];
    const anchor = { center: "middle", right: "end", end: "end" }[this.textAlign as string] ?? "start";
    const drop = this.textBaseline === "middle" ? 0.35 * Number(font[2]) : 0;
    const place = `x="${number(x * this.k + this.x)}" y="${number((y + drop) * this.k + this.y)}"`;
    const face = `font-family="${escapeXml(font[3])}" font-size="${number(Number(font[2]) * this.k)}"`;
    const weight = font[1] ? ` font-weight="${font[1]}"` : "";
    this.out.push(`<text ${place} ${face}${weight} text-anchor="${anchor}" ${style} xml:space="preserve">${escapeXml(text)}</text>`);
  }
}
