"""A family is nodes with one body; functions here compute loop values and the names of members."""

from __future__ import annotations

import ast
import itertools
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from kernel_magics.engine.errors import did_you_mean
from kernel_magics.engine.source.tree import expression

MOST: Final = 10_000
"""Maximum number of nodes in one cell."""
_TRIED: Final = 1_000_000
"""Maximum number of combinations to which a `--where` is applied."""
_RANGE: Final = re.compile(r"(-?\d+)\s*\.\.\s*(-?\d+)")
_LISTED: Final = re.compile(r"[\w.+\- ]+|'[^']*'|\"[^\"]*\"")

Bindings = Mapping[str, object]
Axes = Mapping[str, Sequence[object]]


class Unreadable(ValueError):
    """A loop or condition cannot be read; with the reason."""


def literal(text: str) -> object:
    """Convert text to a value: `7` to an int, `0.5` to a float, `True` to a bool, anything else to a str."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, int | float | str | bool | None) else text


def split_loop(loop: str) -> tuple[str, str]:
    """The variable and the values of `k=1,7,28`.

    Raises:
        Unreadable: it has another form.
    """
    name, equals, values = loop.partition("=")
    if not equals or not name.strip().isidentifier() or not values.strip():
        raise Unreadable("")
    return name.strip(), values.strip()


def name_of_setup(values: str) -> str:
    """The name in `--for k=LAGS`; "" for values in another form."""
    return values if values.isidentifier() and values not in ("True", "False", "None") else ""


def values_of(text: str) -> Sequence[object]:
    """The values of a loop: listed, `1..30`, or a literal list, tuple, dict or range.

    Raises:
        Unreadable: with the reason.
    """
    match = _RANGE.fullmatch(text)
    if match is not None:
        first, last = int(match[1]), int(match[2])
        if last < first:
            raise Unreadable(f"{first}..{last} is empty")
        return range(first, last + 1)
    if text[0] in "[({" or re.match(r"(range|list|tuple)\s*\(", text):
        try:
            return constant(expression(text))
        except SyntaxError:
            raise Unreadable("it is not valid Python") from None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    wrong = next((part for part in parts if ".." in part or not _LISTED.fullmatch(part)), None)
    if wrong is not None or not parts:
        raise Unreadable(f"'{wrong or text}' is neither a number, a text nor a range")
    return list(dict.fromkeys(literal(part) for part in parts))


def constant(node: ast.expr) -> Sequence[object]:
    """The values of a literal list, tuple, dict (its keys) or range.

    Raises:
        Unreadable: with the reason.
    """
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        if node.func.id in ("list", "tuple") and len(node.args) == 1:
            return constant(node.args[0])
        if node.func.id == "range":
            return _range(node.args)
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise Unreadable("it is no literal list, tuple, dict or range") from None
    if not isinstance(value, list | tuple | dict):
        raise Unreadable("it is no literal list, tuple, dict or range")
    wrong = next((item for item in value if not isinstance(item, int | float | str | bool | None)), None)
    if wrong is not None:
        raise Unreadable(f"{wrong!r} is neither a number nor a text")
    if not value:
        raise Unreadable("it is empty")
    return list(dict.fromkeys(value))


def _range(arguments: Sequence[ast.expr]) -> Sequence[object]:
    try:
        found = range(*map(ast.literal_eval, arguments))
    except (ValueError, TypeError, SyntaxError):
        raise Unreadable("a range takes one to three whole numbers") from None
    if not found:
        raise Unreadable("it is empty")
    return found


def members(axes: Axes, conditions: Sequence[str] = ()) -> tuple[Bindings, ...]:
    """The values of the loop variables for each member: their product, without what `--where` leaves out.

    Raises:
        Unreadable: the family has too many members or none, or a condition cannot be read.
    """
    count = math.prod(map(len, axes.values()))
    if count > (_TRIED if conditions else MOST):
        raise Unreadable(_too_many(axes, count))
    product = (dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values()))
    if not conditions:
        return tuple(product)
    tests = [(text, _condition(text, axes)) for text in conditions]
    kept = tuple(item for item in product if all(_holds(text, tree, item) for text, tree in tests))
    if len(kept) > MOST:
        raise Unreadable(_too_many(axes, len(kept)))
    if not kept:
        raise Unreadable(f"--where '{' and '.join(conditions)}' leaves no member")
    return kept


def _too_many(axes: Axes, count: int) -> str:
    return f"--for {', '.join(axes)} makes {count:,} nodes"


# -- conditions of --where ---------------------------------------------------------------------------------

OPERATORS: Final[Mapping[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}


def _condition(text: str, axes: Axes) -> ast.expr:
    """The syntax of a condition over loop variables; it is evaluated here, never executed."""
    try:
        tree = expression(text)
    except (SyntaxError, ValueError):
        raise Unreadable(f"--where '{text}' is not valid Python") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in axes:
            close = did_you_mean(node.id, axes)
            raise Unreadable(
                f"--where '{text}' reads '{node.id}', which is no loop variable. {close}".strip()
            )
        if not isinstance(node, _ALLOWED):
            raise Unreadable(f"--where '{text}' has more than comparisons and arithmetic of loop variables")
    return tree


_ALLOWED: Final = (
    ast.Name,
    ast.Constant,
    ast.Compare,
    ast.BoolOp,
    ast.BinOp,
    ast.UnaryOp,
    ast.List,
    ast.Tuple,
    ast.Set,
    ast.Load,
    ast.And,
    ast.Or,
    *OPERATORS,
)


def _holds(text: str, tree: ast.expr, bindings: Bindings) -> bool:
    try:
        return bool(_evaluated(tree, bindings))
    except (TypeError, ValueError, ArithmeticError) as error:
        values = ", ".join(f"{name}={value!r}" for name, value in bindings.items())
        raise Unreadable(f"--where '{text}' fails for {values}: {error}") from None


def _evaluated(node: ast.expr, bindings: Bindings) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return bindings[node.id]
        case ast.List() | ast.Tuple() | ast.Set():
            return [_evaluated(item, bindings) for item in node.elts]
        case ast.UnaryOp():
            return OPERATORS[type(node.op)](_evaluated(node.operand, bindings))
        case ast.BinOp():
            sides = [_evaluated(side, bindings) for side in (node.left, node.right)]
            if not all(isinstance(side, int | float) for side in sides):
                raise TypeError("arithmetic needs numbers")
            return OPERATORS[type(node.op)](*sides)
        case ast.BoolOp():
            results = (bool(_evaluated(item, bindings)) for item in node.values)
            return all(results) if isinstance(node.op, ast.And) else any(results)
        case ast.Compare():
            sides = [_evaluated(side, bindings) for side in (node.left, *node.comparators)]
            pairs = zip(node.ops, sides, sides[1:], strict=False)
            return all(OPERATORS[type(op)](left, right) for op, left, right in pairs)
    raise TypeError("it is no condition")


# -- names -------------------------------------------------------------------------------------------------


def spelled(value: object) -> str:
    """A value as a part of a name: `0_5` for 0.5, `minus_1` for -1."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    text = str(value).replace("e-", "e_minus_").replace("-", "minus_")
    return text.replace("+", "").replace(".", "_")


def member_name(template: str, bindings: Bindings, spell: Callable[[object], str] = spelled) -> str:
    """`lag_7` for the template `lag_{k}`.

    Args:
        spell: how values are written.
    """
    for variable, value in bindings.items():
        template = template.replace(f"{{{variable}}}", spell(value))
    return template


def compact(values: Sequence[object]) -> Iterator[tuple[int, int]]:
    """The ends of `first..last` if the values are more than three consecutive whole numbers."""
    whole = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    if len(values) > 3 and len(whole) == len(values) and whole == [*range(whole[0], whole[0] + len(whole))]:
        yield whole[0], whole[-1]
