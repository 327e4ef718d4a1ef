"""A number of one row: float64, int64 and bool, as NumPy has them."""

from __future__ import annotations

import math
import operator
from typing import Any, Final

import numpy as np

from kernel_magics.values.one_row.column import GIVEN_NONE, HIGH, KINDS, LOW, NAN, One, fits
from kernel_magics.values.one_row.look_alike import Name, call, of_pandas, to_pandas

EXACT: Final = 2**53  # integers up to here are floats


class Number(One):
    """A Series of one of the dtypes that NumPy computes with."""

    __slots__ = ()
    _plain = True

    def _computed(self, ufunc: Any, inputs: tuple[Any, ...]) -> Any:
        return _computed(ufunc, inputs)


class OneFloat(Number):
    """A Series of float64."""

    __slots__ = ()

    def _array(self) -> Any:
        return np.array([self._value])

    def isna(self) -> Any:
        """See `One.isna`."""
        return OneBool(self._value != self._value, self._name)

    def notna(self) -> Any:
        """See `One.notna`."""
        return OneBool(self._value == self._value, self._name)

    def fillna(self, value: Any = GIVEN_NONE, **more: Any) -> Any:
        """The value, or this one where it is missing."""
        if not more:
            number = _as_float(value)
            if number is not None:
                return OneFloat(number, self._name) if self._value != self._value else self
        return call(self, "fillna", () if value is GIVEN_NONE else (value,), more)

    def clip(self, lower: Any = None, upper: Any = None, **more: Any) -> Any:
        """The value within limits."""
        low = _limit(lower, -math.inf)
        high = _limit(upper, math.inf)
        if more or low is None or high is None or low > high:
            return call(self, "clip", (lower, upper), more)
        value = self._value
        if value > high:
            return OneFloat(high, self._name)
        return OneFloat(low, self._name) if value < low else self

    def abs(self) -> Any:
        """The value without its sign."""
        return OneFloat(abs(self._value), self._name)

    def round(self, decimals: Any = 0, **more: Any) -> Any:
        """The value with so many decimals."""
        if type(decimals) is int and not more:
            return OneFloat(self._array().round(decimals).item(), self._name)
        return call(self, "round", (decimals,), more)

    def astype(self, dtype: Any, **more: Any) -> Any:
        """The value in another dtype."""
        target = _target(dtype, more)
        if target == "float64":
            return self
        if target == "int64" and LOW <= self._value < HIGH:
            return OneInt(int(self._value), self._name)
        return call(self, "astype", (dtype,), more)

    def _chosen(self, other: Any) -> tuple[Any] | None:
        number = NAN if other is GIVEN_NONE else _as_float(other)
        return None if number is None else (number,)

    def __neg__(self) -> Any:
        return OneFloat(-self._value, self._name)

    def __pos__(self) -> Any:
        return self

    __abs__ = abs


class OneInt(Number):
    """A Series of int64."""

    __slots__ = ()
    _key = int

    def _array(self) -> Any:
        return np.array([self._value], dtype=np.int64)

    def isna(self) -> Any:
        """See `One.isna`."""
        return OneBool(False, self._name)

    def notna(self) -> Any:
        """See `One.notna`."""
        return OneBool(True, self._name)

    def fillna(self, value: Any = GIVEN_NONE, **more: Any) -> Any:
        """The value, since an integer is never missing."""
        if type(value) in (int, float) and not more:
            return self
        return call(self, "fillna", () if value is GIVEN_NONE else (value,), more)

    def clip(self, lower: Any = None, upper: Any = None, **more: Any) -> Any:
        """The value within limits."""
        low = lower if type(lower) is int and fits(lower) else LOW if lower is None else None
        high = upper if type(upper) is int and fits(upper) else HIGH if upper is None else None
        if more or low is None or high is None or low > high:
            return call(self, "clip", (lower, upper), more)
        value = self._value
        return self if low <= value <= high else OneInt(low if value < low else high, self._name)

    def abs(self) -> Any:
        """The value without its sign."""
        if self._value == LOW:
            return call(self, "abs", (), {})
        return OneInt(abs(self._value), self._name)

    def round(self, decimals: Any = 0, **more: Any) -> Any:
        """The value, where no digits before the point go."""
        if decimals == 0 and type(decimals) is int and not more:
            return self
        return call(self, "round", (decimals,), more)

    def astype(self, dtype: Any, **more: Any) -> Any:
        """The value in another dtype."""
        target = _target(dtype, more)
        if target == "int64":
            return self
        if target == "float64":
            return OneFloat(float(self._value), self._name)
        if target == "bool":
            return OneBool(self._value != 0, self._name)
        return call(self, "astype", (dtype,), more)

    def _chosen(self, other: Any) -> tuple[Any] | None:
        if type(other) is int and fits(other):
            return (other,)
        return (other._value,) if type(other) is OneInt else None

    def __neg__(self) -> Any:
        if self._value == LOW:
            return of_pandas(-self._pandas())
        return OneInt(-self._value, self._name)

    def __pos__(self) -> Any:
        return self

    __abs__ = abs


class OneBool(Number):
    """A Series of bool."""

    __slots__ = ()

    def _array(self) -> Any:
        return np.array([self._value])

    def isna(self) -> Any:
        """See `One.isna`."""
        return OneBool(False, self._name)

    def notna(self) -> Any:
        """See `One.notna`."""
        return OneBool(True, self._name)

    def astype(self, dtype: Any, **more: Any) -> Any:
        """The value in another dtype."""
        target = _target(dtype, more)
        if target == "bool":
            return self
        if target == "int64":
            return OneInt(int(self._value), self._name)
        if target == "float64":
            return OneFloat(float(self._value), self._name)
        return call(self, "astype", (dtype,), more)

    def __invert__(self) -> Any:
        return OneBool(not self._value, self._name)


KINDS.update({float: OneFloat, int: OneInt, bool: OneBool})


def _as_float(value: Any) -> float | None:
    """A number that a Series of float64 takes as it is; None for any other value."""
    kind = type(value)
    if kind is float:
        return float(value)
    if kind is int and abs(value) <= EXACT:
        return float(value)
    return float(value._value) if kind is OneFloat else None


def _limit(value: Any, unlimited: float) -> float | None:
    """A limit of `clip`; None for what is no plain number."""
    if value is None:
        return unlimited
    number = _as_float(value) if type(value) is not OneFloat else None
    return None if number is None or number != number else number


_TARGETS: Final = {
    float: "float64",
    "float": "float64",
    "float64": "float64",
    np.float64: "float64",
    "int64": "int64",
    np.int64: "int64",
    bool: "bool",
    "bool": "bool",
    **({int: "int64", "int": "int64"} if np.dtype(int) == np.int64 else {}),
}


def _target(dtype: Any, more: Any) -> str | None:
    return _TARGETS.get(dtype) if not more and type(dtype) in (type, str) else None


_DISPATCHED: Final = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
}
_SCALARS: Final = {np.float64: float, np.int64: int}
_PLAIN: Final = (float, int, bool)
_NUMBERS: Final = (OneFloat, OneInt, OneBool)


def _computed(ufunc: Any, inputs: tuple[Any, ...]) -> Any:
    """A function of NumPy: an operator, or the function on arrays of one element, as pandas calls it."""
    operator_ = _DISPATCHED.get(ufunc)
    if operator_ is not None and all(type(one) in _NUMBERS or type(one) in _SCALARS for one in inputs):
        a, b = (_SCALARS[type(one)](one) if type(one) in _SCALARS else one for one in inputs)
        return operator_(a, b)
    names, given = [], []
    for one in inputs:
        kind = type(one)
        if kind in _NUMBERS:
            names.append(one._name)
            given.append(one._array())
        elif kind in _PLAIN:
            given.append(one)
        else:
            return of_pandas(ufunc(*to_pandas(inputs)))
    if ufunc.nout == 1 and operator_ is None and ufunc.signature is None:
        made = of_array(ufunc(*given), names[0] if names.count(names[0]) == len(names) else None)
        if made is not None:
            return made
    return of_pandas(ufunc(*to_pandas(inputs)))


def of_array(array: Any, name: Name) -> One | None:
    """An array of one element as a Series; None for a dtype that is none of a number."""
    dtype = array.dtype
    if dtype == np.float64:
        return OneFloat(array.item(), name)
    if dtype == np.int64:
        return OneInt(array.item(), name)
    return OneBool(array.item(), name) if dtype == np.bool_ else None
