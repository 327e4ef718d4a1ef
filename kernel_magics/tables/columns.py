"""Columns are the named values of a frame before it is made, each name once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kernel_magics.tables.plural import plural
from kernel_magics.tables.problem import problem

Split = Callable[[object], Iterable[tuple[str, object]] | None]
"""Takes a frame apart into its columns; None for any other value."""


def take_columns(values: dict[str, object], split: Split) -> dict[str, object]:
    """The columns of values, which is emptied.

    Raises:
        Exception: the problem DB307 when two columns share a name, or a value has no place in a frame.
    """
    columns: dict[str, object] = {}
    while values:
        name = next(iter(values))
        value = values.pop(name)
        if isinstance(value, dict | set | frozenset):
            raise misfit(name, f"it is a {type(value).__name__}")
        dimensions = getattr(value, "ndim", 1)
        parts = split(value)
        if parts is None and dimensions not in (0, 1):
            raise misfit(name, f"it has {dimensions} dimensions")
        for key, column in [(name, value)] if parts is None else parts:
            if key in columns:
                raise misfit(name, f"the column '{key}' exists already")
            columns[key] = column
    return columns


def is_scalar(value: object) -> bool:
    """True for what fills a column: text, and everything without a length."""
    return (
        isinstance(value, str | bytes)
        or not hasattr(type(value), "__len__")
        or getattr(value, "ndim", 1) == 0
    )


def rows_of(columns: dict[str, object]) -> int:
    """The length of all columns; 1 where there are only scalars.

    Raises:
        Exception: the problem DB307 for a column of another length than the first.
    """
    rows: int | None = None
    for name, column in columns.items():
        if is_scalar(column):
            continue
        size = len(column)  # type: ignore[arg-type]
        rows = size if rows is None else rows
        if size != rows:
            raise misfit(name, f"it has {plural(size, 'value')} for {plural(rows, 'row')}")
    return 1 if rows is None else rows


def misfit(
    name: str, reason: str, hint: str = "choose other outputs, or give all the same index."
) -> Exception:
    """The problem DB307."""
    return problem("DB307", f"'{name}' cannot become a column: {reason}.", hint)
