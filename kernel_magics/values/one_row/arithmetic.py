"""Operators of numbers of one row, where they are known to equal those of pandas to the bit."""

from __future__ import annotations

import math
from typing import Any

from kernel_magics.values.one_row.column import COMPARISONS, HIGH, LOW, NAN, OPERATORS, One, common
from kernel_magics.values.one_row.look_alike import LookAlike, Operator, binary
from kernel_magics.values.one_row.number import EXACT, OneBool, OneFloat, OneInt, of_array


def _divided(a: float, b: float) -> float:
    """The quotient of binary64, which is infinite or no number where the divisor is zero."""
    try:
        return a / b
    except ZeroDivisionError:
        return NAN if a != a or a == 0 else math.copysign(math.inf, a) * math.copysign(1.0, b)


def _float_method(op: Operator, swapped: bool, symbol: Operator) -> Any:
    """An operator of a float with floats and integers; the result is a float."""

    def method(self: One, other: Any) -> Any:
        kind = type(other)
        if kind is float:
            return OneFloat(op(other, self._value) if swapped else op(self._value, other), self._name)
        if kind is OneFloat or kind is OneInt:
            return OneFloat(op(self._value, float(other._value)), common(self, other))
        if kind is int and LOW <= other <= HIGH:
            number = float(other)
            return OneFloat(op(number, self._value) if swapped else op(self._value, number), self._name)
        return binary(symbol, other, self) if swapped else binary(symbol, self, other)

    return method


def _int_method(op: Operator, swapped: bool, symbol: Operator) -> Any:
    """An operator of an integer: an integer with integers unless it overflows, a float with floats."""
    quotient = op is _divided

    def method(self: One, other: Any) -> Any:
        kind = type(other)
        value = self._value
        if kind is int or kind is OneInt:
            name = self._name if kind is int else common(self, other)
            number = other if kind is int else other._value
            if quotient and LOW <= number <= HIGH:
                a, b = float(value), float(number)
                return OneFloat(op(b, a) if swapped else op(a, b), name)
            if not quotient and LOW <= number <= HIGH:
                found = op(number, value) if swapped else op(value, number)
                if LOW <= found <= HIGH:
                    return OneInt(found, name)
        elif kind is float or kind is OneFloat:
            name = self._name if kind is float else common(self, other)
            number = other if kind is float else other._value
            return OneFloat(op(number, float(value)) if swapped else op(float(value), number), name)
        return binary(symbol, other, self) if swapped else binary(symbol, self, other)

    return method


def _array_method(op: Operator, swapped: bool) -> Any:
    """An operator that is left to NumPy, as pandas leaves it, but for zeros and what is not finite."""

    def method(self: One, other: Any) -> Any:
        kind, value = type(other), self._value
        name = self._name
        number: Any = other
        if kind is OneFloat or kind is OneInt:
            name, number = common(self, other), other._value
        elif kind is not float and not (kind is int and abs(other) <= EXACT):
            return binary(op, other, self) if swapped else binary(op, self, other)
        if number and value and abs(value) < 1e9 and abs(number) < 1e3:  # no zero, no infinity, no overflow
            right = number if number is other else other._array()
            found = op(right, self._array()) if swapped else op(self._array(), right)
            made = of_array(found, name)
            if made is not None:
                return made
        return binary(op, other, self) if swapped else binary(op, self, other)

    return method


def _comparing(op: Operator) -> Any:
    """A comparison of numbers: of integers exactly, else as floats."""

    def method(self: One, other: Any) -> Any:
        kind = type(other)
        if kind is float:
            return OneBool(op(float(self._value), other), self._name)
        if kind is int and LOW <= other <= HIGH:
            value = self._value
            return OneBool(op(value, other if type(value) is int else float(other)), self._name)
        if kind is OneFloat or kind is OneInt:
            a, b = self._value, other._value
            if type(a) is not type(b):
                a, b = float(a), float(b)
            return OneBool(op(a, b), common(self, other))
        return binary(op, self, other)

    return method


def _logical(op: Operator, swapped: bool) -> Any:
    def method(self: One, other: Any) -> Any:
        if type(other) is OneBool:
            return OneBool(op(self._value, other._value), common(self, other))
        if type(other) is bool:
            return OneBool(op(self._value, other), self._name)
        return binary(op, other, self) if swapped else binary(op, self, other)

    return method


for _name, _op in OPERATORS.items():
    for _swapped in (False, True):
        _place = f"__{'r' if _swapped else ''}{_name}__"
        if _name in ("add", "sub", "mul", "truediv"):
            _exact = _divided if _name == "truediv" else _op
            setattr(OneFloat, _place, _float_method(_exact, _swapped, _op))
            setattr(OneInt, _place, _int_method(_exact, _swapped, _op))
        elif _name in ("floordiv", "mod", "pow"):
            setattr(OneFloat, _place, _array_method(_op, _swapped))
        else:
            setattr(OneBool, _place, _logical(_op, _swapped))
for _name, _op in COMPARISONS.items():
    setattr(OneFloat, f"__{_name}__", _comparing(_op))
    setattr(OneInt, f"__{_name}__", _comparing(_op))
for _kind in (OneFloat, OneInt):  # a method `__eq__` takes it away
    _kind.__hash__ = LookAlike.__hash__  # type: ignore[method-assign]
