"""A change in place: code that changes a value which others may see, too."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from kernel_magics.engine.source.references import children

_STATEMENTS: Final = frozenset(
    {"add", "append", "clear", "discard", "extend", "fill", "insert", "remove", "reverse", "sort", "update"}
    | {"difference_update", "intersection_update", "symmetric_difference_update"}
)
"""Methods that change their object when nobody looks at what they return."""

_ALWAYS: Final = frozenset({"pop", "popitem", "setdefault"})


def changes(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """(line, name) of each change in place of what a name stands for."""
    queue = list(nodes)
    for node in queue:
        queue += children(node)
        for changed in _changed(node):
            name = _root(changed)
            if name:
                yield changed.lineno, name


def _changed(node: ast.AST) -> list[ast.expr]:
    """The expressions whose objects a piece of code changes."""
    if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
        return [node.value]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        if isinstance(function, ast.Attribute) and function.attr in _STATEMENTS:
            return [function.value]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inplace = any(
            word.arg == "inplace" and isinstance(word.value, ast.Constant) and word.value.value is True
            for word in node.keywords
        )
        if inplace or node.func.attr in _ALWAYS:
            return [node.func.value]
    return []


def _root(node: ast.expr) -> str:
    """`a` of `a`, `a.b` and `a["b"][0]`; empty for other expressions."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
