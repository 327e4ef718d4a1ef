"""A Series of one row: which look-alike stands for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.values.one_row import arithmetic  # noqa: F401  # gives numbers their operators
from kernel_magics.values.one_row.column import GIVEN_NONE, LOW, NAN, One
from kernel_magics.values.one_row.declined import decline
from kernel_magics.values.one_row.look_alike import MAKERS, Name, call, has_one_row
from kernel_magics.values.one_row.moment import OneTime
from kernel_magics.values.one_row.number import of_array
from kernel_magics.values.one_row.text import TEXT, OneText


class OneOther(One):
    """A Series of any other dtype: pandas answers everything."""

    __slots__ = ()

    def _pandas(self) -> Any:
        return self._value.copy(deep=False)

    def _array(self) -> Any:
        return self._value.array.copy()

    def _named(self, name: Name) -> One:
        return OneOther(self._value.rename(name), name)

    def where(self, cond: Any, other: Any = GIVEN_NONE, **more: Any) -> Any:
        """See `One.where`."""
        return call(self, "where", (cond,) if other is GIVEN_NONE else (cond, other), more)

    def mask(self, cond: Any, other: Any = GIVEN_NONE, **more: Any) -> Any:
        """See `One.mask`."""
        return call(self, "mask", (cond,) if other is GIVEN_NONE else (cond, other), more)


def of_series(series: Any) -> One:
    """The look-alike of a Series with one row.

    Raises:
        Declined: it has another index, attributes, or a name that is no text.
    """
    name = series.name
    if not (name is None or type(name) is str) or not has_one_row(series):
        decline("a Series that has more than one row, another index, or a name that is no text")
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        array = series.to_numpy()
        made = of_array(array, name)
        if made is not None:
            return made
        if dtype.kind in "mM":
            count = array.view(np.int64).item()
            return OneTime(None if count == LOW else count, name, dtype)
    if (
        type(dtype) is type(TEXT)
        and dtype == TEXT
        and dtype.storage == TEXT.storage
        and dtype.na_value is TEXT.na_value
    ):
        cell = series.iloc[0]
        return OneText(cell if type(cell) is str else NAN, name)
    return OneOther(series.copy(), name)


def cell_of(one: Any) -> Any:
    """The cell of a Series of plain numbers, booleans or text; NotImplemented for other values."""
    return one._value if getattr(type(one), "_plain", False) else NotImplemented


MAKERS[pd.Series] = of_series
