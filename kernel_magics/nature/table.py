"""A table is a value with rows: a pandas Series, DataFrame or Index, or an array seen as one of these."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

Table = Any
"""A `pandas.Series`, `pandas.DataFrame` or `pandas.Index`."""

Column = Any
"""A `pandas.Series` of one value for each row."""

Rows = np.ndarray[Any, np.dtype[Any]]
"""Rows of a table: one boolean for each, or positions."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}.*)?")

TABLES = (pd.Series, pd.DataFrame, pd.Index)


def is_table(value: object) -> bool:
    """True for pandas values with rows."""
    return isinstance(value, TABLES)


def seen_as_table(value: object) -> Table | None:
    """A value with rows as a table; arrays become a Series or DataFrame, anything else None."""
    if isinstance(value, TABLES):
        return value
    if isinstance(value, np.ndarray) and value.ndim in (1, 2):
        return pd.Series(value) if value.ndim == 1 else pd.DataFrame(value)
    return None


def like(table: Table, original: object) -> object:
    """A table in the form of the value that it was seen for."""
    return table.to_numpy() if isinstance(original, np.ndarray) else table


def labels_of(table: Table) -> pd.Index[Any]:
    """The label of each row."""
    return table if isinstance(table, pd.Index) else table.index


def take(table: Table, places: Rows) -> Table:
    """The rows at these positions, in this order."""
    return table.take(places)


def numbered(table: Table) -> bool:
    """True if the labels are automatic row numbers, which differ in another reading of the data."""
    labels = labels_of(table)
    if not isinstance(labels, pd.RangeIndex) or isinstance(table, pd.Index):
        return False
    return labels.name is None and labels.start == 0 and labels.step == 1


def renumber(table: Table) -> Table:
    """The same rows, numbered from 0."""
    fresh = table.copy(deep=False)
    fresh.index = pd.RangeIndex(len(table))
    return fresh


def names_of(table: Table, name: str = "") -> list[str]:
    """Names of index levels and columns; of a Series the name under which it is read.

    The name that a Series has itself tells nothing: what is made of a column often has the column's name.
    """
    columns: list[Any] = []
    if isinstance(table, pd.DataFrame):
        columns = list(table.columns)
    elif isinstance(table, pd.Series):
        columns = [name]
    found = [*labels_of(table).names, *columns]
    return [item for item in dict.fromkeys(found) if isinstance(item, str) and item]


def axis_of(table: Table, wanted: str, name: str = "") -> Column | None:
    """One value for each row, numbered from 0: an index level, a column, or the Series of that name."""
    labels = labels_of(table)
    if wanted in labels.names:
        return pd.Series(labels.get_level_values(wanted)).reset_index(drop=True)
    if isinstance(table, pd.DataFrame) and wanted in table.columns:
        column = table[wanted]
        return column.reset_index(drop=True) if isinstance(column, pd.Series) else None
    if isinstance(table, pd.Series) and wanted == name:
        return table.reset_index(drop=True)
    return None


def as_times(values: Column) -> Column:
    """Values that can be ordered as moments: numbers and dates as they are, texts read as dates (UTC).

    Raises:
        ValueError: a text is no date.
    """
    if values.dtype.kind in "Mmiuf" or isinstance(values.dtype, pd.DatetimeTZDtype | pd.PeriodDtype):
        return values
    return pd.to_datetime(values, utc=True)


def is_moment(values: Column) -> bool:
    """True for dates and times."""
    return values.dtype.kind == "M" or isinstance(values.dtype, pd.PeriodDtype)


def is_written_date(values: Column) -> bool:
    """True for texts that are all dates, such as `2024-05-01` or `2024-05-01T12:00:00Z`."""
    if not is_text(values) or isinstance(values.dtype, pd.CategoricalDtype):
        return False
    texts = values.dropna().head(20)
    return bool(len(texts)) and all(_DATE.fullmatch(str(text)) for text in texts)


def is_number(values: Column) -> bool:
    """True for plain numbers, not for booleans."""
    return isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf"


def is_text(values: Column) -> bool:
    """True for texts and categories of texts."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return bool(len(dtype.categories)) and isinstance(dtype.categories[0], str)
    if isinstance(dtype, pd.StringDtype):
        return True
    return (
        isinstance(dtype, np.dtype)
        and dtype.kind == "O"
        and all(isinstance(cell, str) for cell in values.dropna())
    )


def can_be_missing(values: Column) -> bool:
    """True where a missing value changes no type."""
    dtype = values.dtype
    return not isinstance(dtype, np.dtype) or dtype.kind in "fcOmM"
