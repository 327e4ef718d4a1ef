"""A vector is one column of a value in the form for all measures: numbers, times or texts, with gaps.

pandas, NumPy, Polars, Arrow, scalars and plain lists are converted to vectors; views are used where possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

Array = np.ndarray[Any, np.dtype[Any]]
Kind = Literal["number", "bool", "time", "text", "other"]

PLAIN: Final = (bool, int, float, str, bytes, complex, type(None))


@dataclass(frozen=True, eq=False)
class Vector:
    """One column.

    Attributes:
        name: of the column; "" for a value that is one column.
        dtype: its library's name for it.
        kind: number, bool (0 and 1), time (seconds since 1970), text or other (objects that only compare).
        data: floats, with NaN for gaps, or a pandas array of texts or objects.
        scalar: it is a single value.
    """

    name: str
    dtype: str
    kind: Kind
    data: Any
    scalar: bool = False

    def __len__(self) -> int:
        """How many rows."""
        return len(self.data)

    def gaps(self) -> Array:
        """A mask of the gaps."""
        if self.kind in ("text", "other"):
            return np.asarray(pd.isna(self.data), dtype=bool)
        gaps: Array = np.isnan(self.data)
        return gaps


def vectors(value: object) -> Iterator[Vector]:
    """The columns of a value; one for a series, an array or a scalar, none for a value without rows."""
    library = type(value).__module__.partition(".")[0]
    if isinstance(value, pd.DataFrame):
        for place, name in enumerate(value.columns):
            yield _series(value.iloc[:, place], _label(name))
    elif isinstance(value, pd.Series):
        yield _series(value, "")
    elif isinstance(value, pd.MultiIndex):
        for level in range(value.nlevels):
            yield _series(value.get_level_values(level).to_series(), _label(value.names[level]))
    elif isinstance(value, pd.Index):
        yield _series(pd.Series(value.array), "")
    elif isinstance(value, np.ndarray):
        yield from _array(value)
    elif library == "polars":
        yield from _polars(value)
    elif library == "pyarrow":
        yield from _arrow(value)
    else:
        yield from _plain(value)


def row_count(value: object) -> int | None:
    """The number of rows of a value; None if it has none."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return int(shape[0]) if shape else None
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return len(value)
    return len(value) if type(value).__module__.startswith("pyarrow") and hasattr(value, "__len__") else None


def _label(name: object) -> str:
    return name if isinstance(name, str) else str(name)


def _series(series: pd.Series[Any], name: str) -> Vector:
    dtype: Any = series.dtype
    kind = getattr(dtype, "kind", "O")
    if isinstance(dtype, np.dtype):
        return _typed(series.to_numpy(), name, str(dtype))
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _typed(series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(), name, str(dtype))
    if kind in "iufb" and not isinstance(dtype, pd.CategoricalDtype):
        return Vector(name, str(dtype), "bool" if kind == "b" else "number", _floats(series))
    if kind in "mM":
        return _typed(series.to_numpy(dtype=f"{kind}8[ns]"), name, str(dtype))
    return Vector(name, str(dtype), _text_kind(series.array), series.array)


def _floats(series: pd.Series[Any]) -> Array:
    return series.to_numpy(dtype="float64", na_value=np.nan)


def _typed(array: Array, name: str, dtype: str) -> Vector:
    """A NumPy array of one dimension."""
    kind = array.dtype.kind
    if kind in "iuf":
        return Vector(name, dtype, "number", array.astype("float64", copy=False))
    if kind == "b":
        return Vector(name, dtype, "bool", array.astype("float64"))
    if kind in "mM":
        plain = array if np.datetime_data(array.dtype)[0] != "generic" else array.astype(f"{kind}8[ns]")
        seconds = plain.astype(f"{kind}8[us]").view("i8") / 1e6
        return Vector(name, dtype, "time", np.where(np.isnat(plain), np.nan, seconds))
    if kind == "c":
        return Vector(name, dtype, "other", pd.Series(array, dtype=object).array)
    if len(array) and all(isinstance(item, bool | np.bool_) or _is_gap(item) for item in array.tolist()):
        flags = [np.nan if _is_gap(item) else float(item) for item in array.tolist()]
        if not np.isnan(flags).all():
            return Vector(name, dtype, "bool", np.array(flags, dtype="float64"))
    data = pd.Series(array, dtype=object).array
    return Vector(name, dtype, _text_kind(data), data)


def _is_gap(item: object) -> bool:
    return item is None or item is pd.NA or (isinstance(item, float | np.floating) and item != item)


def _text_kind(data: Any) -> Kind:
    """The kind of texts and categories, whose members can be counted, or of other objects."""
    if isinstance(data.dtype, pd.CategoricalDtype | pd.StringDtype) or pd.api.types.is_string_dtype(
        data.dtype
    ):
        return "text"
    if str(data.dtype) == "object":
        return "text" if all(map(_is_word, data[:1000])) else "other"
    return "other"


def _is_word(item: object) -> bool:
    """A text, a flag, a whole number or a gap."""
    return isinstance(item, str | int) or _is_gap(item) or item is pd.NaT


def _array(array: Array) -> Iterator[Vector]:
    if array.dtype.names is not None:
        for name in array.dtype.names:
            yield _typed(np.asarray(array[name]).reshape(-1), name, str(array[name].dtype))
    elif array.ndim == 2 and array.shape[1] <= 10_000:
        for place in range(array.shape[1]):
            yield _typed(array[:, place], str(place), str(array.dtype))
    else:
        yield _typed(array.reshape(-1), "", str(array.dtype))


def _polars(value: Any) -> Iterator[Vector]:
    if hasattr(value, "get_columns"):
        for column in value.get_columns():
            yield from _polars_series(column, column.name)
    elif hasattr(value, "to_numpy") and hasattr(value, "dtype"):
        yield from _polars_series(value, "")


def _polars_series(series: Any, name: str) -> Iterator[Vector]:
    dtype = series.dtype
    if dtype.is_numeric():
        data = series.cast(type(dtype) if dtype.is_float() else dtype).to_numpy()
        yield Vector(name, str(dtype), "number", np.asarray(data, dtype="float64"))
    elif dtype.is_temporal() and not str(dtype).startswith("Time"):
        yield _renamed(_typed(series.to_numpy(), name, str(dtype)), str(dtype))
    elif str(dtype) == "Boolean":
        flags = [np.nan if item is None else float(item) for item in series.to_list()]
        yield Vector(name, str(dtype), "bool", np.array(flags, dtype="float64"))
    else:
        data = pd.Series(series.to_list(), dtype=object).array
        yield Vector(name, str(dtype), _text_kind(data), data)


def _renamed(vector: Vector, dtype: str) -> Vector:
    return Vector(vector.name, dtype, vector.kind, vector.data, vector.scalar)


def _arrow(value: Any) -> Iterator[Vector]:
    names = value.schema.names if hasattr(value, "schema") else [""]
    columns = value.columns if hasattr(value, "columns") else [value]
    for name, column in zip(names, columns, strict=False):
        if hasattr(column, "to_pandas"):
            yield _renamed(_series(column.to_pandas(), name), str(column.type))


def _plain(value: object) -> Iterator[Vector]:
    if isinstance(value, np.generic):
        yield _scalar(_typed(np.asarray(value).reshape(1), "", str(value.dtype)))
    elif isinstance(value, bool | int | float) and not abs(value) > 1e300:
        kind: Kind = "bool" if isinstance(value, bool) else "number"
        yield Vector("", type(value).__name__, kind, np.array([float(value)]), scalar=True)
    elif isinstance(value, PLAIN):
        data = pd.Series([value], dtype=object).array
        yield Vector(
            "", type(value).__name__, "text" if isinstance(value, str) else "other", data, scalar=True
        )
    elif isinstance(value, pd.Timestamp | pd.Timedelta):
        yield _scalar(_series(pd.Series([value]), ""))
    elif isinstance(value, Mapping):
        for key, member in value.items():
            for vector in vectors(member) if not isinstance(member, Mapping) else ():
                inner = f"{_label(key)}.{vector.name}" if vector.name else _label(key)
                yield Vector(inner, vector.dtype, vector.kind, vector.data, vector.scalar)
    elif isinstance(value, list | tuple) and value and all(type(item) in PLAIN for item in value):
        yield _series(pd.Series(list(value)), "")


def _scalar(vector: Vector) -> Vector:
    return Vector(vector.name, vector.dtype, vector.kind, vector.data, scalar=True)
