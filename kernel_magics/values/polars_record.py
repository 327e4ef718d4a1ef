"""A record of a Polars table: its columns with their types, readable and exact."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl

from kernel_magics.engine.source.type_name import type_name
from kernel_magics.values.decode import Record
from kernel_magics.values.record import Unsupported, moment_texts

MOST: Final = 1000
"""Rows of a lazy frame, whose rows cannot be chosen without computing it."""
Within = Callable[[str, Any], Any]
"""The record of a part; whoever gets none for it learns the place."""


def polars_record(value: Any, within: Within) -> Record:
    """The record of a frame, of what a lazy frame gives, or of a series.

    Raises:
        Unsupported: there is none.
    """
    if type(value) is pl.LazyFrame:
        try:
            frame = value.head(MOST + 1).collect()
        except Exception as error:  # what a query says of the data that it meets
            raise Unsupported(f"{type_name(value)} that fails with {type(error).__name__}") from None
        if frame.height > MOST:
            raise Unsupported(f"{type_name(value)} of more than {MOST} rows")
        return {"polars lazy frame": {each.name: _column(each, within) for each in frame.get_columns()}}
    if type(value) is pl.DataFrame:
        columns = {column.name: _column(column, within) for column in value.get_columns()}
        return {"polars frame": columns}
    if type(value) is pl.Series:
        return {"polars series": _column(value, within), "name": value.name}
    raise Unsupported(type_name(value))


def _column(column: pl.Series, within: Within) -> Record:
    """Cells as JSON has them; decimals and categories as texts, times and durations as numbers."""
    kind = column.dtype
    place = f"column {column.name!r}"
    if kind.base_type() == pl.Object:
        raise Unsupported("pl.Object", place)
    cells: list[Any]
    if isinstance(kind, pl.Date | pl.Datetime):
        unit = "D" if isinstance(kind, pl.Date) else kind.time_unit
        counts = column.to_physical().cast(pl.Int64).fill_null(0).to_numpy()
        texts = moment_texts(np.asarray(counts).astype("i8").view(f"M8[{unit}]"))
        cells = [None if gap else text for gap, text in zip(column.is_null(), texts, strict=True)]
    elif kind.is_temporal():
        cells = column.to_physical().to_list()
    elif kind.is_decimal() or kind.base_type() in (pl.Categorical, pl.Enum):
        cells = column.cast(pl.String).to_list()
    else:
        cells = within(place, column.to_list())
    return {"values": cells, "dtype": _tree(kind)}


def _tree(kind: Any) -> Any:
    """The name of a type; with its parameters as a dict of one pair."""
    name = kind.base_type().__name__
    match kind:
        case pl.Datetime():
            return {name: [kind.time_unit, kind.time_zone]}
        case pl.Duration():
            return {name: [kind.time_unit]}
        case pl.Decimal():
            return {name: [kind.precision, kind.scale]}
        case pl.Enum():
            return {name: [kind.categories.to_list()]}
        case pl.List():
            return {name: [_tree(kind.inner)]}
        case pl.Array():
            return {name: [_tree(kind.inner), kind.size]}
        case pl.Struct():
            return {name: [{field.name: _tree(field.dtype) for field in kind.fields}]}
    return str(name)
