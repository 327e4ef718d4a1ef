"""Literals, and constant expressions of them."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

from kernel_magics.lineage.shape import Known

_LARGEST: Final = 10_000
_OPERATORS: Final[dict[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def simple(value: object) -> bool:
    """Whether a value is a text, a number, a truth value or nothing."""
    return value is None or type(value) in (str, int, float, bool)


def literal(node: ast.expr) -> Known | None:
    """The value of a literal."""
    try:
        return Known(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def folded(node: ast.expr, parts: Sequence[Known | None]) -> Known | None:
    """The value of an operator or f-string with known operands."""
    if any(part is None for part in parts):
        return None
    values = [part.value for part in parts if part is not None]
    try:
        if isinstance(node, ast.JoinedStr):
            return _text(node, values)
        if not isinstance(node, ast.BinOp | ast.UnaryOp) or type(node.op) not in _OPERATORS:
            return None
        if any(isinstance(value, int | float) and abs(value) > _LARGEST for value in values):
            return None
        found = _OPERATORS[type(node.op)](*values)
    except Exception:  # the code raises it when it runs
        return None
    return Known(found) if not isinstance(found, str | list | tuple) or len(found) < _LARGEST else None


def _text(node: ast.JoinedStr, values: Sequence[object]) -> Known | None:
    texts = []
    for part, value in zip(node.values, values, strict=True):
        if isinstance(part, ast.FormattedValue) and (part.format_spec is not None or part.conversion != -1):
            return None
        texts.append(str(value))
    return Known("".join(texts))
