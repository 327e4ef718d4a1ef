"""In-place changes: code that changes an object which other names may refer to, too."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from kernel_magics.engine.source.tree import Function, children, root_of

_STATEMENTS: Final = frozenset(
    {"add", "append", "clear", "discard", "extend", "fill", "insert", "remove", "reverse", "sort", "update"}
    | {"difference_update", "intersection_update", "symmetric_difference_update"}
)
"""Methods that change their object, if their result is not used."""

_ALWAYS: Final = frozenset({"pop", "popitem", "setdefault"})


def changes(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """(line, name) of each in-place change of the object that a name refers to."""
    for node in within(nodes):
        for changed in changed_by(node):
            name = root_of(changed)
            if name:
                yield changed.lineno, name


def at_once(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The syntax that runs when these statements run: all but the bodies of functions that they define."""
    return _nodes(nodes, _run_at_once)


def changed_at_once(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names whose values change in place when these statements run."""
    for node in at_once(nodes):
        yield from filter(None, map(root_of, changed_by(node)))


def within(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """These nodes and all inside them, functions included."""
    return _nodes(nodes, children)


def _nodes(nodes: Iterable[ast.AST], inner: Callable[[ast.AST], list[ast.AST]]) -> Iterator[ast.AST]:
    queue = list(nodes)
    for node in queue:
        queue += inner(node)
        yield node


def _run_at_once(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, Function):
        return [*node.decorator_list, node.args]
    return [node.args] if isinstance(node, ast.Lambda) else children(node)


def changed_by(node: ast.AST) -> list[ast.expr]:
    """The expressions whose objects a piece of code changes."""
    if isinstance(node, ast.Name | ast.Constant):
        return []
    if isinstance(node, ast.Subscript | ast.Attribute):
        return [] if isinstance(node.ctx, ast.Load) else [node.value]
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
