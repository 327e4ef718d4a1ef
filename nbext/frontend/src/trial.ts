/** Trial: lays out one arrangement of a dataflow after the other, until all names can be read. */

import type { Candidate } from "./arrangement";
import { NEARLY, READABLE } from "./camera";
import type { LayoutResult } from "./layout/types";
import type { Picture } from "./picture";

/** A candidate with its layout: the zoom at which it fits, and whether all names can be read then. */
interface Trial {
  candidate: Candidate;
  layout: LayoutResult;
  zoom: number;
  legible: boolean;
}

const FEW = 12;

export interface Judge {
  layOut(picture: Picture, done: (layout: LayoutResult) => void): void;
  zoom(layout: LayoutResult): number;
  legible(picture: Picture, layout: LayoutResult, zoom: number): boolean;
  /** With more items than this no layout could be legible, so it is not tried. */
  most: number;
}

/** Calls back with the first legible level, or with the last one; families are collapsed before cards lose their details. */
export function tryLevels(levels: Iterator<Candidate[]>, judge: Judge, done: (candidate: Candidate, layout: LayoutResult, legible: boolean) => void): void {
  const take = (trial: Trial): void => done(trial.candidate, trial.layout, trial.legible);
  const next = (before: Trial | null, skipped: Candidate[]): void => {
    const step = levels.next();
    if (step.done) {
      if (skipped.length > 0) tryLevel(skipped, judge, take);
      else if (before !== null) take(before);
      return;
    }
    const candidates = step.value;
    if (before !== null && candidates[0].level !== "families" && (before.legible || isSmall(before))) return take(before);
    if (candidates[0].picture.items.length > judge.most) return next(null, candidates);
    tryLevel(candidates, judge, (trial) => {
      if (trial.legible && (trial.zoom >= READABLE || trial.candidate.level !== "nodes")) take(trial);
      else next(trial, []);
    });
  };
  next(null, []);
}

/** So few items that their headings would say less than they do, even with some names shortened. */
const isSmall = ({ candidate, zoom }: Trial): boolean => candidate.picture.items.length <= FEW && zoom >= NEARLY;

/** Of the candidates of one level, the second one is used if it can be shown much larger. */
function tryLevel(candidates: Candidate[], judge: Judge, done: (trial: Trial) => void): void {
  const layOut = (candidate: Candidate, then: (trial: Trial) => void): void =>
    judge.layOut(candidate.picture, (layout) => {
      const zoom = judge.zoom(layout);
      then({ candidate, layout, zoom, legible: judge.legible(candidate.picture, layout, zoom) });
    });
  layOut(candidates[0], (first) => {
    if (candidates.length === 1 || (first.legible && first.zoom >= 1.2 * READABLE)) return done(first);
    layOut(candidates[1], (second) => {
      const larger = second.zoom > 1.35 * first.zoom || (first.zoom < READABLE && second.zoom >= READABLE) || (second.legible && !first.legible);
      done(larger ? second : first);
    });
  });
}
