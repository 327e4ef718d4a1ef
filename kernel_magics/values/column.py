"""A bare column holds the numbers of a value for a fast test of conditions: it only compares.

pandas takes ten times as long as NumPy to compare a column with a number, and most conditions hold for every
row, which the smallest and the largest number show. Anything but a comparison raises `Unsuited`, and the
conditions are then evaluated on the value itself.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from kernel_magics.engine.run.check import Unsuited

_EXACT = 2**53  # integers up to here compare as floats do


def _unsuited(*_: object) -> NoReturn:
    raise Unsuited


class _Mute:
    """An object without truth value, members, text and attributes."""

    __slots__ = ()
    __bool__ = __len__ = __iter__ = __getitem__ = __contains__ = _unsuited
    __format__ = __repr__ = __str__ = __hash__ = __getattr__ = _unsuited


class Flags(_Mute):
    """One boolean for each row: an array, or the one that all rows share."""

    __slots__ = ("_count", "_rows")

    def __init__(self, rows: Any, count: int) -> None:
        self._rows, self._count = rows, count

    def __and__(self, other: object) -> Flags:
        if type(other) is not Flags:
            raise Unsuited
        if self._rows is True or other._rows is False:
            return other
        return self if other._rows is True else Flags(self._rows & other._rows, self._count)

    def __or__(self, other: object) -> Flags:
        if type(other) is not Flags:
            raise Unsuited
        if self._rows is False or other._rows is True:
            return other
        return self if other._rows is False else Flags(self._rows | other._rows, self._count)

    def __invert__(self) -> Flags:
        return Flags(not self._rows if isinstance(self._rows, bool) else ~self._rows, self._count)

    def all(self) -> bool:
        """True when every row is."""
        return not self._count or bool(self._rows if isinstance(self._rows, bool) else self._rows.all())

    def mean(self) -> float:
        """The share of true rows; NaN for no rows."""
        if not self._count:
            return math.nan
        if isinstance(self._rows, bool):
            return float(self._rows)
        return int(np.count_nonzero(self._rows)) / self._count


class Column(_Mute):
    """The numbers of a column."""

    __slots__ = ("_high", "_low", "_rows")

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self._low = float(rows.min()) if len(rows) else math.nan  # NaN where one of them is
        self._high = float(rows.max()) if self._low == self._low else math.nan

    def __lt__(self, other: object) -> Flags:
        number = _number(other)
        return self._flags(True if self._high < number else self._rows < number)

    def __le__(self, other: object) -> Flags:
        number = _number(other)
        return self._flags(True if self._high <= number else self._rows <= number)

    def __gt__(self, other: object) -> Flags:
        number = _number(other)
        return self._flags(True if self._low > number else self._rows > number)

    def __ge__(self, other: object) -> Flags:
        number = _number(other)
        return self._flags(True if self._low >= number else self._rows >= number)

    def __eq__(self, other: object) -> Flags:  # type: ignore[override]
        return self.notna() if other is self else self._flags(self._rows == _number(other))

    def __ne__(self, other: object) -> Flags:  # type: ignore[override]
        return self.isna() if other is self else self._flags(self._rows != _number(other))

    def isna(self) -> Flags:
        """A mask of the gaps."""
        return self._flags(False if self._low == self._low else self._rows != self._rows)

    def notna(self) -> Flags:
        """A mask of the other rows."""
        return ~self.isna()

    def _flags(self, rows: Any) -> Flags:
        return Flags(rows, len(self._rows))


def _number(other: object) -> Any:
    if type(other) is float or (type(other) is int and abs(other) < _EXACT):
        return other
    raise Unsuited
