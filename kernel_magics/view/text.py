"""Lineage as a table: a node's upstream and downstream; and the view as plain lines."""

from typing import Literal, TypedDict

from kernel_magics.tables.plural import plural
from kernel_magics.view.links import (
    Node,
    View,
    calculation_order,
    checks_of,
    downstream_of,
    inputs_of,
    nodes_of,
    signature,
    upstream_of,
    verdict,
)
from kernel_magics.view.measure import escaped, one_line

Relation = Literal["upstream", "itself", "downstream"]
HEADINGS = ("", "name", "kind", "cell", "type", "inputs", "checks", "nature")
WIDEST_COLUMN = 48


class LineageRow(TypedDict):
    """One node of a lineage, and its relation to the requested node; JSON as it is."""

    relation: Relation
    name: str
    kind: str
    cell: str
    type: str
    inputs: list[str]
    checks: list[str]
    nature: str


def lineage_table(view: View, name: str) -> list[LineageRow]:
    """Everything upstream of a node, the node itself, everything downstream, each after its inputs.

    Checks are in the rows of the nodes that they test; only a requested check has a row of its own.

    Raises:
        KeyError: no node has that name.
    """
    nodes, checks = nodes_of(view), checks_of(view)
    above, below = upstream_of(view, [name]) - {name}, downstream_of(view, [name]) - {name}
    order = calculation_order(view)
    related: list[tuple[Relation, str]] = [("upstream", other) for other in order if other in above]
    related.append(("itself", name))
    related += [
        ("downstream", other) for other in order if other in below and nodes[other]["kind"] != "check"
    ]
    return [_row(relation, nodes[other], checks[other]) for relation, other in related]


def _row(relation: Relation, node: Node, checks: list[Node]) -> LineageRow:
    return {
        "relation": relation,
        "name": node["name"],
        "kind": node["kind"],
        "cell": node.get("cell") or "",
        "type": node.get("type") or "",
        "inputs": inputs_of(node),
        "checks": [line for check in [node, *checks] for line in _findings(check)],
        "nature": (node.get("nature") or {}).get("words", ""),
    }


def _findings(node: Node) -> list[str]:
    """One text for each condition of a check: "never negative: held"."""
    if node["kind"] != "check":
        return []
    broken = "warned" if node.get("severity") == "warn" else "failed"
    conditions = node.get("conditions") or ()
    found = [f"{c['message']}: {'held' if c['held'] else broken}" for c in conditions]
    return found or [f"{node['name']}: not run"]


def lineage_text(view: View, name: str) -> str:
    """The lineage as an aligned plain-text table."""
    return aligned(_table(view, name))


def lineage_html(view: View, name: str) -> str:
    """The lineage as an HTML table in the page's own colours; all texts escaped."""
    left = "text-align:left;padding:2px 14px 2px 0;vertical-align:top"
    headings, *table = _table(view, name)
    head = "".join(f'<th scope="col" style="{left}">{heading}</th>' for heading in headings)
    rows = []
    for row in table:
        weight = ";font-weight:600" if row[0] == "itself" else ""
        cells = "".join(f'<td style="{left}{weight}">{escaped(cell)}</td>' for cell in row)
        rows.append(f"<tr>{cells}</tr>")
    return (
        '<table class="dagbook-lineage">'
        f'<caption style="text-align:left">Lineage of {escaped(one_line(name))}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _table(view: View, name: str) -> list[tuple[str, ...]]:
    """The headings and the rows of a lineage; natures have a column where some are known."""
    rows = [HEADINGS, *map(_cells, lineage_table(view, name))]
    return rows if any(row[-1] for row in rows[1:]) else [row[:-1] for row in rows]


def _cells(row: LineageRow) -> tuple[str, ...]:
    plain = (row["relation"], row["name"], row["kind"], row["cell"], row["type"])
    more = (", ".join(row["inputs"]), "; ".join(row["checks"]), row["nature"])
    return tuple(map(one_line, (*plain, *more)))


def to_text(view: View) -> str:
    """The view as plain text, one line for each node: `ctr(clicks, views) -> float   [4]  fresh`."""
    rows = [(signature(node), node.get("cell") or "", _status(node)) for node in nodes_of(view).values()]
    return aligned([tuple(map(one_line, row)) for row in rows])


def _status(node: Node) -> str:
    """The state, then what needs attention."""
    told = verdict(node)
    parts = [
        told if told in ("failed", "warned") and node.get("state") == "fresh" else node.get("state") or ""
    ]
    if waiting := node.get("waiting"):
        parts.append(f"for {', '.join(waiting)}")
    if error := node.get("error"):
        parts.append(error["code"])
    if told:
        conditions = node["conditions"]
        parts.append(f"{sum(c['held'] for c in conditions)} of {plural(len(conditions), 'condition')} held")
    return " ".join(filter(None, parts))


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Rows as lines, in columns of equal width; an overlong cell pushes its own line only."""
    if not rows:
        return ""
    widths = [
        max((len(cell) for cell in column if len(cell) <= WIDEST_COLUMN), default=0)
        for column in zip(*rows, strict=True)
    ]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
