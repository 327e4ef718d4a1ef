"""An injection is the value that replaces a param's default, as source in the param's type."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kernel_magics.engine.source.tree import expression

_PLAIN: Final = ("int", "float", "str", "bool", "list", "dict", "tuple", "set", "frozenset")
_OPEN: Final = (
    "Any",
    "object",
    "Literal",
    "Sequence",
    "Iterable",
    "Collection",
    "Mapping",
    "Annotated",
    "Final",
)
_WORDS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Injection:
    """The value that a param got from outside the cells.

    Attributes:
        given: source of the value as it was given.
        declared: source of the default that it replaces.
        source: source of the value in the param's type; "" if it cannot be converted.
        type: the declared type of the param ("" for any).
    """

    given: str
    declared: str
    source: str
    type: str


def injection(given: str, hint: str, declared: str) -> Injection:
    """Convert a given value to the type of its param: that of the hint, or else of the default.

    Integers become floats if needed, texts are parsed as numbers and booleans, lists become tuples and sets;
    any other type is called with the value. Nothing is rounded, and no number becomes a text: the last digit
    of `1.10` was lost when it became a number.
    """
    kinds = _kinds(expression(hint)) if hint else _kind_of(declared)
    type = hint or " | ".join(kinds)
    try:
        value = ast.literal_eval(given)
    except ValueError:
        value = float("nan")  # the one call that an injected cell may contain
    return Injection(given, declared, _converted(given, value, kinds), type)


def _converted(given: str, value: object, kinds: tuple[str, ...]) -> str:
    name = "None" if value is None else type(value).__name__
    if not kinds or name in kinds or any(kind.rpartition(".")[2] in _OPEN for kind in kinds):
        return given
    for kind in kinds:
        change = _CHANGES.get((name, kind))
        if change is not None:
            try:
                return repr(change(value))
            except (ValueError, KeyError):
                continue
        if kind not in (*_PLAIN, "None") and isinstance(value, str | int | float):
            calendar = kind.rpartition(".")[2] in ("date", "datetime", "time")
            return f"{kind}.fromisoformat({given})" if calendar else f"{kind}({given})"
    return ""


_CHANGES: Final[Mapping[tuple[str, str], Callable[[Any], object]]] = {
    ("int", "float"): float,
    ("str", "int"): int,
    ("str", "float"): float,
    ("str", "bool"): lambda text: _WORDS[text.lower()],
    ("list", "tuple"): tuple,
    ("list", "set"): set,
    ("list", "frozenset"): frozenset,
    ("tuple", "list"): list,
}


def _kinds(hint: ast.expr) -> tuple[str, ...]:
    """The types that a hint allows, without those in brackets; () for an unsupported hint."""
    if isinstance(hint, ast.BinOp):
        left, right = _kinds(hint.left), _kinds(hint.right)
        return (*left, *right) if left and right else ()
    if isinstance(hint, ast.Constant):
        return ("None",) if hint.value is None else ()
    if isinstance(hint, ast.Subscript):
        base = ast.unparse(hint.value)
        parts = hint.slice.elts if isinstance(hint.slice, ast.Tuple) else [hint.slice]
        if base.rpartition(".")[2] in ("Optional", "Union"):
            inner = [kind for part in parts for kind in _kinds(part)]
            return (*inner, "None") if base.endswith("Optional") else tuple(inner)
        return (base,)
    return (ast.unparse(hint),) if isinstance(hint, ast.Name | ast.Attribute) else ()


def _kind_of(default: str) -> tuple[str, ...]:
    try:
        value = ast.literal_eval(default)
    except (ValueError, SyntaxError, TypeError):
        return ()
    return () if value is None else (type(value).__name__,)
