"""A modifier is a decorator of Apache Hamilton, as the text of a function has it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kernel_magics.engine.source.tree import Function

PACKAGE: Final = "hamilton"


class Unwritable(Exception):
    """A decorator that has no written form; the text is the reason."""


_OLD: Final = {"pipe": "pipe_input"}
"""Names that decorators had in older releases of Hamilton, which still has them."""


@dataclass(frozen=True)
class Decorator:
    """A call of a decorator: its name in Hamilton (`config.when`), its arguments, how it is written."""

    name: str
    call: ast.Call
    whole: ast.expr

    def keywords(self) -> dict[str, ast.expr]:
        """The arguments with names.

        Raises:
            Unwritable: they are computed.
        """
        found: dict[str, ast.expr] = {}
        for item in self.call.keywords:
            if item.arg is not None:
                found[item.arg] = item.value
            elif isinstance(item.value, ast.Dict):
                found |= items_of(item.value)
            else:
                why = f"`{ast.unparse(item.value)}` is computed"
                raise Unwritable(f"the arguments of @{self.name} are not made of constants alone ({why})")
        return found


def aliases(statements: Iterable[ast.stmt]) -> dict[str, str]:
    """What names mean of Hamilton's decorators, by the imports: {"fm": "", "ec": "extract_columns"}."""
    found: dict[str, str] = {}
    for node in statements:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == PACKAGE:
                    found[alias.asname or alias.name] = ""
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == PACKAGE:
            inside = node.module == PACKAGE
            for alias in node.names:
                found[alias.asname or alias.name] = "" if inside else alias.name
    return found


def roots(function: Function) -> set[str]:
    """The names with which a function's decorators begin, with those that a lambda among them returns."""
    found: set[str] = set()
    for decorator in function.decorator_list:
        parts = [decorator.func if isinstance(decorator, ast.Call) else decorator]
        parts += [part.body for part in ast.walk(decorator) if isinstance(part, ast.Lambda)]
        found |= {name.id for part in parts for name in ast.walk(part) if isinstance(name, ast.Name)}
    return found


def decorators(function: Function, known: Mapping[str, str]) -> list[Decorator]:
    """The decorators of Hamilton, the outermost first.

    Args:
        known: as by `aliases`.
    """
    found = []
    for each in function.decorator_list if known else ():
        call = each if isinstance(each, ast.Call) else ast.Call(each, [], [])
        name = meaning(ast.unparse(call.func), known)
        if name:
            found.append(Decorator(name, call, each))
    return found


def meaning(text: str, known: Mapping[str, str]) -> str:
    """The name in Hamilton of what a decorator's expression names; "" for a decorator of others."""
    fitting = [alias for alias in known if text == alias or text.startswith(f"{alias}.")]
    if not fitting and "*" not in known:
        return ""
    alias = max(fitting, key=len, default="")
    parts = [part for part in [known.get(alias, ""), *text.removeprefix(alias).split(".")] if part]
    while len(parts) > 1 and parts[0] in ("function_modifiers", PACKAGE):
        parts = parts[1:]
    name = ".".join(part.rstrip("_") if part != "hamilton_exclude" else part for part in parts)
    return _OLD.get(name, name)


# -- arguments -----------------------------------------------------------------------------------------------


def items_of(value: ast.Dict) -> dict[str, ast.expr]:
    """The entries of a dict display whose keys are texts."""
    return {word_of(key): item for key, item in zip(value.keys, value.values, strict=True) if key is not None}


def word_of(value: ast.expr) -> str:
    """A text; of a pair, the first."""
    if isinstance(value, ast.Tuple) and value.elts:
        value = value.elts[0]
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    raise Unwritable(f"`{ast.unparse(value)}` is computed")


def words_of(value: ast.expr) -> list[str]:
    """The texts of a list, or of one text alone."""
    return [word_of(item) for item in (value.elts if isinstance(value, ast.List | ast.Tuple) else [value])]
