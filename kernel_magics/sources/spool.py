"""A spool is a folder with the rows of a query, written some at a time, for readers that want a part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kernel_magics.sources.database import batches
from kernel_magics.sources.source import Source
from kernel_magics.tables.schema import Schema
from kernel_magics.tables.trouble import Say
from kernel_magics.tables.values import read_rows, write_value

ROWS: Final = 100_000
"""Rows that are in memory at a time."""


def spool(
    name: str, source: Source, schema: Schema, params: Mapping[str, Any], folder: Path, into: Path, say: Say
) -> int:
    """Write the rows of a query or a table as Parquet files, with the types of a sample.

    Args:
        name: of the input, for messages.
        params: for the query.
        folder: where relative paths start.

    Returns:
        how many rows there are.

    Raises:
        DataflowError: DB408 for rows that do not fit, DB465, DB466; DB405 where they cannot be written.
    """
    said: set[str] = set()

    def say_once(note: str) -> None:
        if note not in said:
            said.add(note)
            say(note)

    count = 0
    for number, rows in enumerate(batches(source, params, folder, ROWS)):
        write_value(read_rows(name, rows, schema, say_once), into / f"{number:08}.parquet")
        count += len(rows)
    return count
