"""A shorthand is a check in a few words, such as `0 <= value <= 1`; it stands for an expression.

    0 <= value <= 1    a range; gaps are left to not_null, here and below
    value in {'a'}     allowed values
    not_null           nothing is missing
    nulls <= 5%        the share that may be missing
    unique             no value twice
    increasing         never falls (also: decreasing, strictly increasing, strictly decreasing)
    rows == clicks     as many rows as the node `clicks` has (also: rows > 0)
    type float         the dtype or class begins so
    value.mean() < 3   any other expression of `value`

`temp: not_null` looks at a column of a frame; `origin, hour: unique` at several of them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Final, Literal

from kernel_magics.engine.source.tree import copied, expression

Form = Literal["pandas", "scalar", "unknown"]

WORDS: Final = ("not_null", "unique", "increasing", "decreasing", "nulls <= 5%", "rows == NODE", "type float")
_COLUMN = r"""[^\W\d]\w*|'[^']+'|"[^"]+\""""
_COLUMNS = re.compile(rf"\s*((?:{_COLUMN})(?:\s*,\s*(?:{_COLUMN}))*)\s*:(?!=)(.+)", re.DOTALL)
_NULLS = re.compile(r"nulls\s*(<=?)\s*([\d.]+)\s*(%?)")
_TYPE = re.compile(r"type\s+([\w\[\], ]+)")
_STEPS = {"increasing": ">", "decreasing": "<"}
_SCALARS = frozenset({"int", "float", "bool", "str", "complex", "bytes", "datetime", "date", "Decimal"})


class Unreadable(ValueError):
    """The text is not a shorthand."""


def split_columns(text: str) -> tuple[tuple[str, ...], str]:
    """The columns before the colon, and the rule behind it."""
    match = _COLUMNS.fullmatch(text)
    if match is None:
        return (), text.strip()
    names = [item.strip().strip("'\"") for item in match[1].split(",")]
    return tuple(names), match[2].strip()


def expand(rule: str, subject: str, columns: tuple[str, ...] = (), hint: str = "") -> str:
    """Expand a rule to its expression.

    Args:
        rule: the rule without its columns.
        hint: the declared type of the subject; without it the expression inspects the value.

    Raises:
        Unreadable: with the reason.
    """
    form: Form = "pandas" if columns else form_of(hint)
    if rule == "unique":
        of = f"{subject}[{list(columns)!r}]" if len(columns) > 1 else _target(subject, columns)
        return f"~{of}.duplicated()"
    if len(columns) > 1:
        raise Unreadable("only `unique` takes several columns")
    value = _target(subject, columns)
    for pattern, build in ((_NULLS, _nulls), (_TYPE, _type)):
        match = pattern.fullmatch(rule)
        if match is not None:
            return build(match, value, form if columns or "Frame" not in hint else "frame")
    strict, _, direction = rule.rpartition(" ")
    if direction in _STEPS and strict in ("", "strictly"):
        before = f"{value}.shift()"
        sign = _STEPS[direction] + ("" if strict else "=")
        return f"({value} {sign} {before}) | {value}.isna() | {before}.isna()"
    if rule == "not_null":
        return _either(form, f"{value}.notna()", f"{value} == {value}", f'hasattr({value}, "notna")')
    return _expression(rule, value, form)


def form_of(hint: str) -> Form:
    """How a value of this declared type is compared."""
    name = hint.partition("[")[0].rpartition(".")[2]
    if name in ("Series", "DataFrame", "Index", "DatetimeIndex") and not hint.startswith(("pl.", "polars.")):
        return "pandas"
    return "scalar" if name in _SCALARS else "unknown"


def _target(subject: str, columns: tuple[str, ...]) -> str:
    return f"{subject}[{columns[0]!r}]".replace("'", '"') if columns else subject


def _either(form: Form, pandas: str, scalar: str, test: str) -> str:
    return {"pandas": pandas, "scalar": scalar, "unknown": f"{pandas} if {test} else {scalar}"}[form]


def _nulls(match: re.Match[str], value: str, form: str) -> str:
    try:
        limit = float(match[2]) / (100 if match[3] else 1)
    except ValueError:
        raise Unreadable(f"'{match[2]}' is no number") from None
    share = f"{value}.isna().mean().max()" if form == "frame" else f"{_missing(value, form)}.mean()"
    return f"{share} {match[1]} {limit:.12g}"


def _missing(value: str, form: str) -> str:
    """An expression that is true where something is missing; without a method for it, NaN != NaN is used."""
    if form in ("pandas", "frame"):
        return f"{value}.isna()"
    polars = f'{value}.is_null() if hasattr({value}, "is_null") else {value} != {value}'
    return f'({value}.isna() if hasattr({value}, "isna") else {polars})'


def _type(match: re.Match[str], value: str, form: str) -> str:
    wanted = match[1].strip()
    kind = f"{value}.dtype" if form == "pandas" else f'getattr({value}, "dtype", type({value}).__name__)'
    return f'str({kind}).lower()[:{len(wanted)}] == "{wanted.lower()}"'


def _expression(rule: str, value: str, form: Form) -> str:
    try:
        tree = expression(rule)
    except SyntaxError as error:
        raise Unreadable(error.msg) from None
    names = {item.id for item in ast.walk(tree) if isinstance(item, ast.Name)}
    if "rows" in names and "value" not in names:
        return ast.unparse(_replaced(tree, _length(value)))
    if "value" not in names:
        raise Unreadable("it says nothing about `value`")
    sides = [tree.left, *tree.comparators] if isinstance(tree, ast.Compare) else []
    if not isinstance(tree, ast.Compare) or not any(_is_value(side) for side in sides):
        return ast.unparse(_replaced(tree, lambda name: value if name == "value" else name))
    if isinstance(tree.ops[0], ast.In | ast.NotIn):
        return _membership(tree, value, form)
    return _range(tree, sides, value, form)


def _range(tree: ast.Compare, sides: list[ast.expr], value: str, form: Form) -> str:
    parts = [ast.unparse(_replaced(side, lambda name: value if name == "value" else name)) for side in sides]
    signs = [ast.unparse(ast.Compare(ast.Name("a"), [op], [ast.Name("b")]))[2:-2] for op in tree.ops]
    if form == "scalar":
        return " ".join([parts[0], *(f"{sign} {part}" for sign, part in zip(signs, parts[1:], strict=True))])
    pairs = [f"({a} {sign} {b})" for a, sign, b in zip(parts, signs, parts[1:], strict=False)]
    both = f"({' & '.join(pairs)})" if len(pairs) > 1 else pairs[0]
    return f"{both} | {_missing(value, form)}"


def _membership(tree: ast.Compare, value: str, form: Form) -> str:
    if not _is_value(tree.left) or len(tree.ops) > 1:
        raise Unreadable("write `value in {…}`")
    given = tree.comparators[0]
    plain = isinstance(given, ast.Set | ast.Tuple | ast.List)
    members = ast.unparse(ast.List(given.elts, ast.Load()) if plain else given)  # type: ignore[attr-defined]
    no = isinstance(tree.ops[0], ast.NotIn)
    many = f"~{value}.isin({members})" if no else f"{value}.isin({members}) | {value}.isna()"
    one = f"{value} {'not in' if no else 'in'} {members}"
    return _either(form, many, one, f'hasattr({value}, "isin")')


def _is_value(side: ast.expr) -> bool:
    return isinstance(side, ast.Name) and side.id == "value"


def _length(value: str) -> Callable[[str], str]:
    return lambda name: f"len({value})" if name == "rows" else name if name == "len" else f"len({name})"


def _replaced(tree: ast.expr, new: Callable[[str], str]) -> ast.expr:
    """The expression with its names replaced by other expressions."""

    class Replace(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return expression(new(node.id))

    replaced: ast.expr = Replace().visit(copied(tree))
    return replaced
