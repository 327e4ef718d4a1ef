"""The numbers of a comparison that does not hold: the values of its two sides."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable
from types import CellType, FunctionType

from kernel_magics.engine.source.mapped import MappedSource

_LONGEST = 60


def comparison(message: str, test: Callable[[], object], text: MappedSource | None) -> str:
    """The sides of a condition such as `len(a) == len(b)`, as "8300 against 8255"; "" for any other.

    The sides are evaluated again, so call this only for conditions that did not hold.

    Args:
        message: of the condition in the function `text`, which returns conditions by message.
        test: the condition.
    """
    body = _body(message, text)
    if not isinstance(test, FunctionType) or body is None:
        return ""
    for item in ast.walk(body):
        if isinstance(item, ast.Compare) and len(item.ops) == 1:
            with contextlib.suppress(Exception):  # the condition itself did not evaluate it
                left, right = _side(item.left, test), _side(item.comparators[0], test)
                if left and right and not _value(item, test):
                    constant = isinstance(item.comparators[0], ast.Constant)
                    return f"it is {left}" if constant else f"{left} against {right}"
    return ""


def _body(message: str, text: MappedSource | None) -> ast.expr | None:
    """The expression with this message."""
    if text is None:
        return None
    for item in ast.walk(text.syntax):
        if isinstance(item, ast.Dict):
            for key, value in zip(item.keys, item.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == message and isinstance(value, ast.Lambda):
                    return value.body
    return None


def _side(side: ast.expr, test: FunctionType) -> str:
    value = _value(side, test)
    item = getattr(value, "item", None)  # a NumPy scalar
    value = item() if callable(item) and getattr(value, "ndim", None) == 0 else value
    if not isinstance(value, bool | int | float | str):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else repr(value)[:_LONGEST]


def _value(part: ast.expr, test: FunctionType) -> object:
    """Evaluate a part of a condition with the names that the condition sees."""
    cells = zip(test.__code__.co_freevars, test.__closure__ or (), strict=True)
    names = {name: cell.cell_contents for name, cell in cells if cell != CellType()}
    code = compile(ast.Expression(part), "<condition>", "eval", dont_inherit=True)
    return eval(code, {**test.__globals__, **names})
