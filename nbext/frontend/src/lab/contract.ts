/** The contract: the messages between page and kernel, as plain data. */

import type { Update } from "../model";

/** A place in a cell's text: 0-based, columns in code points. */
export interface Position {
  line: number;
  column: number;
}

export interface Replacement {
  kind: "replace";
  cell: string;
  start: Position;
  end: Position;
  text: string;
}

export interface Insertion {
  kind: "insert";
  cell: string;
  where: "before" | "after";
  type: "code";
  text: string;
}

export type Edit = Replacement | Insertion;

export interface Fix {
  title: string;
  kind: string;
  edits: Edit[];
  /** What to select afterwards; cell "" = the one that was inserted. */
  cursor: { cell: string; start: Position; end: Position } | null;
}

export interface Problem {
  code: string;
  severity: "error" | "warning" | "info";
  message: string;
  hint: string;
  name: string;
  cell: string;
  label: string;
  start: Position;
  end: Position;
  cells: string[];
  fixes: Fix[];
}

export interface Explanation {
  code: string;
  title: string;
  means: string;
  /** The example that fails, and what is said about it. */
  wrong: string;
  right: string;
}

export interface Place {
  name: string;
  cell: string;
  label: string;
  start: Position;
  end: Position;
  role: string;
}

export interface Ref {
  name: string;
  kind: string;
  cell: string;
  label: string;
}

export interface Hover {
  name: string;
  kind: string;
  signature: string;
  type: string;
  doc: string;
  start: Position;
  end: Position;
  inputs: Ref[];
  consumers: Ref[];
  checks: { name: string; severity: string; conditions: string[] }[];
  seen: { state?: string; seconds?: number | null; type?: string; summary?: { shape?: string; preview?: string } | null };
}

export interface Completions {
  start: Position;
  end: Position;
  items: { text: string; kind: string; type: string; doc: string; cell: string; label: string }[];
}

export interface Renaming {
  old: string;
  new: string;
  edits: Edit[];
  conflicts: { cell: string; label: string; message: string }[];
}

export interface CellText {
  id: string;
  kind: "code" | "markdown";
  text: string;
  count: number | null;
}

/** The state of a cell relative to what ran: unchanged, edited since, or never run. */
export type CellState = "current" | "edited" | "new";

export type FromKernel =
  | { type: "view"; seq: number; view: unknown }
  | ({ type: "update"; seq: number } & Update)
  | { type: "notes"; problems: Problem[]; cells: Record<string, CellState> }
  | { type: "restored"; names: string[]; mode: string }
  | { type: "edits"; edits: Edit[] }
  | { type: "answer"; id: number; value: unknown; error: { code: string; message: string; hint: string } | null };

export type ToKernel =
  | { type: "cells"; cells: CellText[]; order: string[] | null }
  | { type: "sync" }
  | { type: "mode"; mode: string }
  | { type: "impact" | "columns"; name: string }
  | ({ type: "ask"; id: number; what: string } & Record<string, unknown>);
