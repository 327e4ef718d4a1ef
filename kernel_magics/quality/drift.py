"""Drift is the distance of a run's values from a baseline, by column, compared with limits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from kernel_magics.engine.values.figures import percent
from kernel_magics.quality.chance import differ, is_new, largest_gap, rates_differ
from kernel_magics.quality.limits import Limits
from kernel_magics.quality.profile import SAMPLE, TEXT_ROWS, ColumnProfile, Profile, member_name, nearness
from kernel_magics.tables.plural import plural

Level = Literal["ok", "warn", "fail"]
LEVELS: Final[tuple[Level, ...]] = ("ok", "warn", "fail")
FEW: Final = 100
"""A smaller sample never fails a run by default limits."""
_LEAST: Final = 1e-4  # share of an empty bin
_TIES: Final = 3  # rows with one value from which on the value is a bin of its own


@dataclass(frozen=True, slots=True)
class Shift:
    """One measure of one column against its limits.

    Attributes:
        measure: psi, ks, nulls, new, rows or type.
        value: the measure; 0 if chance explains it, `psi` always reduced by what chance explains.
        text: the same for display.
    """

    node: str
    column: str
    measure: str
    value: float
    level: Level
    text: str

    @property
    def name(self) -> str:
        """The node, with its column."""
        return f"{self.node}[{self.column}]" if self.column else self.node

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and texts."""
        return {
            "node": self.node,
            "column": self.column,
            "measure": self.measure,
            "value": round(self.value, 6),
            "level": self.level,
            "text": self.text,
        }


def worst(shifts: Iterable[Shift]) -> Level:
    """The highest level among them."""
    return max((shift.level for shift in shifts), key=LEVELS.index, default="ok")


def worst_first(shifts: Iterable[Shift]) -> list[Shift]:
    """In the order of a report."""
    return sorted(shifts, key=lambda shift: (-LEVELS.index(shift.level), -shift.value))


def drift(node: str, before: Profile, after: Profile, limits: Limits) -> list[Shift]:
    """Every measure of a node's columns, the worst first."""
    found: list[Shift] = []
    if before.rows and after.rows is not None:
        ratio = after.rows / before.rows
        found.append(_shift(node, "", "rows", abs(math.log(max(ratio, 1e-9))), limits, _rows(before, after)))
    columns = _numbered(after.columns)
    unset = limits == Limits()
    for key, old in _numbered(before.columns).items():
        new = columns.get(key)
        if new is None:
            found.append(Shift(node, old.name, "type", 1.0, "fail", "the column is gone"))
        elif new.kind != old.kind and new.rows > new.nulls and old.rows > old.nulls:
            text = f"{old.dtype} became {new.dtype}"
            found.append(Shift(node, old.name, "type", 1.0, "fail", text))
        else:
            found += [
                _lowered(shift) if unset and min(old.rows, new.rows) < FEW else shift
                for measure, value, text in _measures(old, new)
                for shift in [_shift(node, old.name, measure, value, limits, text)]
            ]
    return worst_first(found)


def _numbered(columns: Iterable[ColumnProfile]) -> dict[tuple[str, int], ColumnProfile]:
    """Columns by name, and by their number among those of the same name."""
    found: dict[tuple[str, int], ColumnProfile] = {}
    met: Counter[str] = Counter()
    for column in columns:
        found[column.name, met[column.name]] = column
        met[column.name] += 1
    return found


def _shift(node: str, column: str, measure: str, value: float, limits: Limits, text: str) -> Shift:
    warn, fail = limits.of(node, column, measure)
    level: Level = "fail" if value > fail else "warn" if value > warn else "ok"
    return Shift(node, column, measure, value, level, text)


def _lowered(shift: Shift) -> Shift:
    return replace(shift, level="warn" if shift.level == "fail" else "ok")


def _rows(before: Profile, after: Profile) -> str:
    return f"{plural(before.rows or 0, 'row')} became {after.rows}"


def _measures(old: ColumnProfile, new: ColumnProfile) -> Iterator[tuple[str, float, str]]:
    rise = abs(new.null_rate - old.null_rate)
    rare = not rates_differ(old.nulls, old.rows, new.nulls, new.rows)
    text = f"{percent(old.null_rate)} nulls became {percent(new.null_rate)}"
    yield "nulls", 0.0 if rare else rise, text
    if not (old.rows - old.nulls and new.rows - new.nulls):
        return
    if old.kind == "text" and is_closed(old) and new.counts is not None:
        yield from _members(old, new.counts)
    elif old.kind in ("number", "bool") and old.cdf and new.sample is not None:
        yield from _numbers(old, new)


def is_closed(column: ColumnProfile) -> bool:
    """True when the profile lists every member of the column."""
    return bool(column.top) and len(column.top) == column.unique


def _members(old: ColumnProfile, counts: pd.Series[Any]) -> Iterator[tuple[str, float, str]]:
    """The measures of texts, for a baseline that lists all members."""
    size = min(old.rows - old.nulls, TEXT_ROWS)
    listed: dict[str, int] = {}
    found: dict[str, int] = {}
    for name, share in old.top:  # long texts may be cut to one name
        listed[name] = listed.get(name, 0) + round(share * size)
    for text, count in counts.items():
        name = member_name(text)
        found[name] = found.get(name, 0) + int(count)
    known = sorted(listed, key=lambda name: -listed[name] - found.get(name, 0))
    pair = [np.array([counts.get(name, 0) for name in known], "f8") for counts in (listed, found)]
    yield _psi(pair[0], pair[1])
    unseen = {name: count for name, count in found.items() if name not in listed}
    if unseen:
        rows, every = sum(unseen.values()), [*listed, *unseen]
        counted = [[counts.get(name, 0) for name in every] for counts in (listed, found)]
        share = rows / sum(found.values())
        shown = ", ".join(f"'{name}'" for name in list(unseen)[:3])
        text = f"{percent(share)} of the rows are new categories: {shown}"
        yield "new", share if is_new(rows, *counted) else 0.0, text


def _numbers(old: ColumnProfile, new: ColumnProfile) -> Iterator[tuple[str, float, str]]:
    """The measures of numbers: counts in bins whose edges come from the baseline."""
    size = min(old.rows - old.nulls, SAMPLE)
    sample: Any = new.sample
    values, under, upto = np.array(old.cdf).T
    near = nearness(values, values[0], values[-1])
    now = np.searchsorted(sample, values + near, side="right") / len(sample)
    tied = (upto - under) * size >= _TIES
    bins = tied.copy()
    bins[::2] = bins[-1] = True
    edges = np.concatenate(((values - near)[tied], (values + near)[bins]))
    order = np.argsort(edges, kind="stable")
    expected = np.round(np.concatenate((under[tied], upto[bins]))[order] * size)
    found = np.searchsorted(sample, edges[order], side="right")
    pair = [(expected, size), (found, len(sample))]
    yield _psi(*(np.diff(counts, prepend=0, append=rows) for counts, rows in pair))
    gap = float(np.abs(now - upto).max())
    median = f"median {_median(old)} became {_median(new)}"
    by_chance = gap <= largest_gap(size, len(sample))
    yield "ks", 0.0 if by_chance else gap, f"distribution {gap:.2f} apart, {median}"


def _psi(old: Any, new: Any) -> tuple[str, float, str]:
    """The population stability index of counts, less its expected value for two samples of one population."""
    size, other = max(float(old.sum()), 1.0), max(float(new.sum()), 1.0)
    used = (old > 0) | (new > 0)
    least = max(_LEAST, 0.5 / other)
    one, two = np.maximum(old[used] / size, least), np.maximum(new[used] / other, least)
    index = float(((two - one) * np.log(two / one)).sum())
    chance = max(int(used.sum()) - 1, 0) * (1 / size + 1 / other)
    value = max(index - chance, 0.0) if differ(old, new) else 0.0
    few = f"; the baseline has only {plural(round(size), 'row')}" if size < FEW else ""
    how = f"distributed differently (PSI {value:.2f} above chance)" if value else "distributed as before"
    return "psi", value, f"{how}{few}"


def _median(column: ColumnProfile) -> str:
    value = column.quantile(0.5)
    return "–" if value is None else f"{'' if column.exact else 'about '}{value:.4g}"
