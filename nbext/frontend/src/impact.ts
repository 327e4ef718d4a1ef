/** The impact of the last edit on a node's value, before and after, for the details panel. */

import type { PanelActions } from "./actions";
import { h, section } from "./dom";
import { iconElement } from "./icons";
import { IMPACT_LOOKS } from "./look";
import type { ImpactDetails, ViewNode } from "./model";
import { plural } from "./text";

/** The section of the panel; requests the details if they are not known yet. */
export function impactOf(node: ViewNode, actions: PanelActions): HTMLElement | null {
  if (node.impact === null) return null;
  const { verdict, details } = node.impact;
  const said = (text: string): HTMLElement =>
    h("p", { class: `db-impact db-impact-${verdict}` }, iconElement(IMPACT_LOOKS[verdict].icon, 13), text);
  if (verdict === "equal") return section("Since the last edit", said("Equal everywhere: its value is what it was."));
  if (details !== null) return section("Since the last edit", said(headline(details)), ...columns(details));
  actions.impact?.(node);
  return section("Since the last edit", said("Changed"), actions.impact === null ? null : h("p", { class: "db-soft" }, "Comparing before and after…"));
}

function headline(details: ImpactDetails): string {
  return details.rows === "" ? "Changed" : `Changed; rows: ${details.rows}`;
}

function columns(details: ImpactDetails): (HTMLElement | null)[] {
  const same = details.equal > 0 ? `${plural(details.equal, "column")} equal everywhere` : "";
  const more = details.more > 0 ? `${plural(details.more, "more column")} changed` : "";
  const rest = [more, same].filter(Boolean).join("; ");
  return [
    ...details.columns.map((column) => h(
      "div", { class: "db-impact-column" }, column.name === "" || column.name === "value" ? null : h("b", {}, column.name),
      h("dl", { class: "db-facts" }, ...column.facts.flatMap(([key, text]) => [h("dt", {}, key), h("dd", { title: text }, text)])),
    )),
    rest === "" ? null : h("p", { class: "db-soft" }, rest),
    details.note === "" ? null : h("p", {}, details.note),
  ];
}
