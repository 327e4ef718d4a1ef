"""A One is a Series of one row without pandas: a plain Python value with the rules of its dtype.

Each subclass computes by itself only what is known to equal pandas to the bit: arithmetic of binary64 and of
integers that do not overflow, comparisons, gaps. NumPy's functions are called on arrays of one element, as
pandas calls them. Any other operation is done by pandas on a real Series, and its result is a One again. What
could tell a One from a Series, or write to it, is declined.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, FunctionType
from typing import Any, Final, NoReturn

import numpy as np
import pandas as pd

from kernel_magics.values.one_row.declined import decline

_LOW, _HIGH = -(2**63), 2**63 - 1  # int64
_EXACT: Final = 2**53  # integers up to here are floats
_NAN: Final = math.nan
_GIVEN_NONE: Final[Any] = object()
_TEXT: Final[Any] = pd.Series(["a"]).dtype
Operator = Callable[[Any, Any], Any]
Name = str | None


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


class _Kind(type):
    """Of look-alikes among themselves, `isinstance` is answered: NumPy asks when it chooses who answers."""

    def __instancecheck__(cls, instance: object) -> bool:
        return issubclass(type(instance), cls)


class LookAlike(metaclass=_Kind):
    """What stands for a value of pandas of one row, with `RangeIndex(1)` as its index."""

    __slots__ = ()
    __pandas_priority__ = 10_000  # operators of pandas leave the work to ours
    __array_priority__ = 10_000

    def _pandas(self) -> Any:
        """A new value of pandas that shares nothing with this one."""
        raise NotImplementedError

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """Asked for by `isinstance`, which must not tell it from a value of pandas."""
        decline("isinstance")

    @property
    def _typ(self) -> Any:
        """Asked for by pandas' own `isinstance`."""
        decline("a function of pandas")

    @property
    def index(self) -> Any:
        """The index, which holds no values."""
        return pd.RangeIndex(1)

    def __len__(self) -> int:
        return 1

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in _WRITING or "out" in kwargs:
            decline(f"numpy.{function.__name__}")
        return of_pandas(function(*to_pandas(args), **to_pandas(kwargs)))

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        decline("a copy of it, or a pickle")

    def __copy__(self) -> NoReturn:
        decline("copy.copy")

    def __deepcopy__(self, memo: Any) -> NoReturn:
        decline("copy.deepcopy")


def _declining(name: str) -> Callable[..., NoReturn]:
    def method(self: object, *args: object, **kwargs: object) -> NoReturn:
        decline(name)

    return method


for _name in words(  # `a += b` is `a = a + b` for what cannot be written to
    """
    __array__ __bool__ __contains__ __delitem__ __dir__ __divmod__ __float__ __format__ __getitem__
    __hash__ __int__ __iter__ __matmul__ __rdivmod__ __repr__ __rmatmul__ __round__ __setitem__
    __sizeof__ __str__
    """
):
    setattr(LookAlike, _name, _declining(_name))

_WRITING: Final = frozenset({np.put, np.place, np.copyto, np.putmask, np.put_along_axis, np.fill_diagonal})


class One(LookAlike):
    """A Series of one row.

    Args:
        value: as Python has it.
        name: of the Series: a text or None.
    """

    __slots__ = ("_name", "_value")

    def __init__(self, value: Any, name: Name) -> None:
        self._value = value
        self._name = name

    def _array(self) -> Any:
        """A new array with the value."""
        raise NotImplementedError

    def _pandas(self) -> Any:
        return pd.Series(self._array(), index=pd.RangeIndex(1), name=self._name, copy=False)

    def _named(self, name: Name) -> One:
        """The same value under another name."""
        return type(self)(self._value, name)

    @property
    def name(self) -> Name:
        """The name of the Series."""
        return self._name

    @name.setter
    def name(self, name: object) -> None:
        decline("a new name in its place")

    def copy(self, deep: bool = True) -> One:
        """Itself, since it cannot be written to."""
        return self

    def rename(self, index: Any = _GIVEN_NONE, **more: Any) -> Any:
        """The same value under another name."""
        if type(index) is str and not more:
            return self._named(index)
        return call(self, "rename", () if index is _GIVEN_NONE else (index,), more)

    def isna(self) -> Any:
        """Whether the value is missing."""
        return call(self, "isna", (), {})

    def notna(self) -> Any:
        """Whether the value is there."""
        return call(self, "notna", (), {})

    def isnull(self) -> Any:
        """The same as `isna`."""
        return self.isna()

    def notnull(self) -> Any:
        """The same as `notna`."""
        return self.notna()

    def between(self, left: Any, right: Any, inclusive: Any = "both") -> Any:
        """Whether the value is from `left` to `right`."""
        if inclusive == "both":
            return (self >= left) & (self <= right)
        return call(self, "between", (left, right, inclusive), {})

    def where(self, cond: Any, other: Any = _GIVEN_NONE, **more: Any) -> Any:
        """The value where the condition holds, else the other one."""
        found = self._chosen(other) if type(cond) is OneBool and not more else None
        if found is None:
            return call(self, "where", (cond,) if other is _GIVEN_NONE else (cond, other), more)
        return self if cond._value else type(self)(found[0], self._name)

    def mask(self, cond: Any, other: Any = _GIVEN_NONE, **more: Any) -> Any:
        """The value where the condition does not hold, else the other one."""
        found = self._chosen(other) if type(cond) is OneBool and not more else None
        if found is None:
            return call(self, "mask", (cond,) if other is _GIVEN_NONE else (cond, other), more)
        return type(self)(found[0], self._name) if cond._value else self

    def _chosen(self, other: Any) -> tuple[Any] | None:
        """The value that `where` would take from this one, in the type of its own; None for others."""
        return (other._value,) if type(other) is type(self) else None

    def isin(self, values: Any) -> Any:
        """Whether the value is among these."""
        kind = type(self._value)
        if kind in (int, str) and type(values) in (list, tuple, set, frozenset) and values:
            members = set(map(type, values))
            if members == {kind} and (kind is str or all(map(_fits, values))):
                return OneBool(self._value in values, self._name)
        return call(self, "isin", (values,), {})

    def map(self, func: Any = None, na_action: Any = None, **more: Any) -> Any:
        """What a dict, or a function of Python, has for the value."""
        kind = type(func)
        if na_action is None and not more:
            if kind is FunctionType or kind is BuiltinFunctionType:
                return self._mapped(func)
            if kind is dict and func:
                found = self._looked_up(func)
                if found is not None:
                    return found
        return call(self, "map", (func, na_action), more)

    def apply(self, func: Any, *args: Any, **more: Any) -> Any:
        """What a function of Python makes of the value."""
        if type(func) is FunctionType and not args and not more:
            return self._mapped(func)
        if type(func) is np.ufunc and not args and not more:
            return func(self)
        return call(self, "apply", (func, *args), more)

    def _mapped(self, function: Any) -> Any:
        """A result of another type is left to pandas, which calls the function once more."""
        if type(self) not in _PLAIN_KINDS:
            return call(self, "map", (function,), {})
        found = function(self._value)
        kind = type(found)
        if kind is float:
            return OneFloat(found, self._name)
        if kind is bool:
            return OneBool(found, self._name)
        if kind is int and _LOW <= found <= _HIGH:
            return OneInt(found, self._name)
        return call(self, "map", (function,), {})

    def _looked_up(self, known: dict[Any, Any]) -> Any:
        """Only for dicts of one type of keys and one of values, which pandas turns into a Series."""
        kind = {OneText: str, OneInt: int}.get(type(self))
        if set(map(type, known)) != {kind} or set(map(type, known.values())) != {float}:
            return None
        if kind is int and not all(map(_fits, known)):
            return None
        return OneFloat(known.get(self._value, _NAN), self._name)

    @property
    def str(self) -> Any:
        """Functions of texts."""
        return Accessor(self, "str")

    @property
    def dt(self) -> Any:
        """Parts of moments and of spans of time."""
        return Accessor(self, "dt")

    def __array_ufunc__(self, ufunc: Any, method: Any, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            decline(f"numpy.{ufunc.__name__} with {', '.join(kwargs) or method}")
        return _ufunc(ufunc, inputs)

    def __getattr__(self, name: Any) -> Any:
        if name in METHODS:
            return lambda *args, **kwargs: call(self, name, args, kwargs)
        if name in PROPERTIES:
            return of_pandas(getattr(self._pandas(), name))
        if name.startswith("__"):
            raise AttributeError(name)
        decline(f".{name}")
        return None


METHODS: Final = words(
    """
    abs add all any astype between case_when clip combine combine_first count diff div divide
    duplicated eq equals explode fillna floordiv ge gt infer_objects interpolate isin isna isnull
    kurt le lt max mean median min mod mul multiply ne notna notnull nunique pct_change pow prod
    product quantile radd rank rdiv replace rfloordiv rmod rmul round rpow rsub rtruediv sem shift
    skew std sub subtract sum to_frame to_numpy tolist to_list truediv unique var where mask cummax
    cummin cumprod cumsum bfill ffill convert_dtypes item transform pipe
    """
)
"""Methods that change nothing: pandas answers them from a real Series."""

PROPERTIES: Final = words(
    """
    dtype dtypes shape size ndim empty hasnans values is_unique is_monotonic_increasing
    """
)


class Accessor:
    """`.str` or `.dt` of a Series; pandas answers, but for what subclasses know."""

    __slots__ = ("_kind", "_of")

    def __init__(self, of: One, kind: str) -> None:
        self._of = of
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            decline(f".{self._kind}.{name}")
        quick = self._of._quick.get(name) if hasattr(type(self._of), "_quick") else None
        if quick is not None:
            found = quick(self._of)
            if found is not None:
                return found
        accessor = getattr(self._of._pandas(), self._kind)
        found = getattr(accessor, name)
        if callable(found) and type(found) is not pd.Series:
            return lambda *args, **kwargs: _plain(found, args, kwargs)
        return of_pandas(found)


def _plain(function: Any, args: Any, kwargs: Any) -> Any:
    if "inplace" in kwargs or "out" in kwargs:
        decline("inplace")
    return of_pandas(function(*to_pandas(args), **to_pandas(kwargs)))


def call(of: LookAlike, name: str, args: Any, kwargs: Any) -> Any:
    """A method of pandas, called on a real Series."""
    return _plain(getattr(of._pandas(), name), args, kwargs)


def _binary(operator_: Operator, a: Any, b: Any) -> Any:
    """An operator of pandas."""
    return of_pandas(operator_(to_pandas(a), to_pandas(b)))


def _fits(number: int) -> bool:
    return _LOW <= number <= _HIGH


def _common(a: One, b: One) -> Name:
    name = a._name
    return name if name == b._name else None


def _divided(a: float, b: float) -> float:
    """The quotient of binary64, which is infinite or no number where the divisor is zero."""
    try:
        return a / b
    except ZeroDivisionError:
        return _NAN if a != a or a == 0 else math.copysign(math.inf, a) * math.copysign(1.0, b)


# Arithmetic of numbers. `float` of an integer rounds as NumPy does.


def _float_method(op: Operator, swapped: bool, symbol: Operator) -> Any:
    """An operator of a float with floats and integers; the result is a float."""

    def method(self: One, other: Any) -> Any:
        kind = type(other)
        if kind is float:
            return OneFloat(op(other, self._value) if swapped else op(self._value, other), self._name)
        if kind is OneFloat or kind is OneInt:
            return OneFloat(op(self._value, float(other._value)), _common(self, other))
        if kind is int and _LOW <= other <= _HIGH:
            number = float(other)
            return OneFloat(op(number, self._value) if swapped else op(self._value, number), self._name)
        return _binary(symbol, other, self) if swapped else _binary(symbol, self, other)

    return method


def _int_method(op: Operator, swapped: bool, symbol: Operator) -> Any:
    """An operator of an integer: an integer with integers unless it overflows, a float with floats."""
    quotient = op is _divided

    def method(self: One, other: Any) -> Any:
        kind = type(other)
        value = self._value
        if kind is int or kind is OneInt:
            name = self._name if kind is int else _common(self, other)
            number = other if kind is int else other._value
            if quotient and _LOW <= number <= _HIGH:
                a, b = float(value), float(number)
                return OneFloat(op(b, a) if swapped else op(a, b), name)
            if not quotient and _LOW <= number <= _HIGH:
                found = op(number, value) if swapped else op(value, number)
                if _LOW <= found <= _HIGH:
                    return OneInt(found, name)
        elif kind is float or kind is OneFloat:
            name = self._name if kind is float else _common(self, other)
            number = other if kind is float else other._value
            return OneFloat(op(number, float(value)) if swapped else op(float(value), number), name)
        return _binary(symbol, other, self) if swapped else _binary(symbol, self, other)

    return method


def _array_method(op: Operator, swapped: bool) -> Any:
    """An operator that is left to NumPy, as pandas leaves it, but for zeros and what is not finite."""

    def method(self: One, other: Any) -> Any:
        kind, value = type(other), self._value
        name = self._name
        number: Any = other
        if kind is OneFloat or kind is OneInt:
            name, number = _common(self, other), other._value
        elif kind is not float and not (kind is int and abs(other) <= _EXACT):
            return _binary(op, other, self) if swapped else _binary(op, self, other)
        if number and value and abs(value) < 1e9 and abs(number) < 1e3:  # no zero, no infinity, no overflow
            right = number if number is other else other._array()
            found = op(right, self._array()) if swapped else op(self._array(), right)
            made = of_array(found, name)
            if made is not None:
                return made
        return _binary(op, other, self) if swapped else _binary(op, self, other)

    return method


def _comparing(op: Operator) -> Any:
    """A comparison of numbers: of integers exactly, else as floats."""

    def method(self: One, other: Any) -> Any:
        kind = type(other)
        if kind is float:
            return OneBool(op(float(self._value), other), self._name)
        if kind is int and _LOW <= other <= _HIGH:
            value = self._value
            return OneBool(op(value, other if type(value) is int else float(other)), self._name)
        if kind is OneFloat or kind is OneInt:
            a, b = self._value, other._value
            if type(a) is not type(b):
                a, b = float(a), float(b)
            return OneBool(op(a, b), _common(self, other))
        return _binary(op, self, other)

    return method


class OneFloat(One):
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

    def fillna(self, value: Any = _GIVEN_NONE, **more: Any) -> Any:
        """The value, or this one where it is missing."""
        if not more:
            number = _as_float(value)
            if number is not None:
                return OneFloat(number, self._name) if self._value != self._value else self
        return call(self, "fillna", () if value is _GIVEN_NONE else (value,), more)

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
        if target == "int64" and _LOW <= self._value < _HIGH:
            return OneInt(int(self._value), self._name)
        return call(self, "astype", (dtype,), more)

    def _chosen(self, other: Any) -> tuple[Any] | None:
        number = _NAN if other is _GIVEN_NONE else _as_float(other)
        return None if number is None else (number,)

    def __neg__(self) -> Any:
        return OneFloat(-self._value, self._name)

    def __pos__(self) -> Any:
        return self

    __abs__ = abs


class OneInt(One):
    """A Series of int64."""

    __slots__ = ()

    def _array(self) -> Any:
        return np.array([self._value], dtype=np.int64)

    def isna(self) -> Any:
        """See `One.isna`."""
        return OneBool(False, self._name)

    def notna(self) -> Any:
        """See `One.notna`."""
        return OneBool(True, self._name)

    def fillna(self, value: Any = _GIVEN_NONE, **more: Any) -> Any:
        """The value, since an integer is never missing."""
        if type(value) in (int, float) and not more:
            return self
        return call(self, "fillna", () if value is _GIVEN_NONE else (value,), more)

    def clip(self, lower: Any = None, upper: Any = None, **more: Any) -> Any:
        """The value within limits."""
        low = lower if type(lower) is int and _fits(lower) else _LOW if lower is None else None
        high = upper if type(upper) is int and _fits(upper) else _HIGH if upper is None else None
        if more or low is None or high is None or low > high:
            return call(self, "clip", (lower, upper), more)
        value = self._value
        return self if low <= value <= high else OneInt(low if value < low else high, self._name)

    def abs(self) -> Any:
        """The value without its sign."""
        if self._value == _LOW:
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
        if type(other) is int and _fits(other):
            return (other,)
        return (other._value,) if type(other) is OneInt else None

    def __neg__(self) -> Any:
        if self._value == _LOW:
            return of_pandas(-self._pandas())
        return OneInt(-self._value, self._name)

    def __pos__(self) -> Any:
        return self

    __abs__ = abs


class OneBool(One):
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


def _logical(op: Operator, swapped: bool) -> Any:
    def method(self: One, other: Any) -> Any:
        if type(other) is OneBool:
            return OneBool(op(self._value, other._value), _common(self, other))
        if type(other) is bool:
            return OneBool(op(self._value, other), self._name)
        return _binary(op, other, self) if swapped else _binary(op, self, other)

    return method


class OneText(One):
    """A Series of text (`str`); NaN where it is missing."""

    __slots__ = ()

    def _array(self) -> Any:
        return _TEXT.construct_array_type()._from_sequence([self._value], dtype=_TEXT)

    def isna(self) -> Any:
        """See `One.isna`."""
        return OneBool(type(self._value) is not str, self._name)

    def notna(self) -> Any:
        """See `One.notna`."""
        return OneBool(type(self._value) is str, self._name)

    def fillna(self, value: Any = _GIVEN_NONE, **more: Any) -> Any:
        """The text, or this one where it is missing."""
        if type(value) is str and not more:
            return self if type(self._value) is str else OneText(value, self._name)
        return call(self, "fillna", () if value is _GIVEN_NONE else (value,), more)

    def _equal(self, other: Any, same: bool, op: Operator) -> Any:
        if type(other) is str:
            return OneBool((self._value == other) is same, self._name)
        if type(other) is OneText:
            return OneBool((self._value == other._value) is same, _common(self, other))
        return _binary(op, self, other)

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

    def where(self, cond: Any, other: Any = _GIVEN_NONE, **more: Any) -> Any:
        """See `One.where`."""
        return call(self, "where", (cond,) if other is _GIVEN_NONE else (cond, other), more)

    def mask(self, cond: Any, other: Any = _GIVEN_NONE, **more: Any) -> Any:
        """See `One.mask`."""
        return call(self, "mask", (cond,) if other is _GIVEN_NONE else (cond, other), more)

    @property
    def _quick(self) -> dict[str, Any]:
        return _SPAN if self._dtype.kind == "m" else {}

    def __sub__(self, other: Any) -> Any:
        found = self._apart(other)
        return _binary(operator.sub, self, other) if found is None else found

    def __rsub__(self, other: Any) -> Any:
        found = self._apart(other, -1)
        return _binary(operator.sub, other, self) if found is None else found

    def _apart(self, other: Any, sign: int = 1) -> Any:
        """The span since another moment in the same unit; None for what pandas must answer."""
        if self._dtype.kind != "M":
            return None
        name = self._name
        if type(other) is OneTime and other._dtype == self._dtype:
            name, count = _common(self, other), other._value
        elif type(other) is pd.Timestamp and other.tz is None and f"datetime64[{other.unit}]" == self._dtype:
            count = other.asm8.view("int64").item()
        else:
            return None
        span = np.dtype(self._dtype.str.replace("M8", "m8"))
        if self._value is None or count is None:
            return OneTime(None, name, span)
        found = (self._value - count) * sign
        return OneTime(found, name, span) if _LOW < found <= _HIGH else None

    def _compared(self, op: Operator, other: Any) -> Any:
        kind = type(other)
        if kind is OneTime and other._dtype == self._dtype:
            a, b = self._value, other._value
            held = op is operator.ne if a is None or b is None else op(a, b)
            return OneBool(held, _common(self, other))
        return _binary(op, self, other)


def _days(span: OneTime) -> Any:
    unit = _PER_DAY.get(span._dtype.str[4:-1])
    if unit is None or span._value is None:
        return None
    return OneInt(span._value // unit, span._name)


_PER_DAY: Final = {"s": 86400, "ms": 86400 * 10**3, "us": 86400 * 10**6, "ns": 86400 * 10**9}
_SPAN: Final = {"days": _days}


class OneOther(One):
    """A Series of any other dtype: pandas answers everything."""

    __slots__ = ()

    def _pandas(self) -> Any:
        return self._value.copy(deep=False)

    def _array(self) -> Any:
        return self._value.array.copy()

    def _named(self, name: Name) -> One:
        return OneOther(self._value.rename(name), name)

    def where(self, cond: Any, other: Any = _GIVEN_NONE, **more: Any) -> Any:
        """See `One.where`."""
        return call(self, "where", (cond,) if other is _GIVEN_NONE else (cond, other), more)

    def mask(self, cond: Any, other: Any = _GIVEN_NONE, **more: Any) -> Any:
        """See `One.mask`."""
        return call(self, "mask", (cond,) if other is _GIVEN_NONE else (cond, other), more)


def through_pandas(op: Operator, swapped: bool) -> Any:
    def method(self: One, other: Any) -> Any:
        return _binary(op, other, self) if swapped else _binary(op, self, other)

    return method


_OPERATORS: Final = {
    name: getattr(operator, f"__{name}__")
    for name in ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor"]
}
_COMPARISONS: Final = {name: getattr(operator, name) for name in ["eq", "ne", "lt", "le", "gt", "ge"]}
for _name, _op in _OPERATORS.items():
    for _swapped in (False, True):
        _place = f"__{'r' if _swapped else ''}{_name}__"
        setattr(One, _place, through_pandas(_op, _swapped))
        if _name in ("add", "sub", "mul", "truediv"):
            _exact = _divided if _name == "truediv" else _op
            setattr(OneFloat, _place, _float_method(_exact, _swapped, _op))
            setattr(OneInt, _place, _int_method(_exact, _swapped, _op))
        elif _name in ("floordiv", "mod", "pow"):
            setattr(OneFloat, _place, _array_method(_op, _swapped))
        else:
            setattr(OneBool, _place, _logical(_op, _swapped))
for _name, _op in _COMPARISONS.items():
    _place = f"__{_name}__"
    setattr(One, _place, lambda self, other, op=_op: _binary(op, self, other))
    setattr(OneFloat, _place, _comparing(_op))
    setattr(OneInt, _place, _comparing(_op))
    setattr(OneTime, _place, lambda self, other, op=_op: self._compared(op, other))
for _kind in (One, OneFloat, OneInt, OneTime):  # a method `__eq__` takes it away
    _kind.__hash__ = LookAlike.__hash__  # type: ignore[method-assign]
for _name, _op in (("neg", operator.neg), ("pos", operator.pos), ("invert", operator.invert)):
    setattr(One, f"__{_name}__", lambda self, op=_op: of_pandas(op(self._pandas())))
One.__abs__ = lambda self: of_pandas(abs(self._pandas()))  # type: ignore[attr-defined]


def _as_float(value: Any) -> float | None:
    """A number that a Series of float64 takes as it is; None for any other value."""
    kind = type(value)
    if kind is float:
        return float(value)
    if kind is int and abs(value) <= _EXACT:
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


def _ufunc(ufunc: Any, inputs: tuple[Any, ...]) -> Any:
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


def is_ours(value: Any) -> bool:
    """True for a look-alike; `isinstance` of any other class is declined by it."""
    return issubclass(type(value), LookAlike)


_NUMBERS: Final = (OneFloat, OneInt, OneBool)
_PLAIN_KINDS: Final = (OneFloat, OneInt, OneBool, OneText)


def of_array(array: Any, name: Name) -> One | None:
    """An array of one element as a Series; None for a dtype that is none of a number."""
    dtype = array.dtype
    if dtype == np.float64:
        return OneFloat(array.item(), name)
    if dtype == np.int64:
        return OneInt(array.item(), name)
    return OneBool(array.item(), name) if dtype == np.bool_ else None


# Values of pandas to look-alikes, and back.

MAKERS: Final[dict[type, Callable[[Any], Any]]] = {}
"""What makes a look-alike of a value, by the type of pandas."""
_SCALAR_TYPES: Final = (
    float, int, bool, str, type(None), pd.Timestamp, pd.Timedelta, type(pd.NaT), type(pd.NA), np.dtype, tuple,
)  # fmt: skip


def of_pandas(value: Any) -> Any:
    """The look-alike of a table of one row; other values as they are.

    Raises:
        Declined: for a table that no look-alike stands for.
    """
    maker = MAKERS.get(type(value))
    if maker is not None:
        return maker(value)
    return value


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
            return OneTime(None if count == _LOW else count, name, dtype)
    if (
        type(dtype) is type(_TEXT)
        and dtype == _TEXT
        and dtype.storage == _TEXT.storage
        and dtype.na_value is _TEXT.na_value
    ):
        cell = series.iloc[0]
        return OneText(cell if type(cell) is str else _NAN, name)
    return OneOther(series.copy(), name)


def _variant(dtype: Any) -> tuple[Any, bool]:
    """What tells dtypes of text apart: who stores them, and whether NaN is the gap."""
    return dtype.storage, dtype.na_value is _TEXT.na_value


MAKERS[pd.Series] = of_series


def has_one_row(table: Any) -> bool:
    """True for a table of pandas with one row, numbered from 0, and nothing beside its values."""
    index = table.index
    return (
        len(table) == 1
        and type(index) is pd.RangeIndex
        and index.start == 0
        and index.step == 1
        and index.name is None
        and not table.attrs
        and table.flags.allows_duplicate_labels
    )


def to_pandas(value: Any) -> Any:
    """The value with each look-alike in it as a value of pandas."""
    kind = type(value)
    if issubclass(kind, LookAlike):
        return value._pandas()
    if kind is list or kind is tuple:
        return kind(map(to_pandas, value))
    if kind is dict:
        return {key: to_pandas(each) for key, each in value.items()}
    return value


def cell_of(one: Any) -> Any:
    """The cell of a Series of plain numbers, booleans or text; NotImplemented for other values."""
    return one._value if type(one) in _PLAIN_KINDS else NotImplemented


def holds_ours(values: Iterable[Any]) -> bool:
    """True where a look-alike is among values, or in lists, tuples and dicts of them."""
    for value in values:
        kind = type(value)
        if issubclass(kind, LookAlike):
            return True
        if (kind is list or kind is tuple) and holds_ours(value):
            return True
        if kind is dict and holds_ours(value.values()):
            return True
    return False
