"""Hypothesis strategies for the values that nodes compute."""

import datetime
import string

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import strategies as st

floats = st.floats(allow_nan=True, width=64)
texts = st.text(string.ascii_letters + " é\U0001f600\0", max_size=5)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(),
    floats,
    texts,
    st.binary(max_size=4),
    st.decimals(allow_nan=False, places=2),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, datetime.UTC])),
    st.timedeltas(),
    st.complex_numbers(),
    st.sampled_from([range(3), range(0, 4, 2)]),
)
keys = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), texts)
plain = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys, inner, max_size=3),
        st.sets(keys, max_size=3),
        st.frozensets(keys, max_size=3),
    ),
    max_leaves=12,
)

_NUMPY = (
    "float64",
    "float32",
    "int64",
    "int32",
    "uint8",
    "bool",
    "complex128",
    "datetime64[ns]",
    "<U3",
    "object",
)


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """NumPy arrays of up to two dimensions, in C or Fortran order, whole or strided."""
    dtype = np.dtype(draw(st.sampled_from(_NUMPY)))
    shape = draw(st.sampled_from([(0,), (1,), (4,), (2, 3), (3, 2)]))
    size = int(np.prod(shape))
    pools = {"f": floats, "c": st.complex_numbers(), "b": st.booleans(), "U": texts, "O": keys}
    cells = draw(st.lists(pools.get(dtype.kind, st.integers(0, 9)), min_size=size, max_size=size))
    with np.errstate(all="ignore"):
        flat = np.empty(size, dtype)
        flat[:] = [np.datetime64(cell, "ns") for cell in cells] if dtype.kind == "M" else cells
    array = flat.reshape(shape)
    return draw(st.sampled_from([array, np.asfortranarray(array), array[::2], array[::-1]]))


moments = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1))
_COLUMNS = {
    "float64": st.one_of(floats, st.none()),
    "Float64": st.one_of(st.sampled_from([0.0, -0.0, float("inf")]), st.floats(allow_nan=False), st.none()),
    "int64": st.integers(-5, 5),
    "int32": st.integers(-5, 5),
    "Int64": st.one_of(st.integers(-5, 5), st.none()),
    "bool": st.booleans(),
    "boolean": st.one_of(st.booleans(), st.none()),
    "str": st.one_of(texts, st.none()),
    "string": st.one_of(texts, st.none()),
    "category": st.one_of(st.sampled_from("abc"), st.none()),
    "object": keys,
    "datetime64[ns]": st.one_of(moments, st.none()),
    "datetime64[us, Europe/Berlin]": st.datetimes(
        datetime.datetime(1990, 1, 1), datetime.datetime(2030, 1, 1)
    ),
    "timedelta64[s]": st.one_of(
        st.integers(0, 10**6).map(lambda n: datetime.timedelta(seconds=n)), st.none()
    ),
    "period[M]": st.integers(0, 500).map(lambda n: pd.Period(ordinal=n, freq="M")),
}


@st.composite
def indexes(draw: st.DrawFn, size: int) -> pd.Index:
    """Indexes of a given length and of every kind."""
    name = draw(st.sampled_from([None, "row"]))
    kind = draw(st.sampled_from(["range", "int", "str", "date", "zone", "multi", "category"]))
    if kind == "date":
        return pd.date_range(
            "2026-01-01", periods=size, freq=draw(st.sampled_from(["D", "h", "2D"])), name=name
        )
    if kind == "zone":
        return pd.date_range("2026-03-28", periods=size, freq="6h", tz="Europe/Berlin", name=name)
    if kind == "multi":
        pairs = draw(
            st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2)), min_size=size, max_size=size)
        )
        return pd.MultiIndex.from_arrays([[a for a, _ in pairs], [b for _, b in pairs]], names=[name, "b"])
    if kind == "range":
        return pd.RangeIndex(size, name=name)
    cells = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    if kind == "int":
        return pd.Index(cells, dtype="int64", name=name)
    index = pd.Index([str(cell) for cell in cells], dtype="str", name=name)
    return pd.CategoricalIndex(index) if kind == "category" else index


@st.composite
def series(draw: st.DrawFn) -> pd.Series:
    """Series of every dtype that people meet."""
    dtype = draw(st.sampled_from(sorted(_COLUMNS)))
    size = draw(st.integers(0, 4))
    cells = draw(st.lists(_COLUMNS[dtype], min_size=size, max_size=size))
    column = pd.Series(cells, dtype="datetime64[us]" if "Berlin" in dtype else dtype)
    if "Berlin" in dtype:
        column = column.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
    column.index = draw(indexes(size))
    column.name = draw(st.sampled_from([None, "x", 1, ("a", 1)]))
    column.attrs = draw(st.sampled_from([{}, {"unit": "EUR"}]))
    return column


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Frames of such columns, with all kinds of column names."""
    size = draw(st.integers(0, 4))
    columns = []
    for dtype in draw(st.lists(st.sampled_from(sorted(_COLUMNS)), max_size=4)):
        cells = draw(st.lists(_COLUMNS[dtype], min_size=size, max_size=size))
        columns.append(pd.Series(cells, dtype="datetime64[us]" if "Berlin" in dtype else dtype))
    index = draw(indexes(size))
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(size))
    frame.index = index
    if draw(st.booleans()):
        frame.columns = [draw(st.sampled_from(["a", "b", "date"])) for _ in columns]
    return frame


_POLARS = {
    pl.Int64(): st.integers(-5, 5),
    pl.UInt8(): st.integers(0, 255),
    pl.Float64(): floats,
    pl.Float32(): st.floats(width=32),
    pl.Boolean(): st.booleans(),
    pl.String(): texts,
    pl.Binary(): st.binary(max_size=3),
    pl.Date(): st.dates(),
    pl.Datetime("us"): moments,
    pl.Datetime("ms", "Europe/Berlin"): st.datetimes(
        datetime.datetime(1990, 1, 1), datetime.datetime(2030, 1, 1), timezones=st.just(datetime.UTC)
    ),
    pl.Duration("us"): st.timedeltas(datetime.timedelta(-99), datetime.timedelta(99)),
    pl.Time(): st.times(),
    pl.Decimal(10, 2): st.decimals(-99, 99, places=2),
    pl.Categorical(): st.sampled_from("abc"),
    pl.Enum(["a", "b"]): st.sampled_from("ab"),
    pl.List(pl.Int64()): st.lists(st.integers(-5, 5), max_size=2),
    pl.Struct({"a": pl.Int64(), "d": pl.Date()}): st.fixed_dictionaries(
        {"a": st.integers(0, 9), "d": st.dates()}
    ),
    pl.Null(): st.none(),
}


@st.composite
def polars_tables(draw: st.DrawFn) -> pl.DataFrame | pl.Series:
    """Frames and series of Polars of every type, with gaps."""
    size = draw(st.integers(0, 4))
    columns = []
    for name in draw(st.lists(st.sampled_from(["a", "b", "tuple", ""]), min_size=1, max_size=3, unique=True)):
        kind = draw(st.sampled_from(list(_POLARS)))
        cells = draw(st.lists(st.one_of(_POLARS[kind], st.none()), min_size=size, max_size=size))
        columns.append(pl.Series(name, cells, dtype=kind))
    return draw(st.sampled_from([pl.DataFrame(columns), columns[0]]))


values = st.one_of(plain, arrays(), series(), frames(), st.lists(series(), max_size=2))
