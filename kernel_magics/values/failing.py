"""Failing rows of arrays, series and frames: where a condition is false, and the values there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kernel_magics.engine.values.value import Failing

SHOWN: Final = 3
_COLUMNS: Final = 3
_WIDTH: Final = 40
_PARTS: Final = 4  # parts of a schema that are named


def failing_rows(outcome: Any, value: Any, names: Sequence[str]) -> Failing | None:
    """See `Values.failing`; for anything that NumPy can convert, and for errors of pandera."""
    cases = getattr(outcome, "failure_cases", None)
    if cases is not None:
        return _schema_rows(cases, value)
    held: Any = np.asarray(outcome)
    if held.dtype == object:  # a missing truth value is not true
        flat = [cell is True or cell is np.True_ for cell in held.reshape(-1)]
        held = np.reshape(np.array(flat, dtype=bool), held.shape)
    if not held.ndim or held.ndim > 2:
        return None
    held = held.astype(bool, copy=False)
    if held.ndim == 2:
        columns = getattr(outcome, "columns", ())
        names = [str(columns[place]) for place in np.flatnonzero(~held.all(axis=0)) if place < len(columns)]
        held = held.all(axis=1)
    places = np.flatnonzero(~held)
    sample = [_row(outcome, value, int(place), names) for place in places[:SHOWN]]
    return Failing(len(places), len(held), tuple(sample))


def _row(outcome: Any, value: Any, place: int, names: Sequence[str]) -> str:
    """One row as text: its label and its value."""
    index: Any = getattr(outcome, "index", None)
    label = index[place] if hasattr(index, "dtype") or hasattr(index, "levels") else place
    where = _place_in(value, label, place, outcome)
    return _shown(label) if where is None else f"{_shown(label)}: {_cells(value, where, names)}"


def _place_in(value: Any, label: object, place: int, outcome: Any) -> int | None:
    """The position in the value of a row of the outcome, which may lack rows that were filtered out."""
    if not hasattr(value, "__len__") or isinstance(value, str | bytes | dict):
        return None
    if len(value) == len(outcome):
        return place
    index = getattr(value, "index", None)
    if index is None or not getattr(index, "is_unique", False):
        return None
    found = int(index.get_indexer([label])[0])
    return found if found >= 0 else None


def _cells(value: Any, place: int, names: Sequence[str]) -> str:
    columns = list(getattr(value, "columns", ()))
    if not columns or not isinstance(columns[0], str):
        row = value.iloc[place] if hasattr(value, "iloc") else value[place]
        return _shown(row)
    wanted = [name for name in dict.fromkeys(names) if name in columns] or columns
    read = value.iloc[place] if hasattr(value, "iloc") else value.row(place, named=True)
    return " ".join(f"{name}={_shown(read[name])}" for name in wanted[:_COLUMNS])


def _shown(cell: Any) -> str:
    if isinstance(cell, float | np.floating):
        return f"{float(cell):.6g}"
    if isinstance(cell, tuple):
        return f"({', '.join(map(_shown, cell))})"
    item = cell.item() if isinstance(cell, np.generic) else cell
    text = repr(item) if isinstance(item, str) else str(item)
    text = " ".join(text.split())
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _schema_rows(cases: Any, value: Any) -> Failing | None:
    """pandera's table of failure cases: each broken rule with its number of rows."""
    if not hasattr(cases, "columns") or not {"check", "index", "failure_case"} <= set(cases.columns):
        return None
    whole = cases["index"].isna()
    rows = cases[~whole]
    parts = [
        f"{_of(column)}{check} ({len(group)} rows)"
        for (column, check), group in rows.groupby(["column", "check"], sort=False, dropna=False)
    ]
    parts += [
        f"{_of(column)}{check} ({_shown(case)})"
        for column, check, case in zip(
            *(cases.loc[whole, name] for name in ("column", "check", "failure_case")), strict=True
        )
    ]
    sample = [
        f"{_shown(label)}: {_shown(case)}"
        for label, case in zip(rows["index"][:SHOWN], rows["failure_case"][:SHOWN], strict=True)
    ]
    more = f" and {len(parts) - _PARTS} more" if len(parts) > _PARTS else ""
    total = len(value) if hasattr(value, "__len__") and len(rows) else 0
    return Failing(int(rows["index"].nunique()), total, tuple(sample), "; ".join(parts[:_PARTS]) + more)


def _of(column: Any) -> str:
    return f"{column}: " if isinstance(column, str) else ""
