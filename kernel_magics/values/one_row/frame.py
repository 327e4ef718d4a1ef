"""A OneFrame is a DataFrame of one row without pandas: a One for each column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.values.one_row.column import One
from kernel_magics.values.one_row.declined import decline
from kernel_magics.values.one_row.look_alike import MAKERS, LookAlike, call, has_one_row, of_pandas, words
from kernel_magics.values.one_row.number import OneBool, OneFloat, OneInt
from kernel_magics.values.one_row.text import OneText

_KINDS: Final[Mapping[type, Callable[[Any, str], One]]] = {
    float: OneFloat,
    int: OneInt,
    bool: OneBool,
    str: OneText,
}


class OneFrame(LookAlike):
    """A DataFrame of one row.

    Args:
        columns: by name, each with that name.
        owned: only the code that made it has it, and may set columns.
    """

    __slots__ = ("_columns", "_owned")

    def __init__(self, columns: dict[str, One], owned: bool = True) -> None:
        self._columns = columns
        self._owned = owned

    def _pandas(self) -> Any:
        columns = {place: one._pandas() for place, one in enumerate(self._columns.values())}
        made = pd.DataFrame(columns, index=pd.RangeIndex(1), copy=False)
        made.columns = pd.Index(list(self._columns), dtype="str")
        return made

    @property
    def columns(self) -> Any:
        """The names of the columns."""
        return pd.Index(list(self._columns), dtype="str")

    @columns.setter
    def columns(self, names: object) -> None:
        decline("new names of columns in its place")

    def __getitem__(self, key: Any) -> Any:
        kind = type(key)
        if kind is str:
            return self._columns[key]
        if kind is list and key and len(set(key)) == len(key):
            return OneFrame({name: self._columns[name] for name in key})
        decline(f"[{kind.__name__}] of a DataFrame")
        return None

    def __setitem__(self, key: Any, value: Any) -> None:
        if not self._owned or type(key) is not str:
            decline("a write to a DataFrame")
        self._columns[key] = self._column(key, value)

    def __contains__(self, key: object) -> bool:
        return key in self._columns

    def _column(self, name: str, value: Any) -> One:
        """A value that is set as a column."""
        kind = type(value)
        if issubclass(kind, One):
            found: One = value._named(name)
            return found
        if kind in _KINDS and not (kind is int and abs(value) >= 2**63):
            return _KINDS[kind](value, name)
        if kind is np.ndarray and value.shape == (1,) and value.dtype.kind in "fib":
            made: One = of_pandas(pd.Series(value.copy(), name=name))
            return made
        decline(f"a column made of a {kind.__name__}")
        return None

    def assign(self, **columns: Any) -> Any:
        """A frame with more columns, or others."""
        made = OneFrame({**self._columns})
        for name, value in columns.items():
            found = value(made) if callable(value) and not issubclass(type(value), LookAlike) else value
            made._columns[name] = self._column(name, found)
        return made

    def copy(self, deep: bool = True) -> Any:
        """A frame of its own."""
        return OneFrame({**self._columns})

    def to_numpy(self, *args: Any, **more: Any) -> Any:
        """The row as an array that cannot be written to, as it is where pandas copies nothing."""
        ones = self._columns.values()
        if not args and not more and ones and all(type(one) is OneFloat for one in ones):
            made = np.array([[one._value for one in ones]])
            made.flags.writeable = False
            return made
        return call(self, "to_numpy", args, more)

    def __getattr__(self, name: str) -> Any:
        if name in METHODS:
            return lambda *args, **kwargs: call(self, name, args, kwargs)
        if name in PROPERTIES:
            return of_pandas(getattr(self._pandas(), name))
        if not name.startswith("_") and name in self._columns and not hasattr(pd.DataFrame, name):
            return self._columns[name]
        if name.startswith("__"):
            raise AttributeError(name)
        decline(f".{name} of a DataFrame")
        return None


METHODS: Final = words(
    """
    abs add all any astype bfill clip combine_first count div divide drop eq eval ffill fillna
    filter floordiv ge get gt infer_objects isin isna isnull le lt max mean median min mod mul
    multiply ne notna notnull nunique pow prod product radd rank rdiv reindex rename replace
    rfloordiv rmod rmul round rpow rsub rtruediv select_dtypes std sub subtract sum truediv var
    where mask add_prefix add_suffix dot item
    """
)
"""Methods that change nothing: pandas answers them from a real DataFrame."""
PROPERTIES: Final = words(
    """
    dtypes shape size ndim empty values
    """
)

for _name in ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor"]:
    for _swapped in ("", "r"):
        _place = f"__{_swapped}{_name}__"
        setattr(OneFrame, _place, getattr(One, _place))
for _name in ["eq", "ne", "lt", "le", "gt", "ge", "neg", "pos", "invert", "abs", "hash"]:
    setattr(OneFrame, f"__{_name}__", getattr(One, f"__{_name}__"))


def handed_over(value: Any) -> Any:
    """A value that others may have from now on: columns of a frame are set only in copies of it."""
    if type(value) is OneFrame:
        value._owned = False
    return value


def cells_of(frame: OneFrame) -> dict[str, Any]:
    """The look-alikes of the columns, by name."""
    return {**frame._columns}


def of_frame(frame: Any) -> OneFrame:
    """The look-alike of a DataFrame with one row.

    Raises:
        Declined: it has another index, attributes, or columns whose names are no different texts.
    """
    names = list(frame.columns)
    plain = frame.columns.dtype == "str" and frame.columns.name is None and frame.columns.nlevels == 1
    if not (plain and names and len(set(names)) == len(names) and has_one_row(frame)):
        decline("a DataFrame that has more than one row, another index, or unusual columns")
    if not all(type(name) is str for name in names):
        decline("a column without a name")
    return OneFrame({name: of_pandas(column) for name, column in frame.items()}, owned=False)


MAKERS[pd.DataFrame] = of_frame
