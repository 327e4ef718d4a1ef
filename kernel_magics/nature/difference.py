"""A difference is where and how far two outputs differ that should be equal."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.table import TABLES, Rows, is_table, labels_of
from kernel_magics.tables.plural import plural

STRUCTURAL = float("inf")


@dataclass(frozen=True, slots=True)
class Difference:
    """How an output differs from the one expected.

    Attributes:
        change: for people, such as `12.5 became nan`.
        place: the position of the row in the output expected; None where it is no matter of one row.
        where: that row for people ("" for none).
        size: how far numbers part, as a share of the largest; infinite where it is no matter of numbers.
        rows: only which rows there are differs; those that both have are equal.
        failed: the function raised.
    """

    change: str
    place: int | None = None
    where: str = ""
    size: float = STRUCTURAL
    rows: bool = False
    failed: bool = False

    @property
    def text(self) -> str:
        """`at 3: 12.5 became nan`."""
        return f"at {self.where}: {self.change}" if self.where else self.change


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far numbers may differ.

    Attributes:
        share: of the largest number of their column.
        least: where all numbers of the column are small.
    """

    share: float
    least: float = 0.0


EXACT = Tolerance(0.0)


def difference(old: Any, new: Any, tolerance: Tolerance, labels: bool = True) -> Difference | None:
    """None where two outputs are equal: missing equals missing, int equals float, labels count.

    Args:
        labels: whether the labels of rows count.
    """
    if is_table(old):
        return _tables(old, new, tolerance, labels)
    if isinstance(old, np.ndarray):
        return _arrays(old, new, tolerance)
    if isinstance(old, dict) and isinstance(new, dict):
        if list(old) != list(new):
            return Difference(f"other keys: {_some(set(old) ^ set(new))}")
        return next(
            (found for key in old if (found := difference(old[key], new[key], tolerance, labels))), None
        )
    if isinstance(old, list | tuple) and type(old) is type(new):
        if len(old) != len(new):
            return Difference(f"{len(old)} items became {len(new)}")
        pairs = zip(old, new, strict=True)
        return next(
            (found for one, other in pairs if (found := difference(one, other, tolerance, labels))), None
        )
    return _scalars(old, new, tolerance)


def _arrays(old: Rows, new: Any, tolerance: Tolerance) -> Difference | None:
    if not isinstance(new, np.ndarray) or old.shape != new.shape:
        return Difference(f"{_shape(old)} became {_shape(new)}")
    one, other = old.ravel(), new.ravel()
    place, size = _apart(one, other, tolerance)
    if place is None:
        return None
    row, *cell = (int(number) for number in np.unravel_index(place, old.shape)) if old.ndim else (0,)
    where = f"row {row}" + (f", column {', '.join(map(str, cell))}" if cell else "")
    return Difference(_values(one, other, place), row, where, size)


def _tables(old: Any, new: Any, tolerance: Tolerance, labels: bool) -> Difference | None:
    kind: Any = next(kind for kind in TABLES if isinstance(old, kind))
    if not isinstance(new, kind):
        return Difference(f"a {type(old).__name__} became a {type(new).__name__}")
    if kind is pd.DataFrame and not old.columns.equals(new.columns):
        return Difference(f"other columns: {_some({*map(str, old.columns)} ^ {*map(str, new.columns)})}")
    if len(old) != len(new):
        return Difference(f"{plural(len(old), 'row')} became {len(new)}")
    if not len(old):
        return None
    index: Any = labels_of(old)
    if labels and kind is not pd.Index and not index.equals(labels_of(new)):
        place = _first_other(index, labels_of(new))
        return Difference(f"row {index[place]} became row {labels_of(new)[place]}")
    if kind is pd.DataFrame:
        pairs = ((old.iloc[:, place], new.iloc[:, place]) for place in range(len(old.columns)))
        found = (_columns(one, other, tolerance, str(one.name)) for one, other in pairs)
        return next((apart for apart in found if apart is not None), None)
    if isinstance(index, pd.MultiIndex) and kind is pd.Index:
        first = None if index.equals(new) else _first_other(index, new)
        return None if first is None else Difference(f"{index[first]} became {new[first]}")
    return _columns(old, new, tolerance, "")


def _columns(old: Any, new: Any, tolerance: Tolerance, name: str) -> Difference | None:
    one, other = _array(old), _array(new)
    place, size = _apart(one, other, tolerance)
    if place is None:
        return None
    change = _values(one, other, place)
    label = short_text(labels_of(old)[place])
    return Difference(f"'{name}' {change}" if name else change, place, label, size)


def arrays_of(table: Any) -> list[Rows]:
    """The columns of a Series or DataFrame as arrays."""
    if isinstance(table, pd.Series):
        return [_array(table)]
    return [_array(column) for _, column in table.items()]


def equal_arrays(one: Rows, other: Rows, tolerance: Tolerance) -> bool:
    """Whether two arrays of one length are equal, as `difference` means it."""
    return _apart(one, other, tolerance)[0] is None


def _array(column: Any) -> Rows:
    """The cells of a column as an array of numbers, dates or objects."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return column.to_numpy()  # type: ignore[no-any-return]
    if isinstance(dtype, pd.DatetimeTZDtype):
        return pd.DatetimeIndex(column).tz_convert("UTC").tz_localize(None).to_numpy()
    if getattr(dtype, "kind", "O") in "biuf":
        return column.to_numpy(float, na_value=np.nan)  # type: ignore[no-any-return]
    return np.asarray(column, dtype=object)


def _apart(old: Rows, new: Rows, tolerance: Tolerance) -> tuple[int | None, float]:
    """The first place where two columns differ, and how far."""
    kinds = old.dtype.kind + new.dtype.kind
    if all(kind in "biufc" for kind in kinds):
        return _numbers_apart(old, new, tolerance)
    if kinds in ("MM", "mm"):
        wrong = (old != new) & ~(np.isnat(old) & np.isnat(new))
        return (int(wrong.argmax()), STRUCTURAL) if wrong.any() else (None, 0.0)
    x, y = old.astype(object), new.astype(object)
    for place in np.flatnonzero(_objects_apart(x, y)):
        found = difference(x[place], y[place], tolerance)  # missing in a tuple equals missing, as in a column
        if found is not None:
            return int(place), found.size
    return None, 0.0


def _numbers_apart(old: Rows, new: Rows, tolerance: Tolerance) -> tuple[int | None, float]:
    with np.errstate(all="ignore"):
        x, y = (cells if cells.dtype.kind in "fc" else cells.astype(float) for cells in (old, new))
        wrong = ~((x == y) | ((x != x) & (y != y)))
        if not wrong.any():
            return None, 0.0
        missing = (x != x) != (y != y)
        if missing.any():
            return int(missing.argmax()), STRUCTURAL
        finite = np.abs(x[np.isfinite(x)])
        largest = float(finite.max()) if len(finite) else 0.0
        apart = np.where(wrong, np.abs(x - y), 0.0)
        gap = apart / (largest + np.abs(y))
        gap = np.where(np.isnan(apart), STRUCTURAL, np.where(apart <= tolerance.least, 0.0, gap))
        place = int(gap.argmax())
        return (place, float(gap[place])) if gap[place] > tolerance.share else (None, 0.0)


def _objects_apart(old: Rows, new: Rows) -> Rows:
    gone: Rows = np.asarray(pd.isna(old)) & np.asarray(pd.isna(new))
    try:
        same: Rows = np.asarray(old == new)
        if same.dtype == bool and same.shape == old.shape:
            return np.asarray(~(gone | same))
    except (TypeError, ValueError):
        pass
    pairs = zip(old, new, strict=True)
    return np.asarray(~(gone | np.fromiter((_equal(one, other) for one, other in pairs), bool, len(old))))


def _equal(one: object, other: object) -> bool:
    try:
        return type(one) is type(other) and bool(np.all(np.asarray(one == other)))
    except Exception:  # a class may raise anything when it is compared
        return False


def _scalars(old: Any, new: Any, tolerance: Tolerance) -> Difference | None:
    numbers = (int, float, np.number, np.bool_)
    if isinstance(old, numbers) and isinstance(new, numbers):
        place, size = _apart(np.asarray([old]), np.asarray([new]), tolerance)
        return None if place is None else Difference(f"{short_text(old)} became {short_text(new)}", size=size)
    if _equal(old, new) or (old is None and new is None):
        return None
    try:
        if pickle.dumps(old) == pickle.dumps(new):
            return None
    except Exception:  # a class that cannot be pickled may raise anything
        pass
    return Difference(f"{short_text(old)} became {short_text(new)}")


def _first_other(old: pd.Index[Any], new: pd.Index[Any]) -> int:
    return next((place for place, (a, b) in enumerate(zip(old, new, strict=True)) if not _equal(a, b)), 0)


def _values(old: Rows, new: Rows, place: int) -> str:
    return f"{short_text(old[place])} became {short_text(new[place])}"


def short_text(value: object) -> str:
    """A value in a few characters."""
    if isinstance(value, tuple):
        return ", ".join(map(short_text, value))
    if value is None or value is pd.NaT or value is pd.NA or _is_nan(value):
        return "NaN"
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    if isinstance(value, np.datetime64 | pd.Timestamp):
        text = str(pd.Timestamp(value))
        return text.removesuffix(" 00:00:00")
    text = str(value)
    if len(text) > 40 or "\n" in text:
        return type(value).__name__
    return text


def _is_nan(value: Any) -> bool:
    """Whether a value is unlike itself; what compares cell by cell is not."""
    try:
        return bool(value != value)
    except Exception:  # tables of other libraries may raise anything
        return False


def _shape(value: object) -> str:
    return (
        f"an array of {' x '.join(map(str, value.shape))}"
        if isinstance(value, np.ndarray)
        else type(value).__name__
    )


def _some(names: set[Any]) -> str:
    return ", ".join(sorted(map(str, names))[:3])
