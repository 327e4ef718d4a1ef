/** The editor: underlines problems while typing, and describes the name under the pointer. */

import { StateEffect, StateField, type Extension } from "@codemirror/state";
import { Decoration, EditorView, hoverTooltip, type DecorationSet, type Tooltip } from "@codemirror/view";
import type { Cell } from "@jupyterlab/cells";
import type { CodeMirrorEditor } from "@jupyterlab/codemirror";
import type { TranslationBundle } from "@jupyterlab/translation";
import { h } from "../dom";
import type { State } from "../look";
import { duration } from "../text";
import { offsetOf, positionOf } from "./cells";
import type { Hover, Problem, Ref } from "./contract";
import type { Link } from "./link";
import { fixButton } from "./lists";
import { stateWord } from "./words";

const setProblems = StateEffect.define<Problem[]>();
const CLASSES = { error: "db-wrong", warning: "db-doubtful", info: "db-noted" };

const underlined = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    const effect = transaction.effects.find((one) => one.is(setProblems));
    if (effect === undefined) return marks.map(transaction.changes);
    const text = transaction.newDoc.toString();
    const ranges = (effect.value as Problem[]).flatMap((problem) => {
      const from = offsetOf(text, problem.start);
      const to = Math.max(offsetOf(text, problem.end), Math.min(from + 1, text.length));
      return to > from ? [Decoration.mark({ class: CLASSES[problem.severity], problem }).range(from, to)] : [];
    });
    return Decoration.set(ranges, true);
  },
  provide: (field) => EditorView.decorations.from(field),
});

export interface EditorOptions {
  underline: boolean;
  hover: boolean;
}

/** Adds notes and hovers to every editor of a notebook with a dataflow. */
export class Editors {
  private fitted = new WeakSet<object>();
  private shown = new WeakMap<object, string>();
  /** Cells that JupyterLab renders when the user scrolls to them. */
  private awaited = new WeakSet<Cell>();
  private notes = new Map<string, Problem[]>();

  constructor(private link: Link, private options: () => EditorOptions, private trans: TranslationBundle) {
    link.changed.connect((_, news) => {
      if (news !== "view") this.update();
    });
  }

  /** Draws everything again after settings changed. */
  update(): void {
    if (this.link.panel.isDisposed) return;
    this.notes = new Map();
    if (this.link.connected && this.options().underline) {
      for (const problem of this.link.problems) this.notes.set(problem.cell, [...(this.notes.get(problem.cell) ?? []), problem]);
    }
    for (const cell of this.link.panel.content.widgets) {
      if (cell.model.type !== "code") continue;
      if (cell.editor !== null) this.show(cell);
      else if (!this.awaited.has(cell)) {
        this.awaited.add(cell);
        void cell.ready.then(() => this.show(cell));
      }
    }
  }

  private show(cell: Cell): void {
    const editor = cell.editor as CodeMirrorEditor | null;
    if (cell.isDisposed || editor === null || editor.isDisposed) return;
    const problems = this.notes.get(cell.model.id) ?? [];
    const key = JSON.stringify(problems);
    if (!this.fitted.has(editor)) {
      if (problems.length === 0 && !this.link.connected) return;
      this.fitted.add(editor);
      editor.injectExtension([underlined, this.hovers(cell)]);
    } else if (this.shown.get(editor) === key) return;
    this.shown.set(editor, key);
    editor.editor.dispatch({ effects: setProblems.of(problems) });
  }

  private hovers(cell: Cell): Extension {
    return hoverTooltip(async (view, at): Promise<Tooltip | null> => {
      if (!this.options().hover || !this.link.connected) return null;
      const here: { from: number; to: number; problem: Problem }[] = [];
      view.state.field(underlined).between(at, at, (from, to, mark) => void here.push({ from, to, problem: mark.spec.problem as Problem }));
      const text = view.state.doc.toString();
      const found = await this.link.ask<Hover | null>("inspect", { cell: cell.model.id, ...positionOf(text, at) }).catch(() => null);
      if (found === null && here.length === 0) return null;
      const from = found === null ? here[0].from : offsetOf(text, found.start);
      const to = found === null ? here[0].to : offsetOf(text, found.end);
      const dom = h("div", { class: "db-lab db-hover" }, ...here.map((one) => this.problem(one.problem)), found === null ? null : this.describe(found));
      return { pos: from, end: to, above: true, create: () => ({ dom }) };
    }, { hoverTime: 350 });
  }

  private problem(problem: Problem): HTMLElement {
    const fixes = problem.fixes.map((fix) => fixButton(this.link, fix));
    return h("div", {}, h("div", {}, h("b", {}, problem.code), ` ${problem.message}`), problem.hint === "" ? null : h("div", { class: "db-lab-soft" }, this.trans.__("Hint: %1", problem.hint)), fixes.length === 0 ? null : h("div", { class: "db-lab-fixes" }, ...fixes));
  }

  private describe(found: Hover): HTMLElement {
    const { trans } = this;
    const refs = (title: string, list: Ref[]): HTMLElement | null => (list.length === 0 ? null : h("div", {}, h("span", { class: "db-lab-soft" }, `${title} `), list.map((ref) => ref.name).join(", ")));
    const { state, seconds, summary } = found.seen;
    const facts = [state === undefined ? "" : stateWord(state as State, trans), duration(seconds ?? null), found.seen.type ?? "", summary?.shape ?? ""].filter((part) => part !== "").join(" · ");
    return h(
      "div", {}, h("code", {}, found.signature === "" ? found.name : found.signature), h("span", { class: "db-lab-soft" }, `  ${found.kind}`),
      found.doc === "" ? null : h("p", {}, found.doc), facts === "" ? null : h("div", { class: state === undefined ? "" : `db-lab-${state}` }, facts),
      refs(trans.__("reads"), found.inputs), refs(trans.__("feeds"), found.consumers),
      ...found.checks.flatMap((check) => check.conditions.map((text) => h("div", {}, h("span", { class: "db-lab-soft" }, `${trans.__("check")} `), text))),
      summary?.preview ? h("pre", {}, summary.preview) : null,
    );
  }
}
