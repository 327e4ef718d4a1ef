"""A self-contained function uses only its arguments, so that nobody else holds a reference to its result."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType
from typing import Final

from kernel_magics.engine.values.isolation import SHARED

_LATER: Final = (
    inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE | inspect.CO_ASYNC_GENERATOR
)
_OUTSIDE: Final = frozenset(
    {"LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME", "IMPORT_NAME", "LOAD_BUILD_CLASS"}
)
_PURE: Final = frozenset(
    {"abs", "all", "any", "bool", "complex", "dict", "divmod", "float", "frozenset", "int", "isinstance"}
    | {"len", "list", "max", "min", "pow", "range", "round", "set", "sorted", "str", "sum", "tuple"}
    | {"ArithmeticError", "KeyError", "TypeError", "ValueError", "ZeroDivisionError"}
)
"""Builtins that keep no reference and return no one-shot iterator."""


def self_contained(function: Callable[..., object]) -> bool:
    """True when a plain function reads no global, no closure variable and no mutable default.

    Its code is inspected, not run; when in doubt, the answer is False.
    """
    if type(function) is not FunctionType or function.__closure__:
        return False
    if has_mutable_defaults(function):
        return False
    known = function.__globals__
    return all(not code.co_flags & _LATER and _inside(code, known) for code in _codes(function.__code__))


def has_mutable_defaults(function: FunctionType) -> bool:
    """True when a default may be changed by a call, and so be another one in the next."""
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    return not SHARED.issuperset(map(type, defaults))


def _inside(code: CodeType, known: Mapping[str, object]) -> bool:
    if not code.co_names:  # neither a global nor an attribute
        return True
    found = (step for step in dis.get_instructions(code) if step.opname in _OUTSIDE)
    return all(
        step.opname == "LOAD_GLOBAL" and step.argval in _PURE and step.argval not in known for step in found
    )


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
