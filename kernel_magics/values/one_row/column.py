"""A One is a Series of one row without pandas: a plain Python value with the rules of its dtype.

Each subclass computes by itself only what is known to equal pandas to the bit: arithmetic of binary64 and of
integers that do not overflow, comparisons, gaps. NumPy's functions are called on arrays of one element, as
pandas calls them. Any other operation is done by pandas on a real Series, and its result is a One again. What
could tell a One from a Series, or write to it, is declined.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from types import BuiltinFunctionType, FunctionType
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd

from kernel_magics.values.one_row.declined import decline
from kernel_magics.values.one_row.look_alike import (
    LookAlike,
    Name,
    Operator,
    answered,
    binary,
    call,
    of_pandas,
    to_pandas,
    words,
)

LOW, HIGH = -(2**63), 2**63 - 1  # int64
NAN: Final = math.nan
GIVEN_NONE: Final[Any] = object()
KINDS: Final[dict[type, type[One]]] = {}
"""The columns of plain values, by the type of Python of their values: each kind adds itself."""


class One(LookAlike):
    """A Series of one row.

    Args:
        value: as Python has it.
        name: of the Series: a text or None.
    """

    __slots__ = ("_name", "_value")
    _plain: ClassVar[bool] = False  # the value is a float, an int, a bool or a text
    _key: ClassVar[type | None] = None  # of dicts in which the value may be looked up

    def __init__(self, value: Any, name: Name) -> None:
        self._value = value
        self._name = name

    def _known(self) -> Mapping[str, Callable[[Any], Any]]:
        """What `.str` or `.dt` gives without pandas, by name."""
        return {}

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

    def rename(self, index: Any = GIVEN_NONE, **more: Any) -> Any:
        """The same value under another name."""
        if type(index) is str and not more:
            return self._named(index)
        return call(self, "rename", () if index is GIVEN_NONE else (index,), more)

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

    def where(self, cond: Any, other: Any = GIVEN_NONE, **more: Any) -> Any:
        """The value where the condition holds, else the other one."""
        found = self._chosen(other) if type(cond) is KINDS[bool] and not more else None
        if found is None:
            return call(self, "where", (cond,) if other is GIVEN_NONE else (cond, other), more)
        return self if cond._value else type(self)(found[0], self._name)

    def mask(self, cond: Any, other: Any = GIVEN_NONE, **more: Any) -> Any:
        """The value where the condition does not hold, else the other one."""
        found = self._chosen(other) if type(cond) is KINDS[bool] and not more else None
        if found is None:
            return call(self, "mask", (cond,) if other is GIVEN_NONE else (cond, other), more)
        return type(self)(found[0], self._name) if cond._value else self

    def _chosen(self, other: Any) -> tuple[Any] | None:
        """The value that `where` would take from this one, in the type of its own; None for others."""
        return (other._value,) if type(other) is type(self) else None

    def isin(self, values: Any) -> Any:
        """Whether the value is among these."""
        kind = type(self._value)
        if kind in (int, str) and type(values) in (list, tuple, set, frozenset) and values:
            members = set(map(type, values))
            if members == {kind} and (kind is str or all(map(fits, values))):
                return KINDS[bool](self._value in values, self._name)
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
        if not self._plain:
            return call(self, "map", (function,), {})
        found = function(self._value)
        kind = type(found)
        if kind is float or kind is bool or (kind is int and LOW <= found <= HIGH):
            return KINDS[kind](found, self._name)
        return call(self, "map", (function,), {})

    def _looked_up(self, known: dict[Any, Any]) -> Any:
        """Only for dicts of one type of keys and one of values, which pandas turns into a Series."""
        kind = self._key
        if kind is None or set(map(type, known)) != {kind} or set(map(type, known.values())) != {float}:
            return None
        if kind is int and not all(map(fits, known)):
            return None
        return KINDS[float](known.get(self._value, NAN), self._name)

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
        return self._computed(ufunc, inputs)

    def _computed(self, ufunc: Any, inputs: tuple[Any, ...]) -> Any:
        """What a function of NumPy makes of look-alikes, this one and others."""
        return of_pandas(ufunc(*to_pandas(inputs)))

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
        quick = self._of._known().get(name)
        if quick is not None:
            found = quick(self._of)
            if found is not None:
                return found
        accessor = getattr(self._of._pandas(), self._kind)
        found = getattr(accessor, name)
        if callable(found) and type(found) is not pd.Series:
            return lambda *args, **kwargs: answered(found, args, kwargs)
        return of_pandas(found)


def fits(number: int) -> bool:
    return LOW <= number <= HIGH


def common(a: One, b: One) -> Name:
    name = a._name
    return name if name == b._name else None


def _through_pandas(op: Operator, swapped: bool) -> Any:
    def method(self: One, other: Any) -> Any:
        return binary(op, other, self) if swapped else binary(op, self, other)

    return method


# Unless a kind knows better, pandas answers.

OPERATORS: Final = {
    name: getattr(operator, f"__{name}__")
    for name in ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor"]
}
COMPARISONS: Final = {name: getattr(operator, name) for name in ["eq", "ne", "lt", "le", "gt", "ge"]}
for _name, _op in OPERATORS.items():
    for _swapped in (False, True):
        setattr(One, f"__{'r' if _swapped else ''}{_name}__", _through_pandas(_op, _swapped))
for _name, _op in COMPARISONS.items():
    setattr(One, f"__{_name}__", lambda self, other, op=_op: binary(op, self, other))
One.__hash__ = LookAlike.__hash__  # type: ignore[method-assign]  # a method `__eq__` takes it away
for _name, _op in (("neg", operator.neg), ("pos", operator.pos), ("invert", operator.invert)):
    setattr(One, f"__{_name}__", lambda self, op=_op: of_pandas(op(self._pandas())))
One.__abs__ = lambda self: of_pandas(abs(self._pandas()))  # type: ignore[attr-defined]
