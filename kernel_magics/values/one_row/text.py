"""A text of one row."""

from __future__ import annotations

import operator
from typing import Any, Final

import pandas as pd

from kernel_magics.values.one_row.column import GIVEN_NONE, KINDS, One, common
from kernel_magics.values.one_row.look_alike import LookAlike, Operator, binary, call
from kernel_magics.values.one_row.number import OneBool

TEXT: Final[Any] = pd.Series(["a"]).dtype


class OneText(One):
    """A Series of text (`str`); NaN where it is missing."""

    __slots__ = ()
    _plain = True
    _key = str

    def _array(self) -> Any:
        return TEXT.construct_array_type()._from_sequence([self._value], dtype=TEXT)

    def isna(self) -> Any:
        """See `One.isna`."""
        return OneBool(type(self._value) is not str, self._name)

    def notna(self) -> Any:
        """See `One.notna`."""
        return OneBool(type(self._value) is str, self._name)

    def fillna(self, value: Any = GIVEN_NONE, **more: Any) -> Any:
        """The text, or this one where it is missing."""
        if type(value) is str and not more:
            return self if type(self._value) is str else OneText(value, self._name)
        return call(self, "fillna", () if value is GIVEN_NONE else (value,), more)

    def _equal(self, other: Any, same: bool, op: Operator) -> Any:
        if type(other) is str:
            return OneBool((self._value == other) is same, self._name)
        if type(other) is OneText:
            return OneBool((self._value == other._value) is same, common(self, other))
        return binary(op, self, other)

    def __eq__(self, other: Any) -> Any:
        return self._equal(other, True, operator.eq)

    def __ne__(self, other: Any) -> Any:
        return self._equal(other, False, operator.ne)

    __hash__ = LookAlike.__hash__

    def isin(self, values: Any) -> Any:
        """See `One.isin`."""
        if type(self._value) is str:
            return super().isin(values)
        return call(self, "isin", (values,), {})


KINDS[str] = OneText
