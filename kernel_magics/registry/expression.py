"""An expression of the rules: comparisons of names, numbers and texts, `and`, `or`, `not`; nothing else.

Evidence that is missing makes a comparison neither true nor false, and only what is true holds. So a
condition holds only where it would hold whatever the missing evidence said.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kernel_magics.engine.source.tree import dotted_names

Value = bool | int | float | str
Facts = Mapping[str, Value]
"""Evidence by name: `checks.failed`, `metrics.auc`."""

_LONGEST: Final = 1000  # characters of an expression
_DEEPEST: Final = 40
_COMPARE: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_SIGNS: Final[Mapping[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}


class Unreadable(ValueError):
    """A text is no expression of the rules; its text says why."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition over evidence. Use `read_expression`.

    Attributes:
        text: as the rules have it.
        names: the evidence that it reads, in the order of the text.
    """

    text: str
    names: tuple[str, ...]
    tree: ast.expr = field(compare=False, repr=False)

    def holds(self, facts: Facts) -> bool | None:
        """Whether it is true; None where missing evidence could make it true or false."""
        return _truth(_value(self.tree, facts))


def read_expression(text: str) -> Expression:
    """Read an expression; executes nothing.

    Raises:
        Unreadable: it is none.
    """
    text = " ".join(text.split())
    if len(text) > _LONGEST:
        raise Unreadable(f"it has more than {_LONGEST} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError, Warning) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise Unreadable(f"it cannot be read: {reason}") from None
    return Expression(text, tuple(dict.fromkeys(_checked(tree, 0))), tree)


def _checked(node: ast.expr, depth: int) -> Iterator[str]:
    """The names in an expression; refuses what is not of the language."""
    if depth > _DEEPEST:
        raise Unreadable("it is nested too deeply")
    match node:
        case ast.Name() | ast.Attribute():
            yield _name(node)
            return
        case ast.Constant(value=value) if type(value) in (int, float, str) and _finite(value):
            return
        case ast.BoolOp(values=parts):
            pass
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARE for op in ops):
            parts = [left, *others]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
            parts = [left, right]
        case ast.UnaryOp(op=op, operand=operand) if isinstance(op, ast.Not) or type(op) in _SIGNS:
            parts = [operand]
        case _:
            raise Unreadable(
                f"'{ast.unparse(node)[:60]}' is not of the language: comparisons, and, or, not, + and -, "
                "names, numbers, texts"
            )
    for part in parts:
        yield from _checked(part, depth + 1)


def _name(node: ast.expr) -> str:
    """The dotted name."""
    parts = dotted_names(node)
    if not parts[0]:
        raise Unreadable(f"'{ast.unparse(node)[:60]}' is no name")
    return ".".join(parts)


def _value(node: ast.expr, facts: Facts) -> Value | None:
    """The value; None where it is not known."""
    match node:
        case ast.Name() | ast.Attribute():
            return facts.get(_name(node))
        case ast.BoolOp(op=op, values=values):
            decisive = isinstance(op, ast.Or)
            found = [_truth(_value(value, facts)) for value in values]
            return decisive if decisive in found else None if None in found else not decisive
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            truth = _truth(_value(operand, facts))
            return None if truth is None else not truth
        case ast.UnaryOp(op=op, operand=operand):
            return _sum(op, _value(operand, facts))
        case ast.BinOp(left=left, op=op, right=right):
            return _sum(op, _value(left, facts), _value(right, facts))
        case ast.Compare(left=left, ops=ops, comparators=others):
            values_ = [_value(part, facts) for part in (left, *others)]
            pairs = [
                _compared(op, one, other) for op, one, other in zip(ops, values_, values_[1:], strict=False)
            ]
            return False if False in pairs else None if None in pairs else True
        case ast.Constant(value=value):
            return value if isinstance(value, int | float | str) else None
    raise AssertionError(node)  # `_checked` has refused it


def _truth(value: Value | None) -> bool | None:
    """A number or a text is neither true nor false."""
    return value if isinstance(value, bool) else None


def _sum(op: ast.AST, *values: Value | None) -> Value | None:
    if not all(map(_is_number, values)):
        return None
    try:
        found: int | float = _SIGNS[type(op)](*values)
    except OverflowError:
        return None
    return found if _finite(found) else None


def _compared(op: ast.cmpop, one: Value | None, other: Value | None) -> bool | None:
    """None where the values are of different kinds."""
    if isinstance(one, bool) or isinstance(other, bool):
        alike = isinstance(one, bool) and isinstance(other, bool) and isinstance(op, ast.Eq | ast.NotEq)
    else:
        alike = (_is_number(one) and _is_number(other)) or (isinstance(one, str) and isinstance(other, str))
    return bool(_COMPARE[type(op)](one, other)) if alike else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _finite(value)


def _finite(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
