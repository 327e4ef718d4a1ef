"""A Library is the module `pandas` for code that has look-alikes: its functions take them, too."""

from __future__ import annotations

from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final

import pandas as pd

from kernel_magics.values.one_row.column import One
from kernel_magics.values.one_row.declined import decline
from kernel_magics.values.one_row.frame import OneFrame
from kernel_magics.values.one_row.look_alike import holds_ours, is_ours, of_pandas, to_pandas
from kernel_magics.values.one_row.number import OneBool, OneFloat, OneInt
from kernel_magics.values.one_row.text import OneText

_FUNCTIONS: Final = (FunctionType, BuiltinFunctionType)
_CLASSES: Final = (pd.Series, pd.DataFrame)
_REFUSED: Final = ("inplace", "out", "copy")


class Library(ModuleType):
    """Gives what pandas has; functions do their work on real tables where they get a look-alike."""

    def __init__(self) -> None:
        super().__init__("pandas")

    def __getattr__(self, name: str) -> Any:
        found = getattr(pd, name)
        quick = _QUICK.get(name)
        if found in _CLASSES:
            found = Constructor(found, quick)
        elif isinstance(found, _FUNCTIONS):
            found = _function(found, quick)
        self.__dict__[name] = found
        return found


def _function(real: Callable[..., Any], quick: Callable[..., Any] | None) -> Callable[..., Any]:
    """The function of pandas, and what it makes of look-alikes."""

    def function(*args: Any, **kwargs: Any) -> Any:
        if not (holds_ours(args) or holds_ours(kwargs.values())):
            return real(*args, **kwargs)
        found = quick(*args, **kwargs) if quick is not None else None
        if found is not None:
            return found
        if any(word in kwargs for word in _REFUSED):
            decline(f"pandas.{real.__name__} with {', '.join(kwargs)}")
        return of_pandas(real(*to_pandas(args), **to_pandas(kwargs)))

    return function


class Constructor:
    """`pandas.Series` or `pandas.DataFrame`."""

    def __init__(self, real: Any, quick: Callable[..., Any] | None) -> None:
        self._real = real
        self._make = _function(real, quick)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._make(*args, **kwargs)

    def __instancecheck__(self, value: object) -> bool:
        if is_ours(value):
            decline("isinstance")
        return isinstance(value, self._real)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _concat(objs: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Series side by side, each with a name; None for anything else."""
    if args or kwargs.keys() - {"axis", "keys"} or kwargs.get("axis") not in (1, "columns"):
        return None
    if type(objs) not in (list, tuple) or not all(issubclass(type(one), One) for one in objs):
        return None
    keys = kwargs.get("keys")
    names = [one._name for one in objs] if keys is None else keys
    if type(names) not in (list, tuple) or len(names) != len(objs) or len(set(names)) != len(objs):
        return None
    if not all(type(name) is str for name in names):
        return None
    return OneFrame({name: one._named(name) for name, one in zip(names, objs, strict=True)})


_SCALARS: Final = {float: OneFloat, bool: OneBool, str: OneText}


def _data_frame(*args: Any, **kwargs: Any) -> Any:
    """A frame of a dict of Series and plain values; None for anything else."""
    if kwargs or len(args) != 1 or type(args[0]) is not dict:
        return None
    made: dict[str, One] = {}
    for name, value in args[0].items():
        kind = type(value)
        if type(name) is not str:
            return None
        if issubclass(kind, One):
            made[name] = value._named(name)
        elif kind in _SCALARS:
            made[name] = _SCALARS[kind](value, name)
        elif kind is int and abs(value) < 2**63:
            made[name] = OneInt(value, name)
        else:
            return None
    return OneFrame(made)


_QUICK: Final[dict[str, Callable[..., Any]]] = {"concat": _concat, "DataFrame": _data_frame}
LIBRARY: Final = Library()
