/** The columns of a node's value in the details panel: contents, origin, readers and checks of each. */

import type { PanelActions } from "./actions";
import { h, section } from "./dom";
import { bars } from "./histogram";
import { iconElement } from "./icons";
import { VERDICT_LOOKS } from "./look";
import type { Column, Columns, ViewNode } from "./model";
import { percent, plural, short } from "./text";

const MARKS = {
  Holds: { ...VERDICT_LOOKS.held, says: "its checks hold" }, Warns: { ...VERDICT_LOOKS.warned, says: "a check warns" }, Fails: { ...VERDICT_LOOKS.failed, says: "a check fails" },
};
const TABLE = /\b(?:DataFrame|LazyFrame|Table)\b/;

/** The section of the panel; requests the columns if they are not known yet. */
export function columnsOf(node: ViewNode, actions: PanelActions, link: (name: string) => HTMLElement): HTMLElement | null {
  if (node.summary === null || !TABLE.test(node.summary.type || node.type)) return null;
  if (node.columns === null) {
    actions.columns?.(node);
    return actions.columns === null ? null : section("Columns", h("p", { class: "db-soft" }, "Reading the columns…"));
  }
  if (node.columns.columns.length === 0) return null;
  return section("Columns", ...node.columns.columns.map((column) => columnElement(node, column, actions, link)), rest(node.columns, link));
}

const outcome = ({ held, warns }: Column["checks"][number]): keyof typeof MARKS => (held ? "Holds" : warns ? "Warns" : "Fails");

/** One line for a column; what it is made of and who reads it is below, when opened. */
function columnElement(node: ViewNode, column: Column, actions: PanelActions, link: (name: string) => HTMLElement): HTMLElement {
  const said = column.checks.map(outcome);
  const worst = (["Fails", "Warns", "Holds"] as const).find((word) => said.includes(word));
  const mark = worst === undefined ? null : h("span", { class: `db-state-${MARKS[worst].state}`, role: "img", "aria-label": MARKS[worst].says }, iconElement(MARKS[worst].icon, 11));
  const gaps = column.nulls > 0 ? `${percent(column.nulls)} missing` : "";
  const shown = h("summary", { class: "db-column" }, h("span", { class: "db-column-name", title: column.name }, column.name), mark, h("span", { class: "db-soft" }, column.type), h("span", { class: "db-soft" }, gaps), bars(column.shares, range(column)));
  const path = column.path.length === 0 ? null : h(
    "button", { class: "db-button", title: "Show only the nodes from which this column comes and that it reaches", click: () => actions.focus({ name: node.name, mode: "column", column: column.name, nodes: column.path }) }, "Lineage of the column",
  );
  return h("details", {}, shown, facts(column, link), path);
}

function range(column: Column): string {
  if (column.low === null || column.high === null) return "";
  const text = column.time ? day : short;
  return `${text(column.low)} to ${text(column.high)}`;
}

/** A time as the data has it, without a zone and without a midnight. */
function day(seconds: number): string {
  const at = new Date(seconds * 1000);
  return Number.isNaN(at.getTime()) ? short(seconds) : at.toISOString().slice(0, 16).replace("T", " ").replace(" 00:00", "");
}

function facts(column: Column, link: (name: string) => HTMLElement): HTMLElement {
  const top = column.top.map(([text, share]) => `${text} ${percent(share)}`).join(", ");
  const rows: [string, string | HTMLElement | null][] = [
    ["Missing", percent(column.nulls)],
    ["Different", column.unique === null ? null : `${column.sampled ? "at least " : ""}${column.unique.toLocaleString("en")}`],
    ["Range", range(column) || null], ["Most", top || null], ["Made of", column.from.join(", ") || null],
    ["Read by", column.read_by.length === 0 ? null : h("span", { class: "db-links" }, ...column.read_by.map(link))],
    ...column.checks.map((check): [string, string] => [outcome(check), check.message]),
  ];
  return h("dl", { class: "db-facts" }, ...rows.flatMap(([key, value]) => (value === null ? [] : [h("dt", {}, key), h("dd", {}, value)])));
}

/** What is said of all columns. */
function rest(columns: Columns, link: (name: string) => HTMLElement): HTMLElement | null {
  const { more = 0, read_whole_by: whole = [], rows_by: rows = [], exact = true } = columns;
  const parts = [
    more > 0 && h("p", { class: "db-soft" }, `and ${plural(more, "more column")}`),
    rows.length > 0 && h("p", { class: "db-soft" }, `Rows chosen, ordered or grouped by ${rows.join(", ")}.`),
    whole.length > 0 && h("p", { class: "db-soft" }, "Read as a whole by ", ...whole.map(link)),
    !exact && h("p", { class: "db-soft" }, "Other columns may count, too; the code does not show which."),
  ].filter((part) => part !== false);
  return parts.length === 0 ? null : h("div", {}, ...parts);
}
