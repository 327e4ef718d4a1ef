"""A pandas frame is made without copying its columns: each stays the block of memory that it was."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from kernel_magics.tables.columns import is_scalar, misfit, rows_of, take_columns
from kernel_magics.tables.plural import plural


def make(values: dict[str, object]) -> pd.DataFrame:
    """A frame of Series, arrays, lists, scalars and the columns of DataFrames, aligned on the index.

    Series keep their memory, which copy-on-write protects; what has no index is copied. Columns are not
    gathered into one block, which would take as much memory again: `frame.copy()` does it where many
    columns are to be added later.

    Raises:
        Exception: the problem DB307.
    """
    columns = take_columns(values, _split)
    series = [name for name, column in columns.items() if isinstance(column, pd.Series)]
    index = _index(columns, series) if series else pd.RangeIndex(rows_of(columns))
    placed: dict[str, Any] = {}
    for name in list(columns):
        placed[name] = _placed(name, columns.pop(name), index)
    return pd.DataFrame(placed, index=index, columns=pd.Index(placed) if placed else None, copy=False)


def _split(value: object) -> Iterable[tuple[str, object]] | None:
    return [(str(key), column) for key, column in value.items()] if isinstance(value, pd.DataFrame) else None


def _index(columns: dict[str, Any], series: list[str]) -> pd.Index[Any]:
    """The index that all share, or the union of all where they differ."""
    index: pd.Index[Any] = columns[series[0]].index
    different: list[pd.Index[Any]] = [index]
    for name in series[1:]:
        other = columns[name].index
        if not _same(other, different[-1]) and not any(_same(other, known) for known in different):
            different.append(other)
    if len(different) == 1:
        return index
    for name, column in columns.items():
        if name not in series and not is_scalar(column):
            raise misfit(name, "it has no index, and the indexes of the others differ")
        if name in series and not column.index.is_unique:
            raise misfit(name, "its index differs from the others and has duplicates")
    for other in different[1:]:
        index = index.union(other)
    return index


def _same(one: pd.Index[Any], other: pd.Index[Any]) -> bool:
    """Whether two indexes are equal; views of one are known to be without looking at their values."""
    return one is other or one.is_(other) or one.equals(other)


def _placed(name: str, column: object, index: pd.Index[Any]) -> pd.Series[Any]:
    if isinstance(column, pd.Series):
        if column.index.is_(index):
            return column
        return column.set_axis(index) if column.index.equals(index) else column.reindex(index)
    if not is_scalar(column) and len(column) != len(index):  # type: ignore[arg-type]
        size = len(column)  # type: ignore[arg-type]
        raise misfit(name, f"it has {plural(size, 'value')} for {plural(len(index), 'row')}")
    try:
        return pd.Series(list(column) if isinstance(column, tuple) else column, index=index)
    except (TypeError, ValueError) as error:
        raise misfit(name, f"{type(error).__name__}: {error}".rstrip(".")) from error
