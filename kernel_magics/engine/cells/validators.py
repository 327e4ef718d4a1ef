"""A validator of Apache Hamilton's `check_output`, written as a condition of a check."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from kernel_magics.engine.cells.modifiers import Decorator, Unwritable, word_of, words_of
from kernel_magics.engine.source.tree import is_literal

_SCALARS: Final = ("int", "float", "str", "bool")
_SERIES: Final = {
    "allow_nans": "{value}.notna()",
    "max_fraction_nans": "{value}.isna().sum() <= {given} * len({value})",
    "max_standard_dev": "{value}.std() <= {given}",
    "mean_in_range": "{low} <= {value}.mean() <= {high}",
    "range": "{value}.between({low}, {high})",
    "values_in": "{value}.isin({given}) | {value}.isna()",
}
_OF_ROWS: Final = ("allow_nans", "range", "values_in")
_PLAIN: Final = {
    "data_type": "isinstance({value}, {given})",
    "range": "{low} <= {value} and {value} <= {high}",
    "values_in": "{value} in {given}",
}

Severity = Literal["fail", "warn"]


@dataclass(frozen=True)
class Condition:
    """What a validator demands of a node.

    Attributes:
        subject: the node.
        template: an expression in which `{value}` stands for the node's value.
        is_series: the expression has a value for each row.
    """

    subject: str
    severity: Severity
    template: str
    is_series: bool = False

    def of(self, value: str) -> str:
        """The expression, about the value of that name."""
        return self.template.replace("{value}", value)


def conditions_of(decorator: Decorator, targets: Mapping[str, str]) -> list[Condition]:
    """The conditions of `@check_output(range=(0, 1), importance="fail")`.

    Args:
        targets: the nodes that it is about unless it says so, with their types.

    Raises:
        Unwritable: a validator has no form.
    """
    given = decorator.keywords()
    if decorator.name != "check_output":
        names = _names(given.pop("target_", None), targets)
        found = [each for item in decorator.call.args for each in _custom(item)]
        return [Condition(name, severity, text) for name in names for severity, text in found]
    if decorator.call.args:
        raise Unwritable("its validators are objects")
    importance = given.pop("importance", ast.Constant("warn"))
    severity: Severity = "fail" if word_of(importance) == "fail" else "warn"
    names = _names(given.pop("target_", None), targets)
    return [
        Condition(name, severity, text, _kind(targets[name]) == "Series" and word in _OF_ROWS)
        for name in names
        for word, value in given.items()
        if (text := _template(word, value, targets[name]))
    ]


def _custom(validator: ast.expr) -> list[tuple[Severity, str]]:
    """What an object of `@check_output_custom` demands, with its importance.

    Unless the call gives the importance, only the object knows it: then one of two conditions applies.
    """
    text = ast.unparse(validator)
    keywords = validator.keywords if isinstance(validator, ast.Call) else []
    given = next((item.value for item in keywords if item.arg == "importance"), None)
    if isinstance(given, ast.Constant) and given.value in ("fail", "warn"):
        return [("fail" if given.value == "fail" else "warn", f"{text}.validate({{value}}).passes")]
    checked = f"{text}.importance.value != {{!r}} or {text}.validate({{{{value}}}}).passes"
    return [("fail", checked.format("fail")), ("warn", checked.format("warn"))]


def _names(target: ast.expr | None, targets: Mapping[str, str]) -> Sequence[str]:
    if target is None or (isinstance(target, ast.Constant) and target.value is None):
        return list(targets)
    found = words_of(target)
    if not targets.keys() >= set(found):
        raise Unwritable("its target is no node of this function")
    return found


def _kind(hint: str) -> str:
    """The name of a type, without its module and its parameters."""
    return hint.partition("[")[0].rpartition(".")[2]


def _template(word: str, value: ast.expr, hint: str) -> str:
    """The expression for one validator; "" for one that never fails."""
    kind = _kind(hint)
    text = ast.unparse(value)
    if word == "allow_none":
        return "" if text == "True" else "{value} is not None"
    table = _SERIES if kind == "Series" and not hint.startswith(("pl.", "polars.")) else _PLAIN
    if word not in table or (table is _PLAIN and kind not in _SCALARS):
        raise Unwritable(f"`{word}` of {hint or 'a value without a type'}")
    if word == "allow_nans" and text != "False":
        raise Unwritable("`allow_nans` may be False alone")
    low, high = "", ""
    if "{low}" in table[word]:
        if not isinstance(value, ast.Tuple | ast.List) or len(value.elts) != 2:
            raise Unwritable(f"`{word}` is computed")
        low, high = map(ast.unparse, value.elts)
    if isinstance(value, ast.Set | ast.Tuple) and is_literal(value) and word == "values_in":
        text = f"[{', '.join(map(ast.unparse, value.elts))}]"
    return table[word].format(value="{value}", given=text, low=low, high=high)
