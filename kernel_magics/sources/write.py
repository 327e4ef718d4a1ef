"""Writing to a sink: whole or not at all, and the same when it is done again for the same day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel_magics.sources.database import Batch, plain_frame, store
from kernel_magics.sources.source import Sink
from kernel_magics.tables.files import expect_format, optional
from kernel_magics.tables.outputs import collected, one_table, several_tables
from kernel_magics.tables.schema import is_table
from kernel_magics.tables.values import write_value


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        files: none for a database.
        rows: of all tables.
        value: what a file or table of it holds.
    """

    files: tuple[Path, ...]
    rows: int
    value: Any


def write_sink(
    sink: Sink, values: Mapping[str, Any], params: Mapping[str, Any], folder: Path, batch: Batch
) -> Written:
    """Write values.

    Args:
        params: values for the path.
        folder: where relative paths start.
        batch: what these rows are, for a database.

    Raises:
        DataflowError: DB002, DB307, DB405, DB409 (files), DB352, DB465, DB466 (databases).
    """
    values = {name: collected(value) for name, value in values.items()}
    if not sink.path:
        table = one_table(values, "x.parquet")
        return Written((), store(sink, table, folder, batch), table)
    path = folder / sink.filled(params).path
    if sink.path.endswith("/"):
        tables = {
            path / f"{name}.{'parquet' if is_table(value) else 'json'}": value
            for name, value in several_tables(values).items()
        }
    else:
        expect_format(path)
        table = one_table(values, str(path))
        tables = {path: with_time(table, sink.time, batch.known) if sink.time else table}
    for each, value in tables.items():
        write_value(value, each)
    rows = sum(len(value) for value in tables.values() if is_table(value))
    return Written(tuple(tables), rows, next(iter(tables.values())))


def with_time(table: Any, column: str, known: dt.datetime) -> Any:
    """A table as plain columns, one of which says when each row is known: at this moment, if it has none."""
    frame = plain_frame(table)
    if column in frame.columns:
        return frame
    moment = optional("pandas", "tables with a time").Timestamp(known).tz_convert("UTC").as_unit("us")
    return frame.assign(**{column: moment})
