"""A moment or a span of time of one row."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.values.one_row.column import COMPARISONS, GIVEN_NONE, HIGH, LOW, One, common
from kernel_magics.values.one_row.look_alike import LookAlike, Name, Operator, binary, call
from kernel_magics.values.one_row.number import OneBool, OneInt


class OneTime(One):
    """A Series of moments without a zone, or of spans of time: a count of units, None where it is missing.

    Args:
        dtype: of NumPy, such as `datetime64[us]`.
    """

    __slots__ = ("_dtype",)

    def __init__(self, value: int | None, name: Name, dtype: Any) -> None:
        self._value = value
        self._name = name
        self._dtype = dtype

    def _array(self) -> Any:
        count = np.iinfo(np.int64).min if self._value is None else self._value
        return np.array([count], dtype=np.int64).view(self._dtype)

    def _named(self, name: Name) -> One:
        return OneTime(self._value, name, self._dtype)

    def isna(self) -> Any:
        """See `One.isna`."""
        return OneBool(self._value is None, self._name)

    def notna(self) -> Any:
        """See `One.notna`."""
        return OneBool(self._value is not None, self._name)

    def where(self, cond: Any, other: Any = GIVEN_NONE, **more: Any) -> Any:
        """See `One.where`."""
        return call(self, "where", (cond,) if other is GIVEN_NONE else (cond, other), more)

    def mask(self, cond: Any, other: Any = GIVEN_NONE, **more: Any) -> Any:
        """See `One.mask`."""
        return call(self, "mask", (cond,) if other is GIVEN_NONE else (cond, other), more)

    def _known(self) -> Mapping[str, Any]:
        return _SPAN if self._dtype.kind == "m" else {}

    def __sub__(self, other: Any) -> Any:
        found = self._apart(other)
        return binary(operator.sub, self, other) if found is None else found

    def __rsub__(self, other: Any) -> Any:
        found = self._apart(other, -1)
        return binary(operator.sub, other, self) if found is None else found

    def _apart(self, other: Any, sign: int = 1) -> Any:
        """The span since another moment in the same unit; None for what pandas must answer."""
        if self._dtype.kind != "M":
            return None
        name = self._name
        if type(other) is OneTime and other._dtype == self._dtype:
            name, count = common(self, other), other._value
        elif type(other) is pd.Timestamp and other.tz is None and f"datetime64[{other.unit}]" == self._dtype:
            count = other.asm8.view("int64").item()
        else:
            return None
        span = np.dtype(self._dtype.str.replace("M8", "m8"))
        if self._value is None or count is None:
            return OneTime(None, name, span)
        found = (self._value - count) * sign
        return OneTime(found, name, span) if LOW < found <= HIGH else None

    def _compared(self, op: Operator, other: Any) -> Any:
        kind = type(other)
        if kind is OneTime and other._dtype == self._dtype:
            a, b = self._value, other._value
            held = op is operator.ne if a is None or b is None else op(a, b)
            return OneBool(held, common(self, other))
        return binary(op, self, other)


def _days(span: OneTime) -> Any:
    unit = _PER_DAY.get(span._dtype.str[4:-1])
    if unit is None or span._value is None:
        return None
    return OneInt(span._value // unit, span._name)


_PER_DAY: Final = {"s": 86400, "ms": 86400 * 10**3, "us": 86400 * 10**6, "ns": 86400 * 10**9}
_SPAN: Final = {"days": _days}


for _name, _op in COMPARISONS.items():
    setattr(OneTime, f"__{_name}__", lambda self, other, op=_op: self._compared(op, other))
OneTime.__hash__ = LookAlike.__hash__  # type: ignore[method-assign]  # a method `__eq__` takes it away
