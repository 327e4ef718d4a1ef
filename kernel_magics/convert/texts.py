"""Names in texts: code that evaluates text reads the variables that it names, as `show("df.head()")` does."""

from __future__ import annotations

import ast
from collections.abc import Collection

_EVALUATORS = frozenset({"eval", "exec", "globals", "get_ipython"})


def evaluates(tree: ast.AST, evaluators: Collection[str] = ()) -> bool:
    """True when code evaluates text, or looks variables up by their names.

    Args:
        evaluators: functions and classes of the notebook that do so when they are called.
    """
    return any(
        isinstance(part, ast.Name) and (part.id in _EVALUATORS or part.id in evaluators)
        for part in ast.walk(tree)
    )


def names_in_texts(tree: ast.AST) -> list[str]:
    """The names in those texts of a piece of code that are expressions."""
    found: dict[str, None] = {}
    for part in ast.walk(tree):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            try:
                inner = ast.parse(part.value.strip(), mode="eval")
            except (SyntaxError, ValueError, RecursionError):
                continue
            found |= dict.fromkeys(each.id for each in ast.walk(inner) if isinstance(each, ast.Name))
    return list(found)
