"""An Arrow table is made of its columns without a copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from kernel_magics.tables.columns import is_scalar, misfit, rows_of, take_columns


def make(values: dict[str, object]) -> pa.Table:
    """A table of arrays, lists, scalars and the columns of tables, which have equal lengths.

    Raises:
        Exception: the problem DB307.
    """
    columns = take_columns(values, _split)
    rows = rows_of(columns)
    return pa.table({name: _placed(name, column, rows) for name, column in columns.items()})


def _split(value: object) -> Iterable[tuple[str, object]] | None:
    if isinstance(value, pa.Table | pa.RecordBatch):
        return zip(value.column_names, value.columns, strict=True)
    return None


def _placed(name: str, column: Any, rows: int) -> Any:
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return column
    try:
        return pa.repeat(column, rows) if is_scalar(column) else pa.array(column)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise misfit(name, f"{type(error).__name__}: {error}".rstrip(".")) from error
