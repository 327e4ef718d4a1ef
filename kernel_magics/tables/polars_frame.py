"""A Polars frame is made of its columns without a copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from kernel_magics.tables.columns import is_scalar, misfit, rows_of, take_columns


def make(values: dict[str, object]) -> pl.DataFrame:
    """A frame of Series, arrays, lists, scalars and the columns of DataFrames, which have equal lengths.

    Raises:
        Exception: the problem DB307.
    """
    for name, value in values.items():
        if isinstance(value, pl.LazyFrame | pl.Expr):
            raise misfit(name, f"it is a {type(value).__name__}", "collect it in the node.")
    columns = take_columns(values, _split)
    rows = rows_of(columns)
    return pl.DataFrame([_placed(name, column, rows) for name, column in columns.items()])


def _split(value: object) -> Iterable[tuple[str, object]] | None:
    return zip(value.columns, value.get_columns(), strict=True) if isinstance(value, pl.DataFrame) else None


def _placed(name: str, column: Any, rows: int) -> pl.Series:
    if isinstance(column, pl.Series):
        return column.alias(name)
    try:
        return (
            pl.Series(name, [column]).new_from_index(0, rows)
            if is_scalar(column)
            else pl.Series(name, column)
        )
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise misfit(name, f"{type(error).__name__}: {error}".rstrip(".")) from error
