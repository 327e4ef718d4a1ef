"""pandas values: shallow copies under copy-on-write, compared and hashed column by column.

What copy-on-write cannot hold back: `series.array[0] = x` on NumPy memory, `np.asarray(index)[0] = x`, and
memory that was forced to be writeable.
"""

import copy
import datetime
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.engine.values.canonical import zone_text
from kernel_magics.engine.values.picture import Way
from kernel_magics.engine.values.value import MISSING, Parts, Values
from kernel_magics.values.column import Column
from kernel_magics.values.library import bare, copied, direct, parts, snapshot, way
from kernel_magics.values.look import LINES, TOP, Look, columns_of, commonest, look, step_of
from kernel_magics.values.numpy_ import histogram

_OBJECT: Final = type(np.dtype(object))
_COMPARED: Final = (np.dtype("float64"), np.dtype("int64"))
_SCALARS: Final = (pd.Timestamp, pd.Timedelta, pd.Period, pd.Interval, pd.offsets.BaseOffset)
_FIXED_CELLS: Final = frozenset(
    {type(None), bool, int, float, complex, str, bytes, datetime.date, datetime.datetime, datetime.timedelta}
    | {type(pd.NA), type(pd.NaT), *_SCALARS}
)
"""Immutable types of cells, so that an object column of them needs no copy."""


def _fresh_cells(cells: Any, values: Values) -> Any:
    """Isolated copies of the objects in a column; None when all are immutable."""
    if _FIXED_CELLS.issuperset(map(type, cells)):
        return None
    fresh = np.empty(len(cells), dtype=object)
    changed = False
    for place, cell in enumerate(cells):
        fresh[place] = values.isolate(cell)
        changed = changed or fresh[place] is not cell
    return fresh if changed else None


def _written_through(dtype: Any) -> bool:
    """True for pandas arrays that copy-on-write leaves out: `.values[0] = x` would reach the original.

    Arrow's buffers cannot be written, and sparse arrays refuse it.
    """
    if isinstance(dtype, np.dtype | pd.ArrowDtype | pd.SparseDtype):
        return False
    return not (isinstance(dtype, pd.StringDtype) and dtype.storage == "pyarrow")


@copied.register(pd.DataFrame)
def _frame(value: pd.DataFrame, values: Values) -> pd.DataFrame:
    fresh = value.copy(deep=False)
    for dtype in _dtypes(value):
        if type(dtype) is _OBJECT or _written_through(dtype):
            _replace_columns(fresh, value, values)
            break
    return fresh


def _dtypes(value: pd.DataFrame) -> Iterable[Any]:
    """The types of a frame's columns, once for all columns that are stored together where that is told."""
    blocks = getattr(getattr(value, "_mgr", None), "blocks", None)  # `dtypes` takes twice as long as the copy
    return value.dtypes if blocks is None else [block.dtype for block in blocks]


def _replace_columns(fresh: pd.DataFrame, value: pd.DataFrame, values: Values) -> None:
    """Give a shallow copy columns of its own where copy-on-write does not keep them apart."""
    for place, dtype in enumerate(value.dtypes):
        if type(dtype) is _OBJECT:
            cells = _fresh_cells(value.iloc[:, place].to_numpy(), values)
            if cells is not None:
                fresh.isetitem(place, cells)
        elif _written_through(dtype):
            fresh.isetitem(place, value.iloc[:, place].array.copy())


@copied.register(pd.Series)
def _series(value: "pd.Series[Any]", values: Values) -> "pd.Series[Any]":
    dtype = value.dtype
    if type(dtype) is not _OBJECT:
        return value.copy(deep=_written_through(dtype))
    fresh = value.copy(deep=False)
    cells = _fresh_cells(value.to_numpy(), values)
    if cells is not None:
        fresh.iloc[:] = cells  # copy-on-write: only the copy's column is replaced
    return fresh


direct[pd.DataFrame], direct[pd.Series] = _frame, _series


@bare.register(pd.Series)
def _(value: "pd.Series[Any]") -> object:
    plain = type(value) is pd.Series and value.dtype in _COMPARED
    return Column(value.to_numpy()) if plain else MISSING


@way.register(pd.DataFrame)
@way.register(pd.Series)
@way.register(pd.Index)
def _(value: Any, values: Values) -> Way:
    return snapshot(value, values)


@copied.register(pd.Index)
def _(value: "pd.Index[Any]", values: Values) -> object:
    return value.view()


@copied.register(pd.api.extensions.ExtensionArray)
def _(value: pd.api.extensions.ExtensionArray, values: Values) -> object:
    return value.copy()


def _shared(value: object, values: Values) -> object:
    """Scalars and dtypes are immutable."""
    return value


def _lazy(value: Any, values: Values) -> object:
    """Group-bys and windows only read the frame they came from: they get a copy of it."""
    fresh = copy.copy(value)
    if isinstance(getattr(value, "obj", None), pd.DataFrame | pd.Series):
        fresh.obj = values.isolate(value.obj)
    return fresh


for _kind in (*_SCALARS, type(pd.NaT), type(pd.NA), pd.api.extensions.ExtensionDtype):
    copied.register(_kind, _shared)
for _name in dir(pd.api.typing):
    if _name.lower().endswith(("groupby", "grouper", "rolling", "window", "expanding", "resampler")):
        copied.register(getattr(pd.api.typing, _name), _lazy)


@parts.register(pd.DataFrame)
def _(value: pd.DataFrame, values: Values) -> Parts | None:
    if type(value) is not pd.DataFrame:
        return None  # a subclass has properties of its own, such as a coordinate system
    columns = [column_values(column) for _, column in value.items()]
    dtypes = ",".join(map(str, value.dtypes))
    key = f"pd.DataFrame:{value.shape}:{value.flags.allows_duplicate_labels}:{dtypes}"
    return Parts(key, [value.columns, value.index, value.attrs, *columns])


@parts.register(pd.Series)
def _(value: "pd.Series[Any]", values: Values) -> Parts | None:
    if type(value) is not pd.Series:
        return None
    key = f"pd.Series:{value.shape}:{value.flags.allows_duplicate_labels}"
    return Parts(key, [value.name, value.index, value.attrs, column_values(value)])


@parts.register(pd.Index)
def _(value: "pd.Index[Any]", values: Values) -> Parts | None:
    kind = type(value)
    if not kind.__module__.startswith("pandas"):
        return None
    key = f"pd.{kind.__name__}:{len(value)}"
    if isinstance(value, pd.RangeIndex):
        return Parts(f"{key}:{value.start}:{value.stop}:{value.step}", [value.name])
    if isinstance(value, pd.MultiIndex):
        return Parts(key, [list(value.names), *value.levels, *value.codes])
    frequency = _frequency(value) if isinstance(value, pd.DatetimeIndex | pd.TimedeltaIndex) else None
    return Parts(key, [value.name, frequency, column_values(value)])


def _frequency(index: "pd.DatetimeIndex | pd.TimedeltaIndex") -> list[object] | None:
    return None if index.freq is None else _offset(index.freq)


def _offset(offset: Any) -> list[object]:
    """The properties of an offset: some have holidays, hours or anchors besides their short name."""
    options = {name: option for name, option in offset.kwds.items() if name != "calendar"}
    return [type(offset).__name__, offset.n, offset.freqstr, repr(options)]


def column_values(column: "pd.Series[Any] | pd.Index[Any]") -> object:
    """The values of a column without a copy: an ndarray, or an extension array with a dtype of its own."""
    return column.to_numpy() if isinstance(column.dtype, np.dtype) else column.array


@parts.register(pd.api.extensions.ExtensionArray)
def _(value: pd.api.extensions.ExtensionArray, values: Values) -> Parts | None:
    contents = _contents(value)
    return None if contents is None else Parts(f"{_dtype_key(value.dtype)}:{len(value)}", contents)


def _contents(value: Any) -> Sequence[object] | None:
    """Simpler values that hold everything in an extension array but its dtype; None if unsupported."""
    dtype = value.dtype
    if isinstance(dtype, np.dtype):
        return [np.asarray(value)]
    if isinstance(dtype, pd.CategoricalDtype):
        return [value.codes, value.categories]
    if isinstance(dtype, pd.DatetimeTZDtype):
        return [zone_text(dtype.tz), value.asi8] if zone_text(dtype.tz) else None
    if isinstance(dtype, pd.PeriodDtype):
        return [value.asi8]
    if isinstance(dtype, pd.IntervalDtype):
        return [value.left, value.right]
    if isinstance(dtype, pd.ArrowDtype) or (isinstance(dtype, pd.StringDtype) and dtype.storage == "pyarrow"):
        return [value.__arrow_array__()]
    if isinstance(dtype, pd.StringDtype):
        return [value.isna(), ["" if gap else text for text, gap in zip(value, value.isna(), strict=True)]]
    if isinstance(dtype, pd.SparseDtype):
        return [np.asarray(value)]
    if isinstance(value, pd.arrays.IntegerArray | pd.arrays.FloatingArray | pd.arrays.BooleanArray):
        numbers = value.to_numpy(dtype=dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0))
        return [value.isna(), numbers]
    return None


def _dtype_key(dtype: Any) -> str:
    if isinstance(dtype, pd.StringDtype):
        return f"StringDtype:{dtype.storage}:{dtype.na_value!r}"
    if isinstance(dtype, pd.CategoricalDtype):
        return f"CategoricalDtype:{dtype.ordered}"
    if isinstance(dtype, pd.PeriodDtype):
        return f"{dtype}:{_offset(dtype.freq)}"
    return f"{type(dtype).__name__}:{dtype}"


@parts.register(pd.CategoricalDtype)
def _(value: pd.CategoricalDtype, values: Values) -> Parts:
    return Parts(_dtype_key(value), [value.categories])


@parts.register(pd.api.extensions.ExtensionDtype)
def _(value: pd.api.extensions.ExtensionDtype, values: Values) -> Parts | None:
    return Parts(_dtype_key(value)) if type(value).__module__.startswith("pandas") else None


@parts.register(type(pd.NaT))
@parts.register(type(pd.NA))
def _(value: object, values: Values) -> Parts:
    return Parts(type(value).__name__)


@parts.register(pd.Timestamp)
def _(value: pd.Timestamp, values: Values) -> Parts | None:
    zone = zone_text(value.tzinfo)
    naive = value.tz_localize(None)
    return None if zone is None else Parts(f"pd.Timestamp:{value.unit}:{naive}:{value.fold}:{zone}")


@parts.register(pd.Timedelta)
def _(value: pd.Timedelta, values: Values) -> Parts:
    return Parts(f"pd.Timedelta:{value.unit}:{value.to_timedelta64().astype('i8')}")


@parts.register(pd.Period)
def _(value: pd.Period, values: Values) -> Parts:
    return Parts(f"pd.Period:{value.ordinal}:{_offset(value.freq)}")


@parts.register(pd.Interval)
def _(value: "pd.Interval[Any]", values: Values) -> Parts:
    return Parts(f"pd.Interval:{value.closed}", [value.left, value.right])


@parts.register(pd.offsets.BaseOffset)
def _(value: pd.offsets.BaseOffset, values: Values) -> Parts:
    return Parts("offset", _offset(value))


def _share(gaps: Any) -> float | None:
    return float(gaps.to_numpy().mean()) if gaps.size else None


@look.register(pd.DataFrame)
def _(value: pd.DataFrame) -> Look:
    step, note = step_of(len(value))
    rows, columns = value.shape
    text = value.iloc[: LINES - 1, :20].to_string(max_colwidth=30)
    nulls = _share(value.iloc[::step].isna())
    name = f"{type(value).__name__}[{columns_of(columns)}]"
    return Look(name, f"{rows} x {columns}", text, nulls, note=note)


@look.register(pd.Series)
def _(value: "pd.Series[Any]") -> Look:
    text = value.iloc[:LINES].to_string(header=False)
    return _column_look(value, f"{type(value).__name__}[{value.dtype}]", text)


@look.register(pd.Index)
def _(value: "pd.Index[Any]") -> Look:
    kind = "MultiIndex" if isinstance(value, pd.MultiIndex) else f"{type(value).__name__}[{value.dtype}]"
    text = value[:LINES].to_frame(index=False).to_string(header=False, index=False)
    if isinstance(value, pd.MultiIndex):
        return Look(kind, str(len(value)), text)
    return _column_look(pd.Series(value.array), kind, text)


def _column_look(column: "pd.Series[Any]", kind: str, text: str) -> Look:
    step, note = step_of(len(column))
    sample = column.iloc[::step]
    nulls, shape = _share(sample.isna()), str(len(column))
    dtype: Any = column.dtype
    if pd.api.types.is_bool_dtype(dtype) or _is_text(sample):
        return Look(kind, shape, text, nulls, None, commonest(sample.value_counts().head(TOP).items()), note)
    if pd.api.types.is_numeric_dtype(dtype) and getattr(dtype, "kind", "") in "iuf":
        numbers = sample.dropna().to_numpy(dtype=f"{dtype.kind}8")
        return Look(kind, shape, text, nulls, histogram(numbers), None, note)
    return Look(kind, shape, text, nulls, note=note)


def _is_text(column: "pd.Series[Any]") -> bool:
    """True for text, categories and booleans, whose commonest values are informative."""
    if type(column.dtype) is _OBJECT:
        return set(map(type, column.dropna())) <= {str, bool}
    return isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_string_dtype(column.dtype)
