"""Tables of Polars among samples and edges: their unusual rows, their columns as pandas has them and back."""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd

_DTYPES = {"String": "str", "Boolean": "boolean", "Float64": "float64", "Float32": "float32"}


def is_polars(value: Any) -> bool:
    """Whether a value is a frame or a series; Polars is not imported for the question."""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(value, polars.DataFrame | polars.Series)


def columns_of(table: Any) -> list[Any]:
    """The columns of a frame; of a series itself."""
    return list(table.get_columns()) if hasattr(table, "get_columns") else [table]


def gaps(column: Any) -> list[int]:
    """The first rows without a value."""
    return list(column.is_null().arg_true()[:2])


def extremes(column: Any) -> list[int]:
    """The rows of the smallest and the largest number."""
    places = [column.arg_min(), column.arg_max()] if column.dtype.is_numeric() else []
    return [place for place in places if place is not None]


def changes(column: Any) -> list[int]:
    """The first rows of the first few texts, categories or truth values."""
    kind = column.dtype
    if kind.is_numeric() or kind.is_nested() or kind.base_type().__name__ in ("Object", "Null", "Binary"):
        return []
    return list(column.is_first_distinct().arg_true()[1:5])


def to_pandas(column: Any) -> pd.Series[Any]:
    """A column as pandas has it, so that its cells can be changed like any other's."""
    kind = column.dtype
    name = kind.base_type().__name__
    if kind.is_integer():
        return pd.Series(column.to_list(), dtype="Int64")
    if name in ("Datetime", "Date"):
        return pd.Series(pd.to_datetime(column.to_list()))
    return pd.Series(column.to_list(), dtype=_DTYPES.get(name, "object"))


def from_pandas(column: pd.Series[Any], like: Any) -> Any:
    """A changed column, of the type of `like`."""
    polars: Any = sys.modules["polars"]
    return polars.Series(
        like.name, [_cell(cell, like.dtype) for cell in column], dtype=like.dtype, strict=False
    )


def _cell(cell: Any, kind: Any) -> Any:
    if isinstance(cell, float) and cell != cell:
        return None
    if cell is pd.NA or cell is pd.NaT:
        return None
    if isinstance(cell, pd.Timestamp):
        moment = cell.to_pydatetime(warn=False)
        return moment.date() if kind.base_type().__name__ == "Date" else moment
    return cell


def with_columns(table: Any, made: list[Any]) -> Any:
    """A table with changed columns, which are taken from the front of `made`."""
    fresh = [from_pandas(made.pop(0), column) for column in columns_of(table)]
    polars: Any = sys.modules["polars"]
    return polars.DataFrame(fresh) if hasattr(table, "get_columns") else fresh[0]
