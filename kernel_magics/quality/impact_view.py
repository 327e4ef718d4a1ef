"""Views of an impact: plain text, HTML in the notebook's colours, Markdown for a review."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from kernel_magics.engine.errors import quoted
from kernel_magics.engine.values.figures import percent
from kernel_magics.quality.impact import ColumnImpact, Impact, NodeImpact
from kernel_magics.quality.profile import ColumnProfile

HEADINGS = (
    "node",
    "column",
    "rows",
    "values changed",
    "type",
    "nulls",
    "mean",
    "median",
    "5 % to 95 %",
    "distance",
)
_COLUMNS = 8
_MARKS = {"changed": "≠", "broken": "✗", "repaired": "✓", "added": "+", "removed": "-", "stale": "○"}


def headline(impact: Impact) -> str:
    """One sentence: what was edited, how many nodes changed, how many are equal."""
    kinds = [node.verdict for node in impact.nodes]
    counts = [(kinds.count("changed"), "changed"), (kinds.count("broken"), "failing now")]
    counts += [(kinds.count("added"), "new"), (kinds.count("removed"), "gone")]
    counts += [(kinds.count("repaired"), "repaired"), (kinds.count("stale"), "not computed yet")]
    said = [f"{count} {word}" for count, word in counts if count]
    same = len(impact.equal)
    if not (impact.edited or impact.nodes or impact.equal):
        return "nothing was edited yet: there are no values from before"
    what = f"{quoted(impact.edited[:5])} edited" if impact.edited else "compared"
    if len(impact.edited) > 5:
        what = f"{len(impact.edited)} nodes edited"
    if not said:
        return f"{what}: equal everywhere ({same} node{'' if same == 1 else 's'} compared)"
    return f"{what}: {', '.join(said)}, {same} equal everywhere"


def impact_text(impact: Impact) -> str:
    """The impact as plain text."""
    rows = list(_rows(impact))
    lines = [headline(impact)]
    if rows:
        keep = _used(rows)
        cells = [[row[place] for place in keep] for row in [list(HEADINGS), *rows]]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines.append("")
        lines += ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines += [f"{_MARKS[node.verdict]} {node.name}: {node.note}" for node in impact.nodes if node.note]
    return "\n".join([*lines, *impact.notes])


def impact_json(node: NodeImpact) -> dict[str, Any]:
    """The impact on one node as texts under headings, for a page."""
    shown = node.columns[:_COLUMNS]
    facts = [zip(HEADINGS[3:], _cells(column), strict=True) for column in shown]
    return {
        "rows": _row_counts(node),
        "columns": [
            {"name": column.name, "facts": [[key, text] for key, text in pairs if text]}
            for column, pairs in zip(shown, facts, strict=True)
        ],
        "more": len(node.columns) - len(shown),
        "equal": node.columns_equal,
        "note": node.note,
    }


def impact_html(impact: Impact) -> str:
    """The impact as HTML; everything in it is escaped."""
    rows = list(_rows(impact))
    keep = _used(rows)
    left = "text-align:left;padding:2px 14px 2px 0;vertical-align:top"
    head = "".join(f'<th scope="col" style="{left}">{escape(HEADINGS[place])}</th>' for place in keep)
    body = "".join(
        f"<tr>{''.join(f'<td style={left!r}>{escape(row[place])}</td>' for place in keep)}</tr>"
        for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
    notes = [f"{_MARKS[node.verdict]} {node.name}: {node.note}" for node in impact.nodes if node.note]
    tail = "".join(f"<div>{escape(line)}</div>" for line in [*notes, *impact.notes])
    return f'<div class="dagbook-impact"><div><b>{escape(headline(impact))}</b></div>{table}{tail}</div>'


def impact_markdown(impact: Impact) -> str:
    """The impact as Markdown for a pull request."""
    rows = list(_rows(impact))
    lines = [f"**{_plain(headline(impact))}**"]
    if rows:
        keep = _used(rows)
        lines += ["", f"| {' | '.join(HEADINGS[place] for place in keep)} |", f"|{' --- |' * len(keep)}"]
        lines += [f"| {' | '.join(_plain(row[place]) for place in keep)} |" for row in rows]
    notes = [
        f"- {_MARKS[node.verdict]} `{node.name}`: {_plain(node.note)}" for node in impact.nodes if node.note
    ]
    if notes or impact.notes:
        lines += ["", *notes, *(f"- {note}" for note in impact.notes)]
    if impact.equal:
        same = ", ".join(f"`{name}`" for name in impact.equal[:30])
        more = f" and {len(impact.equal) - 30} more" if len(impact.equal) > 30 else ""
        lines += [
            "",
            f"<details><summary>{len(impact.equal)} equal everywhere</summary>\n\n{same}{more}\n\n</details>",
        ]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Escape a text of a notebook so that it is not markup of the page."""
    for sign in "\\`*_[]|":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(escape(text, quote=False).split())


def _used(rows: Sequence[Sequence[str]]) -> list[int]:
    return [place for place in range(len(HEADINGS)) if any(row[place] for row in rows)]


def _rows(impact: Impact) -> Iterator[list[str]]:
    for node in impact.nodes:
        name = f"{_MARKS[node.verdict]} {node.name}"
        if not node.columns:
            yield [name, "", _row_counts(node), *[""] * (len(HEADINGS) - 3)]
        for place, column in enumerate(node.columns[:_COLUMNS]):
            first = place == 0
            yield [name if first else "", column.name, _row_counts(node) if first else "", *_cells(column)]
        left = len(node.columns) - _COLUMNS
        more = [f"… and {left} more columns"] if left > 0 else []
        more += [f"({node.columns_equal} columns equal)"] if node.columns_equal and node.columns else []
        if more:
            yield ["", ", ".join(more), *[""] * (len(HEADINGS) - 2)]


def _row_counts(node: NodeImpact) -> str:
    old, new = node.rows
    if old is None and new is None:
        return ""
    text = str(new) if old == new else f"{_or_dash(old)} → {_or_dash(new)}"
    moved = [f"{count} {word}" for count, word in ((node.gained, "new"), (node.lost, "gone")) if count]
    return f"{text} ({', '.join(moved)})" if moved else text


def _or_dash(number: int | None) -> str:
    return "–" if number is None else str(number)


def _cells(column: ColumnImpact) -> list[str]:
    old, new = column.before, column.after
    if old is None or new is None:
        kept = old or new
        return ["column is gone" if old else "new column", kept.dtype if kept else "", *[""] * 5]
    share = column.changed / column.compared if column.compared else 0.0
    changed = f"{column.changed} of {column.compared} ({percent(share)})" if column.compared else ""
    return [
        changed,
        _both(old.dtype, new.dtype),
        _both(percent(old.null_rate), percent(new.null_rate)),
        _both(_number(old.mean, old), _number(new.mean, new)),
        _both(_quantile(old, 0.5), _quantile(new, 0.5)),
        _both(_spread(old), _spread(new)),
        "" if column.distance is None else f"{column.distance:.2f}",
    ]


def _both(old: str, new: str) -> str:
    return old if old == new else f"{old} → {new}"


def _number(value: float | None, column: ColumnProfile) -> str:
    if value is None:
        return ""
    about = "" if column.exact else "≈ "
    return about + (moment(value) if column.kind == "time" else f"{value:.4g}")


def _quantile(column: ColumnProfile, share: float) -> str:
    return _number(column.quantile(share), column)


def _spread(column: ColumnProfile) -> str:
    parts = [_quantile(column, share) for share in (0.05, 0.95)]
    return " to ".join(parts) if all(parts) else ""


def moment(seconds: float) -> str:
    """Seconds since 1970 as a date and a time."""
    try:
        return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%d %H:%M}"
    except (OverflowError, ValueError, OSError):  # durations, and years beyond the calendar
        return f"{seconds:.4g} s"
