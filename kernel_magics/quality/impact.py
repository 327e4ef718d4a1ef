"""The impact of a change is the difference of values before and after it, by node and column, worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from kernel_magics.quality.distance import NEEDS, distance
from kernel_magics.quality.profile import ColumnProfile, profile_column
from kernel_magics.quality.vectors import Array, Vector, row_count, vectors
from kernel_magics.values import VALUES

Verdict = Literal["equal", "changed", "added", "removed", "broken", "repaired", "stale"]
WORST: dict[Verdict, float] = {"broken": 9, "removed": 8, "changed": 0, "repaired": 3, "stale": 2, "added": 1}


@dataclass(frozen=True, eq=False)
class ColumnImpact:
    """One column before and after; None for a column that does not exist.

    Attributes:
        changed: number of common rows with another value.
        compared: number of common rows.
        distance: of the distributions; None if unknown.
    """

    name: str
    before: ColumnProfile | None
    after: ColumnProfile | None
    changed: int = 0
    compared: int = 0
    distance: float | None = None

    @property
    def weight(self) -> float:
        """The order of severity: another type, other gaps, another distribution, other values."""
        if self.before is None or self.after is None:
            return 4.0
        share = self.changed / self.compared if self.compared else 1.0
        kind = 2.0 if self.before.kind != self.after.kind else 0.5 * (self.before.dtype != self.after.dtype)
        gaps = abs(self.before.null_rate - self.after.null_rate)
        return kind + gaps + (self.distance or 0.0) + 0.1 * share


@dataclass(frozen=True, eq=False)
class NodeImpact:
    """One node before and after.

    Attributes:
        rows: before and after; None for a value without rows.
        gained, lost: rows by their labels, if these are unique.
        columns: those that differ, worst first.
        columns_equal: number of equal columns.
        note: any other difference, in words.
    """

    name: str
    verdict: Verdict
    rows: tuple[int | None, int | None] = (None, None)
    gained: int = 0
    lost: int = 0
    columns: tuple[ColumnImpact, ...] = ()
    columns_equal: int = 0
    note: str = ""

    @property
    def weight(self) -> float:
        """Its order of severity."""
        old, new = self.rows
        moved = abs((new or 0) - (old or 0)) / max(old or 0, 1) if old != new else 0.0
        return (
            WORST.get(self.verdict, 0.0) + min(moved, 3.0) + max((c.weight for c in self.columns), default=0)
        )


@dataclass(frozen=True)
class Impact:
    """The effects of a change.

    Attributes:
        edited: the names whose code or value was changed by hand.
        nodes: those that differ, worst first.
        equal: those that were compared and do not differ.
        notes: what could not be determined, and why.
    """

    edited: tuple[str, ...]
    nodes: tuple[NodeImpact, ...]
    equal: tuple[str, ...]
    notes: tuple[str, ...] = ()


def impact(
    edited: Iterable[str], before: Mapping[str, object], after: Mapping[str, object], order: Iterable[str]
) -> Impact:
    """Compare values by name; digests and memory first, then columns, then rows.

    Args:
        order: the names to compare; a name in neither mapping is left out.
    """
    found: list[NodeImpact] = []
    equal: list[str] = []
    for name in dict.fromkeys(order):
        if name in before and name in after:
            if VALUES.equal(before[name], after[name]):
                equal.append(name)
            else:
                found.append(compare(name, before[name], after[name]))
        elif name in before:
            found.append(NodeImpact(name, "removed", (row_count(before[name]), None)))
        elif name in after:
            found.append(NodeImpact(name, "added", (None, row_count(after[name]))))
    return Impact(tuple(edited), worst_first(found), tuple(equal), notes_of(found))


def worst_first(nodes: Iterable[NodeImpact]) -> tuple[NodeImpact, ...]:
    """Nodes by the severity of their change; equal ones in the given order."""
    return tuple(sorted(nodes, key=lambda node: -node.weight))


def notes_of(nodes: Iterable[NodeImpact]) -> tuple[str, ...]:
    """Notes on what is missing for a full comparison."""
    lacking = any(
        column.distance is None and column.before and column.after and column.before.kind == "number"
        for node in nodes
        for column in node.columns
    )
    return (NEEDS,) if lacking and not _has_scipy() else ()


def _has_scipy() -> bool:
    try:
        distance(*(Vector("", "", "number", np.zeros(1)) for _ in range(2)))
    except ImportError:
        return False
    return True


def compare(name: str, before: object, after: object) -> NodeImpact:
    """Compare two values of one node that are not equal."""
    rows = (row_count(before), row_count(after))
    places = _aligned(before, after)
    old = {vector.name: vector for vector in vectors(before)}
    new = {vector.name: vector for vector in vectors(after)}
    columns, same = [], 0
    for key in dict.fromkeys([*old, *new]):
        if key in old and key in new:
            column = _column(old[key], new[key], places)
            if column is None:
                same += 1
            else:
                columns.append(column)
        else:
            one, other = old.get(key), new.get(key)
            columns.append(ColumnImpact(key, _profiled(one), _profiled(other)))
    columns.sort(key=lambda column: -column.weight)
    gained = (rows[1] or 0) - len(places[1]) if places else 0
    lost = (rows[0] or 0) - len(places[0]) if places else 0
    note = _note(before, after, bool(columns))
    return NodeImpact(name, "changed", rows, gained, lost, tuple(columns), same, note)


def _profiled(vector: Vector | None) -> ColumnProfile | None:
    return None if vector is None else profile_column(vector)


def _note(before: object, after: object, explained: bool) -> str:
    if type(before) is not type(after):
        return f"{VALUES.type_name(before)} became {VALUES.type_name(after)}"
    old, new = getattr(before, "index", None), getattr(after, "index", None)
    if isinstance(old, pd.Index) and isinstance(new, pd.Index) and not VALUES.equal(old, new):
        if len(old) == len(new) and not old.equals(new):
            return f"another index: {_ends(old)} became {_ends(new)}"
        return "another index" if not explained and len(old) == len(new) else ""
    return "" if explained else "it differs in what is no value of a column, such as a name or attribute"


def _ends(index: pd.Index[Any]) -> str:
    return f"{index[0]} … {index[-1]}" if len(index) else "empty"


def _aligned(before: Any, after: Any) -> tuple[Array, Array] | None:
    """Positions of common rows, by label; None when rows are compared in order."""
    old, new = getattr(before, "index", None), getattr(after, "index", None)
    if not isinstance(old, pd.Index) or not isinstance(new, pd.Index) or old.equals(new):
        return None
    if not old.is_unique or not new.is_unique:
        return None
    try:
        found = new.get_indexer(old)
    except (TypeError, ValueError):  # labels that cannot be compared
        return None
    held = np.flatnonzero(found >= 0)
    return held, found[held]


def _column(before: Vector, after: Vector, places: tuple[Array, Array] | None) -> ColumnImpact | None:
    """The difference of a column; None when there is none."""
    if before.dtype == after.dtype and VALUES.equal(before.data, after.data):
        return None
    old, new = before.data, after.data
    if places is not None:
        old, new = old[places[0]], new[places[1]]
    compared = min(len(old), len(new))
    changed = int(_differ(before, after, old[:compared], new[:compared]).sum())
    if not changed and len(before) == len(after) and before.dtype == after.dtype:
        return None
    try:
        far = distance(before, after)
    except ImportError:
        far = None
    return ColumnImpact(before.name, profile_column(before), profile_column(after), changed, compared, far)


def _differ(before: Vector, after: Vector, old: Any, new: Any) -> Array:
    """A mask of the rows of two columns with other values; two gaps are equal."""
    texts = before.kind in ("text", "other"), after.kind in ("text", "other")
    if texts == (False, False):
        return np.asarray((old != new) & ~(np.isnan(old) & np.isnan(new)))
    left, right = (np.asarray(item, dtype=object) for item in (old, new))
    gaps = np.asarray(pd.isna(left)) & np.asarray(pd.isna(right))
    other = np.fromiter((not _same(a, b) for a, b in zip(left, right, strict=True)), bool, len(left))
    return other & ~gaps


def _same(a: object, b: object) -> bool:
    try:
        return bool(a is b or a == b)
    except KeyboardInterrupt:
        raise
    except BaseException:  # objects that do not compare, such as arrays in cells
        return VALUES.equal(a, b)
