"""Columns are values of a Series, frame, array or list; functions here make unusual variants of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.export.examples.literals import Literals

# a column and its index among the inputs' columns
Change = Callable[["pd.Series[Any]", int], "pd.Series[Any]"]

_TEXTS = ("", " ", "Ünïcode ß", "UPPER lower", "a,b;c", "0")
_MOMENTS = (
    "2024-02-29T00:00:00",
    "2023-12-31T23:59:59",
    "2024-01-01T00:00:00",
    "2023-03-26T02:30:00",
    "2022-10-30T12:00:00",
    "2023-06-30T06:15:00",
    "2021-07-04T18:45:30",
    "1999-11-08T09:05:00",
)


def is_number(column: pd.Series[Any]) -> bool:
    """True for columns of numbers, not of booleans."""
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)


def is_text(column: pd.Series[Any]) -> bool:
    """True for columns of strings or categories."""
    return (
        pd.api.types.is_string_dtype(column.dtype) or isinstance(column.dtype, pd.CategoricalDtype)
    ) and not is_number(column)


def is_moment(column: pd.Series[Any]) -> bool:
    """True for columns of dates and times."""
    return pd.api.types.is_datetime64_any_dtype(column.dtype)


def put(column: pd.Series[Any], cells: Sequence[Any]) -> pd.Series[Any]:
    """The column with other cells, in its own dtype if that can hold them."""
    made: pd.Series[Any] = pd.Series(list(cells), index=column.index, name=column.name, dtype=object)
    try:
        return made.astype(column.dtype)
    except (TypeError, ValueError, OverflowError):
        return made.infer_objects()


def _swap(column: pd.Series[Any], cells: dict[int, Any]) -> pd.Series[Any]:
    old = list(column)
    return put(column, [cells.get(place, cell) for place, cell in enumerate(old)])


def with_gaps(column: pd.Series[Any], number: int) -> pd.Series[Any]:
    """Gaps in some rows: different rows in each column, and one row with gaps in all."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return column
    step = 3 + number % 2
    return _swap(column, {row: None for row in range(len(column)) if row == 2 or (row + number) % step == 0})


def all_gaps(column: pd.Series[Any], number: int) -> pd.Series[Any]:
    """Only gaps in a column of numbers."""
    return put(column, [np.nan] * len(column)) if is_number(column) else column


def zeros(column: pd.Series[Any], number: int) -> pd.Series[Any]:
    """Zeros in every second or third row, together in some."""
    if not is_number(column):
        return column
    return _swap(column, {row: 0 for row in range(len(column)) if row == 0 or row % (2 + number % 2) == 0})


def negatives(column: pd.Series[Any], number: int) -> pd.Series[Any]:
    """The opposite sign in some rows."""
    if not is_number(column):
        return column
    cells = {row: -cell for row, cell in enumerate(column) if (row + number) % (2 + number % 2) == 0}
    return _swap(column, cells)


def constant(column: pd.Series[Any], number: int) -> pd.Series[Any]:
    """The first value everywhere."""
    return put(column, [column.iloc[0]] * len(column))


def ties(column: pd.Series[Any], number: int) -> pd.Series[Any]:
    """Every value three times."""
    cells = list(column)
    return put(column, [cells[row - row % 3] for row in range(len(cells))])


def one_group(column: pd.Series[Any], number: int) -> pd.Series[Any]:
    """One text or category for all rows."""
    return constant(column, number) if is_text(column) else column


def outlier(column: pd.Series[Any], number: int) -> pd.Series[Any]:
    """One value far above the others and one far below."""
    if not is_number(column):
        return column
    known = [abs(cell) for cell in column if pd.notna(cell)]
    size = max([1, *known])
    big = int(size) * 50 + 7 if pd.api.types.is_integer_dtype(column.dtype) else size * 50 + 0.5
    rows = len(column)
    return _swap(column, {(1 + number) % rows: big, (rows // 2 + number) % rows: -big})


def odd_values(literals: Literals) -> Change:
    """Unusual dates and strings, and the days and hours that the function mentions."""
    moments = [*_MOMENTS, *_moments_named(literals)]

    def change(column: pd.Series[Any], number: int) -> pd.Series[Any]:
        return _odd(column, number, moments)

    return change


def _moments_named(literals: Literals) -> list[str]:
    """Dates around the days and hours that a function compares with."""
    whole = [int(number) for number in literals.numbers if number % 1 == 0]
    days = [
        f"2024-05-{day:02}T10:00:00" for number in whole if 1 <= number <= 27 for day in (number, number + 1)
    ]
    hours = [hour % 24 for number in whole if 0 <= number <= 24 for hour in (number - 1, number)]
    return [*days[:8], *(f"2024-08-17T{hour:02}:30:00" for hour in hours[:8])]


def _odd(column: pd.Series[Any], number: int, moments: Sequence[str]) -> pd.Series[Any]:
    if is_moment(column):
        zone = getattr(column.dtype, "tz", None)
        odd = [
            pd.Timestamp(text).tz_localize(zone, nonexistent="shift_forward", ambiguous=True)
            for text in moments
        ]
        return put(column, [odd[(row + number) % len(odd)] for row in range(len(column))])
    if is_text(column) and not isinstance(column.dtype, pd.CategoricalDtype):
        cells = [_TEXTS[row % len(_TEXTS)] if row % 2 else cell for row, cell in enumerate(column)]
        return put(column, cells)
    return column


def at_limits(literals: Literals) -> Change:
    """The function's own literals, and values a little below and above them."""
    near = [
        value
        for number in literals.numbers
        for value in (number, number - 1, number + 1, number + 0.25, -number)
    ]

    def change(column: pd.Series[Any], number: int) -> pd.Series[Any]:
        rows = range(len(column))
        if is_number(column) and near:
            whole = pd.api.types.is_integer_dtype(column.dtype)
            pool = list(dict.fromkeys(round(value) if whole else value for value in near))
            return put(column, [pool[(row + 2 * number) % len(pool)] for row in rows])
        if is_text(column) and literals.texts and not isinstance(column.dtype, pd.CategoricalDtype):
            texts = [
                form
                for text in literals.texts
                for form in (text, text.upper(), f"a{text}b{text}c", f"{text} x")
            ]
            return put(column, [texts[(row + number) % len(texts)] for row in rows])
        return column

    return change


def fuzzed(literals: Literals, seed: str) -> Change:
    """Cells drawn from the column's own values, the literals and gaps."""
    generator = random.Random(seed)

    def change(column: pd.Series[Any], number: int) -> pd.Series[Any]:
        pool = [cell for cell in column if not _is_gap(cell)]
        if is_number(column):
            whole = pd.api.types.is_integer_dtype(column.dtype)
            extra = [0.0, 1.0, -1.0, *literals.numbers, *(value + 0.5 for value in literals.numbers)]
            pool += [round(value) if whole else value for value in extra]
            pool += [] if whole else [np.nan]
        elif is_text(column) and not isinstance(column.dtype, pd.CategoricalDtype):
            pool += [*literals.texts, *_TEXTS[:3]]
        return put(column, [generator.choice(pool) for _ in range(len(column))]) if pool else column

    return change


def _is_gap(cell: Any) -> bool:
    return bool(pd.api.types.is_scalar(cell) and pd.isna(cell))
