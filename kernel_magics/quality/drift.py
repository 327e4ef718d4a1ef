"""Drift is how far a run's values are from a baseline: by column, against limits that somebody set."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from kernel_magics.engine.values.figures import percent
from kernel_magics.quality.distance import shares_of
from kernel_magics.quality.limits import Limits
from kernel_magics.quality.profile import SAMPLE, ColumnProfile, Profile

Level = Literal["ok", "warn", "fail"]
LEVELS: Final[tuple[Level, ...]] = ("ok", "warn", "fail")
FEW: Final = 100
"""Of fewer rows, a sample says little: by limits that nobody set, it never fails a run."""
_LEAST: Final = 1e-4  # share of an empty bin
_CHANCE: Final = 1.63  # Kolmogorov's distribution is above this in one case of a hundred


@dataclass(frozen=True, slots=True)
class Shift:
    """One measure of one column against its limits.

    Attributes:
        measure: psi, ks, nulls, new, rows or type.
        value: what was measured; for `psi` without what the numbers of rows explain by chance.
        text: the same for a person.
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


def drift(node: str, before: Profile, after: Profile, limits: Limits) -> list[Shift]:
    """Every measure of a node's columns, the worst first."""
    found: list[Shift] = []
    if before.rows and after.rows is not None:
        ratio = after.rows / before.rows
        found.append(_shift(node, "", "rows", abs(math.log(max(ratio, 1e-9))), limits, _rows(before, after)))
    columns = {column.name: column for column in after.columns}
    unset = limits == Limits()
    for old in before.columns:
        new = columns.get(old.name)
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
    return sorted(found, key=lambda shift: (-LEVELS.index(shift.level), -shift.value))


def _shift(node: str, column: str, measure: str, value: float, limits: Limits, text: str) -> Shift:
    warn, fail = limits.of(node, column, measure)
    level: Level = "fail" if value > fail else "warn" if value > warn else "ok"
    return Shift(node, column, measure, value, level, text)


def _lowered(shift: Shift) -> Shift:
    return replace(shift, level="warn" if shift.level == "fail" else "ok")


def _rows(before: Profile, after: Profile) -> str:
    return f"{before.rows} rows became {after.rows}"


def _measures(old: ColumnProfile, new: ColumnProfile) -> Iterator[tuple[str, float, str]]:
    rise = new.null_rate - old.null_rate
    yield "nulls", abs(rise), f"{percent(old.null_rate)} nulls became {percent(new.null_rate)}"
    if old.kind in ("time", "other") or not (old.rows - old.nulls and new.rows - new.nulls):
        return
    if is_closed(old):
        before, after = shares_of(old), shares_of(new)
        yield _psi(*_paired(before, after), old, new)
        unseen = {name: share for name, share in after.items() if name not in before}
        if old.kind == "text" and unseen:
            shown = ", ".join(f"'{name}'" for name in list(unseen)[:3])
            share = sum(unseen.values())
            yield "new", share, f"{percent(share)} of the rows are new categories: {shown}"
        return
    if len(old.cdf) < 2 or not new.cdf:
        return
    values, below = np.array(old.cdf).T
    now = _below(new, values)
    bins = np.unique(np.append(np.arange(0, len(values), 2), len(values) - 1))
    yield _psi(np.diff(below[bins], prepend=0, append=1), np.diff(now[bins], prepend=0, append=1), old, new)
    gap = float(np.abs(now - below).max())
    least = _CHANCE * math.sqrt(1 / _size(old) + 1 / _size(new))
    median = f"median {_number(old.quantile(0.5))} became {_number(new.quantile(0.5))}"
    yield "ks", gap if gap > least else 0.0, f"distribution {gap:.2f} apart, {median}"


def is_closed(column: ColumnProfile) -> bool:
    """True when the profile lists every member of the column."""
    return bool(column.top) and "…" not in shares_of(column)


def _below(column: ColumnProfile, values: Any) -> Any:
    """The share of rows at or below each value."""
    if column.sample is not None:
        return np.searchsorted(column.sample, values, side="right") / len(column.sample)
    known, shares = np.array(column.cdf).T
    return np.interp(values, known, shares, left=0.0)


def _paired(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[Any, Any]:
    names = list(before.keys() | after.keys())
    return tuple(np.array([shares.get(name, 0.0) for name in names]) for shares in (before, after))  # type: ignore[return-value]


def _psi(expected: Any, found: Any, old: ColumnProfile, new: ColumnProfile) -> tuple[str, float, str]:
    """The population stability index, less what it is for two samples of one population."""
    used = (expected > 0) | (found > 0)
    least = max(_LEAST, 0.5 / _size(new))
    one, two = (np.maximum(shares[used], least) for shares in (expected, found))
    index = float(((two - one) * np.log(two / one)).sum())
    chance = (int(used.sum()) - 1) * (1 / _size(old) + 1 / _size(new))
    value = max(index - chance, 0.0)
    return "psi", value, f"population stability index {index:.2f} (by chance {chance:.2f})"


def _size(column: ColumnProfile) -> int:
    return max(min(column.rows - column.nulls, SAMPLE), 1)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
