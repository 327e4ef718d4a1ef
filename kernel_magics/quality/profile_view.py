"""Views of a profile: one line for each column, with its histogram in block characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kernel_magics.engine.values.figures import percent
from kernel_magics.quality.impact_view import moment
from kernel_magics.quality.page import Marked, table
from kernel_magics.quality.profile import ColumnProfile, Profile

HEADINGS = (
    "node",
    "column",
    "type",
    "rows",
    "nulls",
    "different",
    "mean",
    "5 %",
    "median",
    "95 %",
    "distribution",
)
_BLOCKS = "▁▂▃▄▅▆▇█"
_TOP = 3


def profile_html(profiles: Mapping[str, Profile]) -> str:
    """Profiles as an HTML table; every text is escaped."""
    numbers = range(3, 10)
    rows = [
        [Marked(cell, "number") if place in numbers else cell for place, cell in enumerate(row)]
        for row in profile_rows(profiles)
    ]
    return table(HEADINGS, rows)


def bars(column: ColumnProfile, bins: int = 12) -> str:
    """The histogram as blocks, or the commonest members with their share."""
    if column.kind in ("text", "bool"):
        more = " …" if len(column.top) > _TOP else ""
        return ", ".join(f"{text} {percent(share)}" for text, share in column.top[:_TOP]) + more
    _, shares = column.histogram(bins)
    most = max(shares, default=0.0)
    if not most:
        return ""
    return "".join(_BLOCKS[min(int(share / most * 7.99), 7)] if share else " " for share in shares)


def profile_rows(profiles: Mapping[str, Profile]) -> Iterator[list[str]]:
    """The cells below `HEADINGS`, for each column of each profile."""
    for name, profile in profiles.items():
        for place, column in enumerate(profile.columns):
            points = [_number(column, column.quantile(share)) for share in (0.05, 0.5, 0.95)]
            yield [
                name if not place else "",
                column.name,
                column.dtype,
                str(column.rows),
                percent(column.null_rate),
                "" if column.unique is None else f"{'≥ ' if column.sampled else ''}{column.unique}",
                _number(column, column.mean),
                *points,
                bars(column),
            ]


def _number(column: ColumnProfile, value: float | None) -> str:
    if value is None or column.kind == "bool":
        return ""
    about = "" if column.exact else "≈ "
    return about + (moment(value) if column.kind == "time" else f"{value:.4g}")
