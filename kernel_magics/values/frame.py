"""A frame puts named values side by side as columns, without fragmentation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kernel_magics.engine.errors import RunError


def make_frame(values: Mapping[str, object]) -> pd.DataFrame:
    """One column for each Series, array or list; a scalar fills its column; a DataFrame gives its columns.

    Series are aligned on their index; where the indexes are equal nothing is copied or moved.

    Raises:
        RunError: DB307 when lengths or indexes do not fit, or two columns share a name.
    """
    columns: dict[str, object] = {}
    for name, value in values.items():
        for key, column in _columns(name, value):
            if key in columns:
                raise _misfit(name, f"the column '{key}' exists already")
            columns[key] = column
    series = {name: column for name, column in columns.items() if isinstance(column, pd.Series)}
    if not series:
        return _unindexed(columns)
    index = _common_index(series)
    placed = {name: _placed(name, column, index) for name, column in columns.items()}
    return pd.DataFrame(placed, index=index, copy=False)


def _columns(name: str, value: object) -> list[tuple[str, object]]:
    if isinstance(value, pd.DataFrame):
        return [(str(key), value[key]) for key in value.columns]
    if isinstance(value, np.ndarray) and value.ndim != 1:
        raise _misfit(name, f"it has {value.ndim} dimensions")
    if isinstance(value, dict):
        raise _misfit(name, "it is a dict")
    return [(name, value)]


def _common_index(series: Mapping[str, pd.Series]) -> pd.Index:
    """The index all share, or the union of all where they differ."""
    first, *others = series.values()
    index = first.index
    if all(other.index is index or other.index.equals(index) for other in others):
        return index
    for name, column in series.items():
        if not column.index.is_unique:
            raise _misfit(name, "its index differs from the others and has duplicates")
    for other in others:
        index = index.union(other.index)
    return index


def _placed(name: str, column: object, index: pd.Index) -> object:
    if isinstance(column, pd.Series):
        return column if column.index is index or column.index.equals(index) else column.reindex(index)
    if isinstance(column, np.ndarray | list | tuple | pd.Index) and len(column) != len(index):
        raise _misfit(name, f"it has {len(column)} values for {len(index)} rows")
    return list(column) if isinstance(column, tuple) else column


def _unindexed(columns: Mapping[str, object]) -> pd.DataFrame:
    sized = {
        name: column for name, column in columns.items() if isinstance(column, np.ndarray | list | tuple)
    }
    rows = len(next(iter(sized.values()))) if sized else 1
    index = pd.RangeIndex(rows)
    return pd.DataFrame({name: _placed(name, column, index) for name, column in columns.items()}, index=index)


def _misfit(name: str, reason: str) -> RunError:
    return RunError(
        "DB307",
        f"'{name}' cannot become a column: {reason}.",
        hint="choose other outputs, or give all the same index.",
    )
