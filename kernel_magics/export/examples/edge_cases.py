"""Edge cases: unusual variants of inputs, such as empty, one row, gaps, zeros, ties, outliers, fuzz."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.export.examples import columns
from kernel_magics.export.examples.columns import Change
from kernel_magics.export.examples.literals import Literals
from kernel_magics.export.examples.polars_tables import columns_of, is_polars, to_pandas, with_columns
from kernel_magics.export.examples.sampling import is_table, take

Given = dict[str, Any]
_TABLES = pd.DataFrame | pd.Series


def edge_cases(given: Mapping[str, Any], literals: Literals, seed: str) -> Iterator[tuple[str, Given]]:
    """Named variants of a function's arguments, deterministic for given arguments.

    Args:
        seed: seed of random draws; the function's name.
    """
    tables = {name: value for name, value in given.items() if _is_table(value)}
    if tables:
        for label, rows in _row_choices(seed):
            yield (
                label,
                {**given, **{name: _take(value, rows(_length(value))) for name, value in tables.items()}},
            )
        for label, change in _changes(literals, seed):
            yield label, {**given, **_changed(tables, change)}
        if sum(len(_columns_of(value)) for value in tables.values()) > 1:
            yield "equal columns", {**given, **_equal_columns(tables)}
        yield "odd index", {**given, **{name: _odd_index(value, literals) for name, value in tables.items()}}
    for name, value in given.items():
        if name not in tables:
            for number, other in enumerate(_others(value, literals), start=1):
                yield f"other {name} {number}", {**given, name: other}
    if tables:
        return
    generator = random.Random(seed)
    for number in range(1, 9):
        drawn = {name: _drawn(value, literals, generator) for name, value in given.items()}
        yield f"fuzz {number}", {**given, **drawn}


def _changes(literals: Literals, seed: str) -> list[tuple[str, Change]]:
    return [
        ("gaps", columns.with_gaps),
        ("only gaps", columns.all_gaps),
        ("zeros", columns.zeros),
        ("negatives", columns.negatives),
        ("constant", columns.constant),
        ("ties", columns.ties),
        ("one group", columns.one_group),
        ("odd dates and texts", columns.odd_values(literals)),
        ("outlier", columns.outlier),
        ("limits", columns.at_limits(literals)),
        ("fuzz", columns.fuzzed(literals, f"{seed} 1")),
        ("fuzz 2", columns.fuzzed(literals, f"{seed} 2")),
    ]


def _row_choices(seed: str) -> list[tuple[str, Callable[[int], list[int]]]]:
    def shuffled(length: int) -> list[int]:
        rows = list(range(length))
        random.Random(f"{seed} {length}").shuffle(rows)
        return rows

    return [
        ("empty", lambda length: []),
        ("one row", lambda length: [0][:length]),
        ("out of order", shuffled),
        ("duplicate index", lambda length: [row // 2 for row in range(min(length, 16))]),
    ]


def _is_table(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim in (1, 2)
    if isinstance(value, list):
        return bool(value) and all(
            isinstance(item, int | float) and not isinstance(item, bool) for item in value
        )
    if isinstance(value, dict):
        return bool(value) and all(is_table(item) for item in value.values())
    return is_table(value)


def _length(value: Any) -> int:
    return len(next(iter(value.values()))) if isinstance(value, dict) else len(value)


def _take(value: Any, rows: list[int]) -> Any:
    rows = [row for row in rows if row < _length(value)]
    if isinstance(value, dict):
        return {key: _take(item, rows) for key, item in value.items()}
    if is_table(value):
        return take(value, rows)
    return value[rows] if isinstance(value, np.ndarray) else [value[row] for row in rows]


def _columns_of(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [column for item in value.values() for column in _columns_of(item)]
    if isinstance(value, pd.DataFrame):
        return [value.iloc[:, place] for place in range(value.shape[1])]
    if isinstance(value, pd.Series):
        return [value]
    if is_polars(value):
        return [to_pandas(column) for column in columns_of(value)]
    array = np.asarray(value)
    return (
        [pd.Series(array)]
        if array.ndim == 1
        else [pd.Series(array[:, place]) for place in range(array.shape[1])]
    )


def _with_columns(value: Any, made: list[Any]) -> Any:
    """A table of the same kind with other columns, taken from the front of `made`."""
    if isinstance(value, dict):
        return {key: _with_columns(item, made) for key, item in value.items()}
    if isinstance(value, pd.DataFrame):
        parts = {place: made.pop(0) for place in range(value.shape[1])}
        frame = pd.DataFrame(parts, index=value.index)
        frame.columns = value.columns
        return frame
    if isinstance(value, pd.Series):
        return made.pop(0)
    if is_polars(value):
        return with_columns(value, made)
    if isinstance(value, list):
        return made.pop(0).tolist()
    if value.ndim == 1:
        return made.pop(0).to_numpy()
    return np.column_stack([made.pop(0).to_numpy() for _ in range(value.shape[1])])


def _changed(tables: Mapping[str, Any], change: Change) -> Given:
    number = 0
    found: Given = {}
    for name, value in tables.items():
        made = []
        for column in _columns_of(value):
            made.append(change(column, number) if len(column) else column)
            number += 1
        found[name] = _with_columns(value, made)
    return found


def _equal_columns(tables: Mapping[str, Any]) -> Given:
    """All numbers of one length equal, so that comparisons between columns meet ties."""
    first: dict[int, Any] = {}

    def change(column: pd.Series[Any], number: int) -> pd.Series[Any]:
        if not columns.is_number(column):
            return column
        known = first.setdefault(len(column), column)
        return columns.put(column, list(known))

    return _changed(tables, change)


def _odd_index(value: Any, literals: Literals) -> Any:
    """Replace dates and times in an index by unusual ones; start a plain index at another number than 0."""
    if isinstance(value, dict):
        return {key: _odd_index(item, literals) for key, item in value.items()}
    if not isinstance(value, _TABLES) or not len(value) or isinstance(value.index, pd.MultiIndex):
        return value
    fresh = value.copy(deep=False)
    column: Any = pd.Series(value.index)
    if columns.is_moment(column):
        odd = columns.odd_values(literals)(column, 0)
        fresh.index = pd.DatetimeIndex(odd.sort_values(), name=value.index.name)
    elif columns.is_number(column):
        fresh.index = pd.Index(
            [3 * cell + 5 for cell in column], dtype=value.index.dtype, name=value.index.name
        )
    return fresh


def _others(value: Any, literals: Literals) -> list[Any]:
    """Other values of the same type for a scalar or a small container."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        whole = [int(number) + step for number in literals.numbers[:6] for step in (0, 1, -1)]
        return _distinct(value, [0, 1, value + 1, 2, -value or -1, *whole])
    if isinstance(value, float):
        near = [number + step for number in literals.numbers[:6] for step in (0.0, 0.5, -0.5)]
        return _distinct(value, [0.0, value / 2, value * 2 + 1, -value or -1.0, float("nan"), *near])
    if isinstance(value, str):
        return _distinct(value, ["", value.upper(), f"{value} x", *literals.texts[:6]])
    if isinstance(value, datetime.date | pd.Timestamp):
        step = datetime.timedelta(days=1)
        return [
            value + step,
            value - 40 * step,
            value.replace(month=12, day=31),
            value.replace(year=2024, month=2, day=29),
        ]
    if isinstance(value, list | tuple) and value:
        return [value[:0], value[:1], value[::-1], type(value)([*value, value[0]])]
    if isinstance(value, dict) and value:
        key = next(iter(value))
        return [{}, {key: value[key]}, dict(reversed(value.items()))]
    return []


def _distinct(value: Any, others: list[Any]) -> list[Any]:
    return [other for other in dict.fromkeys(others) if other != value]


def _drawn(value: Any, literals: Literals, generator: random.Random) -> Any:
    if isinstance(value, bool):
        return generator.random() < 0.5
    if isinstance(value, int):
        whole = [int(number) + generator.choice((-1, 0, 1)) for number in literals.numbers]
        return generator.choice([value * generator.randint(1, 9), generator.randint(-20, 100), *whole])
    if isinstance(value, float):
        near = [number + generator.uniform(-1, 1) for number in literals.numbers]
        return generator.choice([value * generator.uniform(-2, 5), generator.uniform(-10, 100), *near])
    others = _others(value, literals)
    return generator.choice([value, *others]) if others else value
