"""The sample of an export is a few well-chosen rows of each input: enough to show what a function does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

_SPECIAL = 16  # rows beside the first ones
_SMALL = 24  # a table of this size is kept whole


def cut_inputs(inputs: Mapping[str, Any], window: int = 0) -> dict[str, Any]:
    """Inputs cut down to some 30 rows.

    Tables with the same index keep the same rows; in later tables the rows come first that belong to those
    chosen before, so that joins find something.

    Args:
        window: the largest number of rows that a function looks back.
    """
    head = min(max(12, window + 4), 64)
    cut: dict[str, Any] = {}
    chosen: list[tuple[Any, list[int]]] = []  # an index, and the rows taken of every table that has it
    for name, value in inputs.items():
        if isinstance(value, pd.DataFrame | pd.Series):
            cut[name] = _cut_table(value, list(inputs.values()), chosen, list(cut.values()), head)
        elif isinstance(value, np.ndarray | list | tuple) and len(np.shape(value)[:1]) and len(value) > 200:
            cut[name] = value[: head + _SPECIAL]
        else:
            cut[name] = value
    return cut


def cut_like(value: Any, window: int = 0) -> Any:
    """One value cut down, for a node whose sample could not be computed from cut inputs."""
    return cut_inputs({"value": value}, window)["value"]


def _cut_table(
    table: Any, inputs: list[Any], chosen: list[tuple[Any, list[int]]], before: list[Any], head: int
) -> Any:
    if len(table) <= _SMALL:
        return table
    for index, rows in chosen:
        if len(index) == len(table) and index.equals(table.index):
            return table.iloc[rows]
    alike = [
        other
        for other in inputs
        if isinstance(other, pd.DataFrame | pd.Series)
        and len(other) == len(table)
        and other.index.equals(table.index)
    ]
    rows = _choose(alike, _matching(table, before), head)
    chosen.append((table.index, rows))
    return table.iloc[rows]


def _choose(tables: list[Any], first: list[int], head: int) -> list[int]:
    """Row numbers: the first rows, the last ones, gaps, extremes, first rows of a category, some between."""
    length = len(tables[0])
    rows = dict.fromkeys([*first, *range(min(head, length)), length - 1, length - 2])
    limit = len(rows) + _SPECIAL
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
    return (
        [table] if isinstance(table, pd.Series) else [table.iloc[:, place] for place in range(table.shape[1])]
    )


def _gaps(column: Any) -> list[int]:
    return np.flatnonzero(column.isna())[:2].tolist()  # type: ignore[no-any-return]


def _extremes(column: Any) -> list[int]:
    if not pd.api.types.is_numeric_dtype(column.dtype) or column.dtype == bool or column.isna().all():
        return []
    numbers = column.astype("float64").to_numpy(na_value=np.nan)
    return [int(np.nanargmin(numbers)), int(np.nanargmax(numbers))]


def _changes(column: Any) -> list[int]:
    """The first rows of the first few categories."""
    if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype != bool:
        return []
    try:
        return np.flatnonzero(~column.duplicated())[1:5].tolist()  # type: ignore[no-any-return]
    except TypeError:  # cells that cannot be hashed
        return []


def _matching(table: Any, before: list[Any]) -> list[int]:
    """Rows whose keys appear in tables that are cut already."""
    frames = [other for other in before if isinstance(other, pd.DataFrame | pd.Series)]
    for other in frames:
        mask = None
        if isinstance(table, pd.DataFrame) and isinstance(other, pd.DataFrame):
            for name in table.columns.intersection(other.columns):
                known = (
                    table[name].isin(other[name])
                    if table.columns.is_unique and other.columns.is_unique
                    else None
                )
                if known is not None and (mask is None or (mask & known).any()):
                    mask = known if mask is None else mask & known
        if mask is None and table.index.dtype == other.index.dtype:
            mask = table.index.isin(other.index)
        if mask is not None and np.asarray(mask).any():
            return np.flatnonzero(np.asarray(mask))[:_SPECIAL].tolist()  # type: ignore[no-any-return]
    return []
