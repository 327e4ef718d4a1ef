"""Writing to a sink: whole or not at all, and the same when it is done again for the same day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel_magics.sources.database import Batch, store
from kernel_magics.sources.source import Sink
from kernel_magics.tables.files import expect_format
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
        tables = {path: one_table(values, str(path))}
    for each, value in tables.items():
        write_value(value, each)
    rows = sum(len(value) for value in tables.values() if is_table(value))
    return Written(tuple(tables), rows, next(iter(tables.values())))
