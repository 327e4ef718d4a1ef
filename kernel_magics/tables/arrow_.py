"""Tables of Arrow: read and written by way of pandas columns that hold Arrow's own arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from kernel_magics.tables import pandas_
from kernel_magics.tables.cells import column_of
from kernel_magics.tables.schema import Column, Schema
from kernel_magics.tables.trouble import Say


def is_table(value: object) -> bool:
    """Whether a value is a table, a batch or an array."""
    return isinstance(value, pa.Table | pa.RecordBatch | pa.Array | pa.ChunkedArray)


def schema_of(value: Any) -> Schema:
    """The schema of a table."""
    if isinstance(value, pa.Table | pa.RecordBatch):
        columns = tuple(_column(field.type, field.name) for field in value.schema)
        return Schema(f"pyarrow.{type(value).__name__}", columns)
    kind = "ChunkedArray" if isinstance(value, pa.ChunkedArray) else "Array"
    return Schema(f"pyarrow.{kind}", (_column(value.type, None),))


def _column(kind: Any, name: str | None) -> Column:
    found = replace(column_of(pd.Series([], dtype=pd.ArrowDtype(kind))), name=name)
    return replace(found, gap="NA", empty=True, words=True) if found.cells == "str" else found


def read(paths: Sequence[Path], schema: Schema, name: str, say: Say) -> Any:
    """The value of an input: its columns with the types of the sample.

    Raises:
        Exception: the problem DB408 where a file does not fit, DB403 or DB406 where it cannot be read.
    """
    kind = "Series" if schema.kind.endswith("Array") else "DataFrame"
    found = pandas_.read(paths, replace(schema, kind=f"pandas.{kind}"), name, say)
    frame = found.to_frame(name) if kind == "Series" else found
    if schema.columns is None:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    else:
        kinds = [column.name or name for column in schema.columns]
        arrays = [
            pa.chunked_array(frame.iloc[:, place].array.__arrow_array__()) for place in range(len(kinds))
        ]
        table = pa.Table.from_arrays(arrays, kinds)
    match schema.kind:
        case "pyarrow.Table":
            return table
        case "pyarrow.RecordBatch":
            return (
                table.combine_chunks().to_batches()[0]
                if len(table)
                else pa.RecordBatch.from_pylist([], table.schema)
            )
        case "pyarrow.ChunkedArray":
            return table.column(0)
    return table.column(0).combine_chunks()


def write(value: Any, path: Path) -> None:
    """Write a table or array into a file.

    Raises:
        ValueError: the format cannot hold it.
    """
    if isinstance(value, pa.Array | pa.ChunkedArray):
        value = pa.table({"0": value})
    if isinstance(value, pa.RecordBatch):
        value = pa.Table.from_batches([value])
    pandas_.write(value.to_pandas(types_mapper=pd.ArrowDtype), path)
