"""A look-alike stands for a value of pandas of one row; what it does not know, pandas answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn

import numpy as np
import pandas as pd

from kernel_magics.values.one_row.declined import decline

Operator = Callable[[Any, Any], Any]
Name = str | None

MAKERS: Final[dict[type, Callable[[Any], Any]]] = {}
"""What makes a look-alike of a value, by the type of pandas."""
_WRITING: Final = frozenset({np.put, np.place, np.copyto, np.putmask, np.put_along_axis, np.fill_diagonal})


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


def of_pandas(value: Any) -> Any:
    """The look-alike of a table of one row; other values as they are.

    Raises:
        Declined: for a table that no look-alike stands for.
    """
    maker = MAKERS.get(type(value))
    if maker is not None:
        return maker(value)
    return value


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


def is_ours(value: Any) -> bool:
    """True for a look-alike; `isinstance` of any other class is declined by it."""
    return issubclass(type(value), LookAlike)


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


def call(of: LookAlike, name: str, args: Any, kwargs: Any) -> Any:
    """A method of pandas, called on a real Series."""
    return answered(getattr(of._pandas(), name), args, kwargs)


def answered(function: Any, args: Any, kwargs: Any) -> Any:
    if "inplace" in kwargs or "out" in kwargs:
        decline("inplace")
    return of_pandas(function(*to_pandas(args), **to_pandas(kwargs)))


def binary(operator_: Operator, a: Any, b: Any) -> Any:
    """An operator of pandas."""
    return of_pandas(operator_(to_pandas(a), to_pandas(b)))
