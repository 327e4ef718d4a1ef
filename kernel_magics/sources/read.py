"""Reading a source: the value of an input, with the types of its sample, wherever it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kernel_magics.engine.errors import RunError
from kernel_magics.engine.values.value import MISSING
from kernel_magics.sources.database import query
from kernel_magics.sources.feast import historical
from kernel_magics.sources.source import Source
from kernel_magics.tables.plain import Unfit, from_json, type_text
from kernel_magics.tables.problem import problem
from kernel_magics.tables.schema import is_table
from kernel_magics.tables.trouble import Say
from kernel_magics.tables.values import Expected, read_rows, read_value


def read_source(
    name: str, source: Source, expected: Expected, params: Mapping[str, Any], folder: Path, say: Say
) -> Any:
    """The value that a source gives.

    Args:
        name: of the input, for messages.
        params: values for its path and query.
        folder: where relative paths start.
        say: told what of the source is left out.

    Raises:
        DataflowError: DB353 for no rows, DB403, DB406 or DB408 (files and types), DB465, DB466 (databases,
            Feast).
    """
    if source.value is not MISSING:
        return _plain(name, source.value, expected, say)
    if source.path:
        value = read_value(name, str(folder / source.filled(params).path), expected, say)
    elif source.feast:
        rows = historical(source.filled(params), folder)
        value = _fitted(name, rows, expected, say)
    else:
        value = _fitted(name, query(source, params, folder), expected, say)
    if is_table(value) and not source.empty and _rows(value) == 0:
        raise RunError(
            "DB353",
            f"input '{name}' has no rows: {source.filled(params).label}.",
            hint="write empty: allow beside it if that is right.",
            names=[name],
        )
    return value


def _fitted(name: str, rows: Any, expected: Expected, say: Say) -> Any:
    """The rows of a query as the value of an input."""
    if expected.schema is not None:
        return read_rows(name, rows, expected.schema, say)
    if expected.type is Any:
        return rows
    if getattr(expected.type, "__origin__", expected.type) in (list, tuple, set, frozenset):
        return _plain(name, rows.iloc[:, 0].tolist(), expected, say)
    if rows.shape != (1, 1):
        raise problem(
            "DB408",
            f"the query does not fit the sample of '{name}': it must give one row and one column, and gives "
            f"{rows.shape[0]} and {rows.shape[1]}.",
            "change the query.",
        )
    return _plain(name, rows.iloc[:, 0].tolist()[0], expected, say)


def _plain(name: str, value: Any, expected: Expected, say: Say) -> Any:
    if expected.schema is not None:
        return read_rows(name, value, expected.schema, say)
    try:
        return from_json(value, expected.type)
    except Unfit as error:
        reason = f": {error}" if str(error) else ""
        raise problem(
            "DB408",
            f"the value of '{name}' does not fit its sample: it must be {type_text(expected.type)}{reason}.",
            "correct the value, or the sample.",
        ) from None


def _rows(value: Any) -> int:
    if hasattr(value, "collect"):
        return 1  # a lazy frame of Polars: nobody knows yet
    return len(value)
