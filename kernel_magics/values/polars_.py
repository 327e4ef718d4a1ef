"""Polars values: cloned, which copies nothing, compared and hashed column by column."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from kernel_magics.engine.values.picture import Way
from kernel_magics.engine.values.value import Parts, Values
from kernel_magics.values.library import copied, parts, snapshot, way
from kernel_magics.values.look import LINES, TOP, Look, columns_of, commonest, look, step_of
from kernel_magics.values.numpy_ import histogram


@copied.register(pl.DataFrame)
@copied.register(pl.Series)
@copied.register(pl.LazyFrame)
def _(value: "pl.DataFrame | pl.Series | pl.LazyFrame", values: Values) -> object:
    return value.clone()


@way.register(pl.DataFrame)
@way.register(pl.Series)
def _(value: Any, values: Values) -> Way:
    return snapshot(value, values)


@copied.register(pl.Expr)
@copied.register(pl.DataType)
@copied.register(pl.Schema)
def _(value: object, values: Values) -> object:
    return value


@parts.register(pl.DataFrame)
def _(value: pl.DataFrame, values: Values) -> Parts | None:
    return Parts(f"pl.DataFrame:{value.shape}", value.get_columns()) if type(value) is pl.DataFrame else None


@parts.register(pl.Series)
def _(value: pl.Series, values: Values) -> Parts | None:
    if type(value) is not pl.Series:
        return None
    contents = _contents(value)
    return (
        None
        if contents is None
        else Parts(f"pl.Series:{value.dtype!r}:{len(value)}", [value.name, *contents])
    )


def _contents(series: pl.Series) -> Sequence[object] | None:
    """The gaps, and the values with all gaps filled alike; None for an unsupported type."""
    dtype = series.dtype
    gaps = series.is_null().to_numpy() if series.null_count() else None
    if dtype == pl.Null:
        return [len(series)]
    if isinstance(dtype, pl.Struct):
        return [gaps, *series.struct.unnest().get_columns()]
    if isinstance(dtype, pl.Array):
        return [series.cast(pl.List(dtype.inner))]
    if isinstance(dtype, pl.List):
        lengths = series.list.len().fill_null(0)
        return [gaps, lengths.to_numpy(), series.filter(lengths > 0).explode()]
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return [gaps, series.cast(pl.String)]
    if dtype in (pl.String, pl.Binary):
        filled = series.fill_null("" if dtype == pl.String else b"")
        lengths = filled.str.len_bytes() if dtype == pl.String else filled.bin.size()
        empty: Any = "" if dtype == pl.String else b""
        return [gaps, lengths.to_numpy(), empty.join(filled.to_list())]
    if dtype == pl.Boolean:
        return [gaps, series.fill_null(False).to_numpy()]
    if isinstance(dtype, pl.Decimal):
        return [gaps, series.cast(pl.String)]
    if not (dtype.is_numeric() or dtype.is_temporal()):
        return None
    numbers = series.to_physical().fill_null(0)
    if str(numbers.dtype) in ("Int128", "UInt128"):  # older releases lack them
        return [gaps, numbers.cast(pl.String)]
    return [gaps, np.asarray(numbers.to_numpy())]


@look.register(pl.DataFrame)
def _(value: pl.DataFrame) -> Look:
    rows, columns = value.shape
    cells = rows * columns
    gaps = sum(column.null_count() for column in value.get_columns())
    head = value.head(LINES).to_dict(as_series=False)
    text = "\n".join(f"{name}: {column}" for name, column in head.items())
    nulls = gaps / cells if cells else None
    return Look(f"pl.DataFrame[{columns_of(columns)}]", f"{rows} x {columns}", text, nulls)


@look.register(pl.Series)
def _(value: pl.Series) -> Look:
    step, note = step_of(len(value))
    sample = value.gather_every(step)
    nulls = sample.null_count() / len(sample) if len(sample) else None
    name, shape, text = f"pl.Series[{value.dtype}]", str(len(value)), str(value.head(LINES).to_list())
    present = sample.drop_nulls()
    if present.dtype.is_float() or present.dtype.is_integer():
        return Look(name, shape, text, nulls, histogram(present.to_numpy()), None, note)
    if present.dtype in (pl.String, pl.Boolean, pl.Categorical, pl.Enum):
        counts = present.value_counts(sort=True).head(TOP).iter_rows()
        return Look(name, shape, text, nulls, None, commonest((each[0], each[1]) for each in counts), note)
    return Look(name, shape, text, nulls, note=note)
