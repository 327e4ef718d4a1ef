"""Check functions of a module are converted back to cells of conditions."""

from __future__ import annotations

import ast

from kernel_magics.engine.graph.module import check_of
from kernel_magics.import_.functions import Written
from kernel_magics.import_.layout import one_line


def check_cell(function: Written) -> str | None:
    """The `%%check` cell of a function that returns one deferred condition for each message; else None."""
    found = check_of(function.node)
    conditions = conditions_of(function)
    if found is None or conditions is None:
        return None
    severity, subject = found
    rows = [f"%%check {subject}{' --warn' if severity == 'warn' else ''}"]
    for message, condition in conditions:
        text = function.segment(condition)
        text = (one_line(text) or text) if "\n" in text else text
        plain = " ".join(text.split()) == message
        if "\n" in text:
            rows += ["(", text, f"){'' if plain else f'  # {message}'}"]
        else:
            rows.append(f"{text}{'' if plain else f'  # {message}'}")
    return "\n".join(rows)


def conditions_of(function: Written) -> list[tuple[str, ast.expr]] | None:
    """Message and expression of each condition; None for a function that returns something else."""
    body = function.statements
    last = body[0] if len(body) == 1 else None
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Dict):
        return None
    found: list[tuple[str, ast.expr]] = []
    for key, value in zip(last.value.keys, last.value.values, strict=True):
        named = isinstance(key, ast.Constant) and isinstance(key.value, str) and "\n" not in key.value
        if not named or not isinstance(value, ast.Lambda) or ast.unparse(value.args):
            return None
        found.append((key.value, value.body))  # type: ignore[union-attr]
    return found
