"""Sampling chooses a few rows of each table that show what a function does."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.export.examples import polars_tables
from kernel_magics.export.examples.polars_tables import is_polars

_SPECIAL = 16  # unusual rows beside the first ones
_SMALL = 24  # a table of this size is kept whole
_TABLES = pd.DataFrame | pd.Series


class Cutter:
    """Cuts values to a few rows; tables with the same index keep the same rows.

    Args:
        window: the largest number of rows that a function looks back.
        special: how many unusual rows to take in addition to the first ones: gaps, extremes, the last ones.
    """

    def __init__(self, window: int = 0, special: int = _SPECIAL) -> None:
        self._head = min(max(12, window + 4), 32)
        self._special = special
        # each index, and the rows taken of the tables that have it
        self._chosen: list[tuple[Any, list[int]]] = []
        self._cut: list[Any] = []

    def cut_all(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Cut values that stand side by side: tables with the same index decide together which rows."""
        tables = [value for value in values.values() if is_table(value)]
        return {name: self.cut(value, tables) for name, value in values.items()}

    def cut(self, value: Any, beside: Iterable[Any] = ()) -> Any:
        """Cut one value."""
        if isinstance(value, dict) and any(is_table(item) for item in value.values()):
            tables = [item for item in value.values() if is_table(item)]
            return with_members(value, {key: self.cut(item, tables) for key, item in value.items()})
        if isinstance(value, dict):
            members = self._cut_arrays(value)
            return with_members(value, members) if members else value
        if is_table(value):
            cut = self._cut_table(value, beside)
            self._cut.append(cut)
            return cut
        sequence = isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim)
        if sequence and len(value) > 2 * self._head:  # whatever its members are: ragged lists, frames
            return value[: self._head + self._special]
        return value

    def _cut_arrays(self, members: Mapping[Any, Any]) -> dict[Any, Any]:
        """The same rows of the longest arrays; those of a data set may be in the order of a class."""
        arrays = {key: item for key, item in members.items() if isinstance(item, np.ndarray) and item.ndim}
        longest = max(map(len, arrays.values()), default=0)
        if longest <= 2 * self._head + _SPECIAL:
            return {}
        rows = sorted({*range(self._head), *np.linspace(0, longest - 1, _SPECIAL).astype(int).tolist()})
        return {key: item[rows] for key, item in arrays.items() if len(item) == longest}

    def _cut_table(self, table: Any, beside: Iterable[Any]) -> Any:
        if len(table) <= _SMALL:
            return table
        labels = _labels(table)
        for index, rows in self._chosen:
            if len(index) == len(table) and index.equals(labels):
                return take(table, rows)
        if len(table) <= self._head + _SPECIAL:
            return table
        alike = [other for other in beside if len(other) == len(table) and _labels(other).equals(labels)]
        first = [*_matching(table, self._cut), *_groups(labels), *range(self._head)]
        rows = _choose(alike or [table], first, self._special)
        self._chosen.append((labels, rows))
        return take(table, rows)


def with_members(value: dict[Any, Any], members: Mapping[Any, Any]) -> dict[Any, Any]:
    """A dict of the same kind with other members."""
    made = copy.copy(value)
    for key, item in members.items():
        made[key] = item
    return made


def is_table(value: Any) -> bool:
    """Whether a value is a frame or a series."""
    return isinstance(value, _TABLES) or is_polars(value)


def _labels(table: Any) -> Any:
    """The labels of the rows; those of Polars are their numbers."""
    return table.index if isinstance(table, _TABLES) else pd.RangeIndex(len(table))


def take(table: Any, rows: list[int]) -> Any:
    """Rows of a table; an index with levels forgets the values that no row has any more."""
    if is_polars(table):
        return table[rows] if rows else table.clear()
    taken = table.iloc[rows]
    if isinstance(taken.index, pd.MultiIndex):
        taken.index = taken.index.remove_unused_levels()
    return taken


def _choose(tables: list[Any], first: list[int], special: int) -> list[int]:
    """Row numbers: those in `first`, the last, gaps, extremes, first rows of a category, some between."""
    length = len(tables[0])
    rows = dict.fromkeys(row for row in first if row < length)
    if not special:
        return sorted(rows)
    limit = len(rows) + special
    rows |= dict.fromkeys([length - 1, length - 2])
    columns = [column for table in tables for column in _columns(table)][:24]
    wanted = [*(_gaps(column) for column in columns), *(_extremes(column) for column in columns)]
    wanted += [_changes(column) for column in columns]
    for place in range(max((len(each) for each in wanted), default=0)):
        for each in wanted:
            if place < len(each) and len(rows) < limit - 3:
                rows[each[place]] = None
    for row in np.linspace(0, length - 1, 5).astype(int).tolist():
        if len(rows) < limit:
            rows[row] = None
    return sorted(rows)


def _columns(table: Any) -> Iterable[Any]:
    if is_polars(table):
        return polars_tables.columns_of(table)
    return (
        [table] if isinstance(table, pd.Series) else [table.iloc[:, place] for place in range(table.shape[1])]
    )


def _gaps(column: Any) -> list[int]:
    if is_polars(column):
        return polars_tables.gaps(column)
    return [int(row) for row in np.flatnonzero(column.isna())[:2]]


def _extremes(column: Any) -> list[int]:
    if is_polars(column):
        return polars_tables.extremes(column)
    if not pd.api.types.is_numeric_dtype(column.dtype) or column.dtype == bool or column.isna().all():
        return []
    numbers = column.astype("float64").to_numpy(na_value=np.nan)
    return [int(np.nanargmin(numbers)), int(np.nanargmax(numbers))]


def _changes(column: Any) -> list[int]:
    """The first rows of the first few categories."""
    if is_polars(column):
        return polars_tables.changes(column)
    if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype != bool:
        return []
    try:
        return [int(row) for row in np.flatnonzero(~column.duplicated())[1:5]]
    except TypeError:  # cells that cannot be hashed
        return []


def _groups(index: Any) -> list[int]:
    """For an index with levels, some rows of the first few groups."""
    if not isinstance(index, pd.MultiIndex):
        return []
    codes = np.asarray(index.codes[0])
    firsts = list(dict.fromkeys(codes.tolist()))[:3]
    return [int(row) for code in firsts for row in np.flatnonzero(codes == code)[:8]]


def _matching(table: Any, before: list[Any]) -> list[int]:
    """Rows whose keys occur in tables that are cut already."""
    for other in before:
        if is_polars(table) or is_polars(other):
            continue
        mask = _same_keys(table, other)
        if mask is None and type(table.index) is type(other.index) and table.index.dtype == other.index.dtype:
            mask = table.index.isin(other.index)
        if mask is not None and np.asarray(mask).any():
            return [int(row) for row in np.flatnonzero(np.asarray(mask))[:_SPECIAL]]
    return []


def _same_keys(table: Any, other: Any) -> Any:
    """A mask of the rows that have values of the other table in all columns of the same name."""
    if not isinstance(table, pd.DataFrame) or not isinstance(other, pd.DataFrame):
        return None
    if not table.columns.is_unique or not other.columns.is_unique:
        return None
    mask = None
    for name in table.columns.intersection(other.columns):
        known = table[name].isin(other[name])
        if mask is None or (mask & known).any():
            mask = known if mask is None else mask & known
    return mask
