"""The report is a Markdown table: one line for each row and size, contenders side by side."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.measure import Result
from benchmarks.rows import ROWS, SCALES, Row

COLUMNS = ("hand", "dagbook", "hamilton", "marimo")
HEADINGS = {
    "hand": "by hand",
    "dagbook": "Dagbook",
    "hamilton": "Hamilton",
    "marimo": "marimo",
    "script": "as a script",
    "compiled": "compiled",
    "floor": "with `copy=False`",
    "ipython": "plain IPython",
}


def table(results: Sequence[Result]) -> str:
    """The table, with ratios of the others to Dagbook."""
    lines = [
        "| | by hand | Dagbook | Hamilton | marimo | beside |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for row in ROWS:
        for size in sorted({result.size for result in results if result.row == row.name}):
            values = {
                result.contender: result.value
                for result in results
                if result.row == row.name and result.size == size and result.value is not None
            }
            lines.append(_line(row, size, values))
    failed = [result for result in results if result.value is None]
    notes = [f"- {item.row} {item.size}, {HEADINGS[item.contender]}: {item.note}" for item in failed]
    return "\n".join([*lines, *(["", "Not finished:", "", *notes] if notes else [])]) + "\n"


def _line(row: Row, size: int, values: dict[str, float]) -> str:
    cells = [_cell(row, name, values) for name in COLUMNS]
    others = ", ".join(
        f"{HEADINGS[name]} {_number(row, value)}" for name, value in values.items() if name not in COLUMNS
    )
    return f"| {row.title.format(size=f'{size:,}')} | {' | '.join(cells)} | {others} |"


def _cell(row: Row, name: str, values: dict[str, float]) -> str:
    if name not in values:
        return "-"
    shown, ours = _number(row, values[name]), values.get("dagbook")
    if name == "dagbook" or not ours or row.unit in ("nodes", "share"):
        return f"**{shown}**" if name == "dagbook" else shown
    return (
        f"{shown} ({values[name] / ours:.2g}x)"
        if values[name] / ours < 100
        else f"{shown} ({values[name] / ours:,.0f}x)"
    )


def _number(row: Row, value: float) -> str:
    scaled = value * SCALES[row.unit]
    text = f"{scaled:,.0f}" if scaled >= 100 else f"{scaled:.3g}"
    return text if row.unit in ("nodes", "share") else f"{text} {row.unit}"
