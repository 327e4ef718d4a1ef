"""Hypothesis strategies for tables of every type of column and index that a file may have to hold."""

from __future__ import annotations

import datetime
import string
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

floats = st.floats(allow_nan=False, width=64)
texts = st.one_of(
    st.text(string.ascii_letters + " é,;\"\n'", max_size=5),
    st.sampled_from(["", "NA", "007", "null", "1.0", "True"]),
)
moments = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1))
nanos = st.integers(-(2**62), 2**62)
dates = st.dates(datetime.date(1900, 1, 1), datetime.date(2200, 1, 1))
json_values = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**53), 2**53), floats.filter(np.isfinite), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=2)),
    max_leaves=5,
)


def _whole(dtype: str) -> st.SearchStrategy[int]:
    limits = np.iinfo(dtype)
    return st.one_of(st.integers(0, 9), st.integers(int(limits.min), int(limits.max)))


def _zoned(zone: str) -> Any:
    return nanos.map(lambda count: pd.Timestamp(count, unit="ns", tz=zone))


CELLS: dict[str, tuple[st.SearchStrategy[Any], bool]] = {
    **{kind: (_whole(kind), False) for kind in ("int8", "int32", "int64", "uint8", "uint64")},
    **{kind: (_whole(kind.lower()), True) for kind in ("Int8", "Int64", "UInt64")},
    "float64": (floats, True),
    "float32": (st.floats(allow_nan=False, width=32), True),
    "Float64": (floats, True),
    "complex128": (st.complex_numbers(allow_nan=False), False),
    "bool": (st.booleans(), False),
    "boolean": (st.booleans(), True),
    "str": (texts, True),
    "string": (texts, True),
    "string[python]": (texts, True),
    "datetime64[ns]": (nanos.map(lambda count: pd.Timestamp(count, unit="ns")), True),
    "datetime64[s]": (moments.map(lambda moment: moment.replace(microsecond=0)), True),
    "datetime64[us]": (moments, True),
    "datetime64[ns, Europe/Berlin]": (_zoned("Europe/Berlin"), True),
    "datetime64[ns, UTC]": (_zoned("UTC"), True),
    "datetime64[ns, UTC+05:30]": (_zoned("UTC+05:30"), True),
    "timedelta64[ns]": (nanos.map(lambda count: pd.Timedelta(count, unit="ns")), True),
    "timedelta64[s]": (st.integers(-(10**9), 10**9).map(lambda count: datetime.timedelta(seconds=count)), True),
    "period[M]": (st.integers(0, 5000).map(lambda count: pd.Period(ordinal=count, freq="M")), True),
    "period[W-SUN]": (st.integers(0, 5000).map(lambda count: pd.Period(ordinal=count, freq="W-SUN")), True),
    "interval[int64, right]": (st.integers(-9, 9).map(lambda end: pd.Interval(end, end + 2)), False),
    "interval[float64, left]": (st.integers(-9, 9).map(lambda end: pd.Interval(end / 7, end, "left") if end > 0 else pd.Interval(end, end / 7, "left")), True),
    "Sparse[float64, nan]": (floats, True),
    "int64[pyarrow]": (_whole("int64"), True),
    "bool[pyarrow]": (st.booleans(), True),
    "timestamp[us, tz=UTC][pyarrow]": (moments.map(lambda moment: moment.replace(tzinfo=datetime.UTC)), True),
}  # fmt: skip
"""For each dtype its members, and whether there are gaps."""
ARROW: dict[Any, st.SearchStrategy[Any]] = {
    pa.string(): texts,
    pa.list_(pa.int64()): st.lists(st.integers(-5, 5), max_size=3),
    pa.decimal128(10, 2): st.decimals(-999, 999, places=2),
    pa.duration("us"): st.timedeltas(datetime.timedelta(-9), datetime.timedelta(9)),
    pa.binary(): st.binary(max_size=3),
}
OBJECTS: list[st.SearchStrategy[Any]] = [
    texts,
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    dates,
    st.times(),
    moments,
    st.timedeltas(datetime.timedelta(-999), datetime.timedelta(999)),
    st.binary(max_size=4),
    st.one_of(st.lists(json_values, max_size=3), st.dictionaries(texts, json_values, max_size=2)),
    st.one_of(st.integers(0, 5), texts, st.booleans()),
]
CATEGORIES: dict[str, st.SearchStrategy[Any]] = {
    "str": texts,
    "int64": st.integers(-9, 9),
    "float64": floats,
    "datetime64[us]": moments,
    "bool": st.booleans(),
}


@st.composite
def columns(draw: st.DrawFn, size: int) -> pd.Series:
    """A column of one of all dtypes."""
    family = draw(st.sampled_from(["dtype", "dtype", "dtype", "object", "category", "arrow"]))
    if family == "category":
        dtype = draw(st.sampled_from(sorted(CATEGORIES)))
        members = draw(st.lists(CATEGORIES[dtype], min_size=1, max_size=4, unique_by=repr))
        members = list(pd.Index(members, dtype=dtype).unique())
        codes = draw(st.lists(st.integers(-1, len(members) - 1), min_size=size, max_size=size))
        made = pd.Categorical.from_codes(codes, pd.Index(members, dtype=dtype), ordered=draw(st.booleans()))
        return pd.Series(made)
    if family == "object":
        cells = draw(
            st.lists(st.one_of(draw(st.sampled_from(OBJECTS)), st.none()), min_size=size, max_size=size)
        )
        held = np.empty(size, dtype=object)
        for place, cell in enumerate(cells):
            held[place] = cell
        return pd.Series(held, dtype=object)
    if family == "arrow":
        kind = draw(st.sampled_from(sorted(ARROW, key=str)))
        cells = draw(st.lists(st.one_of(ARROW[kind], st.none()), min_size=size, max_size=size))
        return pd.Series(pd.array(cells, dtype=pd.ArrowDtype(kind)))
    dtype = draw(st.sampled_from(sorted(CELLS)))
    members, gaps = CELLS[dtype]
    cells = draw(st.lists(st.one_of(members, st.none()) if gaps else members, min_size=size, max_size=size))
    return pd.Series(pd.array(cells, dtype=dtype) if cells else [], dtype=dtype)


@st.composite
def indexes(draw: st.DrawFn, size: int) -> pd.Index:
    """An index of one of all kinds, of which labels may be there twice."""
    name = draw(st.sampled_from([None, "row", "day of week"]))
    kind = draw(st.sampled_from(["numbered", "range", "date", "zone", "span", "multi", "column", "column"]))
    if kind == "numbered":
        return pd.RangeIndex(size, name=name)
    if kind == "range":
        return pd.RangeIndex(3, 3 + 2 * size, 2, name=name)
    if kind == "date":
        return pd.date_range(
            "2026-01-01", periods=size, freq=draw(st.sampled_from(["D", "h", "2D", "MS"])), name=name
        )
    if kind == "zone":
        return pd.date_range("2026-10-24", periods=size, freq="6h", tz="Europe/Berlin", name=name)
    if kind == "span":
        return pd.timedelta_range("1h", periods=size, freq="7h", name=name)
    simple = st.sampled_from(["int64", "str", "float64", "datetime64[us]", "bool", "Int64"])
    if kind == "multi":
        levels = [_level(draw, draw(simple), size) for _ in range(2)]
        return pd.MultiIndex.from_arrays(levels, names=[name, draw(st.sampled_from(["b", None]))])
    if draw(st.booleans()):
        return pd.CategoricalIndex(_level(draw, "str", size), name=name)
    return pd.Index(_level(draw, draw(simple), size), name=name)


def _level(draw: st.DrawFn, dtype: str, size: int) -> Any:
    pool = {"str": texts, "float64": floats, "datetime64[us]": moments, "bool": st.booleans()}
    cells = draw(st.lists(pool.get(dtype, st.integers(0, 3)), min_size=size, max_size=size))
    return pd.array(cells, dtype=dtype)


LABELS = [
    st.lists(texts.filter(bool), min_size=3, max_size=3, unique=True).map(pd.Index),
    st.just(pd.RangeIndex(3)),
    st.just(pd.Index([1, "a", 2.5], dtype=object)),
    st.just(pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["x", None])),
    st.just(pd.date_range("2026-01-01", periods=3, name="day")),
]


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """A frame of up to three such columns, with labels of all kinds."""
    size = draw(st.integers(0, 4))
    made = [draw(columns(size)) for _ in range(draw(st.integers(0, 3)))]
    frame = pd.DataFrame(dict(enumerate(made)), index=pd.RangeIndex(size))
    frame.columns = draw(st.sampled_from(LABELS).flatmap(lambda each: each))[: len(made)]
    frame.index = draw(indexes(size))
    frame.attrs = draw(st.sampled_from([{}, {"unit": "EUR"}]))
    return frame


@st.composite
def series(draw: st.DrawFn) -> pd.Series:
    """A series of one such column."""
    size = draw(st.integers(0, 4))
    made = draw(columns(size))
    made.index = draw(indexes(size))
    made.name = draw(st.sampled_from([None, "x", 1, ("a", 1)]))
    return made


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    """An array of one or two dimensions."""
    dtype = draw(
        st.sampled_from(["float64", "float32", "int64", "uint8", "bool", "complex128", "datetime64[ns]", "U"])
    )
    shape = draw(st.sampled_from([(0,), (3,), (2, 3), (3, 1), (0, 2)]))
    pool = {
        "U": st.text(string.ascii_letters, min_size=1, max_size=4),
        "datetime64[ns]": nanos,
        "bool": st.booleans(),
    }
    count = int(np.prod(shape))
    cells = draw(st.lists(pool.get(dtype, st.integers(0, 9)), min_size=count, max_size=count))
    return np.array(cells, dtype=dtype).reshape(shape)
