/** The arrangement of a dataflow on the canvas: boxes, collapsed groups, focus and direction, chosen by the user or automatically. */

import type { Graph } from "./model";
import { boxesHelp, familyId, picture, type Focus, type Options, type Picture } from "./picture";

/** What is collapsed automatically: nothing, families, or families and headings. */
export type Level = "nodes" | "families" | "headings";
const LEVELS: readonly Level[] = ["nodes", "families", "headings"];
/** Smaller groups are not collapsed automatically. */
const FEWEST = { heading: 2, family: 3 };

export type Direction = "auto" | "right" | "down";

/** What is stored for the next visit. */
export interface Saved {
  boxes: boolean | "auto";
  level: Level;
  auto: boolean;
  choices: [string, boolean][];
  direction: Direction;
}

/** One way to show the graph. */
export interface Candidate {
  picture: Picture;
  level: Level;
  boxes: boolean;
}

export class Arrangement {
  /** Whether headings have boxes; "auto" = unless the picture is much larger with them. */
  boxes: boolean | "auto" = "auto";
  direction: Direction = "auto";
  focus: Focus | null = null;
  private level: Level = "nodes";
  /** Whether more is collapsed when names cannot be read. */
  private auto = true;
  /** Groups that the user collapsed or opened, by id. */
  private choices = new Map<string, boolean>();

  constructor(saved: Saved | null = null) {
    if (saved === null) return;
    [this.boxes, this.level, this.auto, this.direction] = [saved.boxes, saved.level, saved.auto, saved.direction];
    this.choices = new Map(saved.choices);
  }

  saved(): Saved {
    return { boxes: this.boxes, level: this.level, auto: this.auto, choices: [...this.choices], direction: this.direction };
  }

  /** Resets the choices for another dataflow. */
  reset(): void {
    [this.boxes, this.level, this.auto] = ["auto", "nodes", true];
    this.choices.clear();
  }

  /** Opens or collapses one group. */
  choose(id: string, collapsed: boolean): void {
    this.choices.set(id, collapsed);
  }

  /** Collapses all groups up to a level, regardless of earlier choices, and ends automatic collapsing. */
  collapse(level: Level): void {
    [this.level, this.auto] = [level, false];
    this.choices.clear();
  }

  /** Keeps the drawn level, so that later changes do not open what is collapsed. */
  settle(drawn: Candidate, steady: boolean): void {
    if (this.focus !== null) return;
    this.level = drawn.level;
    if (steady && this.boxes === "auto") this.boxes = drawn.boxes;
  }

  /**
   * The ways to show a graph, level by level, the most detailed ones first: the first level in which all names can be read
   * is drawn. Each level has one or two, with boxes for headings and without.
   */
  *levels(graph: Graph): Generator<Candidate[]> {
    const boxes = this.boxes === "auto" ? (boxesHelp(graph) ? [true, false] : [false]) : [this.boxes];
    // A focus may be small enough to be shown completely.
    const first = this.auto && this.focus !== null ? "nodes" : this.level;
    let items = Infinity;
    for (const level of this.auto ? LEVELS.slice(LEVELS.indexOf(first)) : [this.level]) {
      const candidates = boxes.map((withBoxes): Candidate => ({ picture: picture(graph, this.options(level, withBoxes)), level, boxes: withBoxes }));
      // Skip a level that collapses nothing more.
      if (candidates[0].picture.items.length >= items) continue;
      items = candidates[0].picture.items.length;
      // If all headings are collapsed, there are no boxes to leave out.
      yield candidates[0].picture.lane.some((heading) => heading > 0) ? candidates : candidates.slice(0, 1);
    }
  }

  /** The least detailed way that may be drawn: small enough to be laid out at once. */
  coarsest(graph: Graph): Candidate {
    const level = this.auto ? "headings" : this.level;
    const boxes = this.boxes === true || (this.boxes === "auto" && boxesHelp(graph));
    return { picture: picture(graph, this.options(level, boxes)), level, boxes };
  }

  private options(level: Level, boxes: boolean): Options {
    const collapsed = (id: string, size: number): boolean => {
      const family = id.startsWith(familyId(""));
      return this.choices.get(id) ?? (family ? level !== "nodes" && size >= FEWEST.family : level === "headings" && size >= FEWEST.heading);
    };
    return { boxes, collapsed, focus: this.focus };
  }

  /** Whether edges run downwards in a room. */
  down([width, height]: readonly [number, number]): boolean {
    return this.direction === "auto" ? width < 0.8 * height : this.direction === "down";
  }
}
