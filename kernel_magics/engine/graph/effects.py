"""An effect: code of a node that changes a value of the setup, which other nodes and later runs would see."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import Final

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import LinkError
from kernel_magics.engine.graph.setup import Setup

_STATEMENTS: Final = frozenset(
    {"add", "append", "clear", "discard", "extend", "fill", "insert", "remove", "reverse", "sort", "update"}
    | {"difference_update", "intersection_update", "symmetric_difference_update"}
)
"""Methods that change their object when nobody looks at what they return."""

_ALWAYS: Final = frozenset({"pop", "popitem", "setdefault"})


def refuse_effects(cell: Cell, setup: Setup) -> None:
    """Refuse a node's code that changes a constant of the setup in place.

    Raises:
        LinkError: DB113.
    """
    codes = [item.code for item in cell.definitions if item.code is not None]
    shared = {read for code in [*codes, *cell.helpers] for read in code.reads if read in setup.data}
    if cell.magic != "node" or not shared:
        return
    for line, name in effects(ast.parse(cell.placed), shared):
        raise LinkError(
            "DB113",
            (cell.ref.subject(line), f" changes '{name}' of the setup, which other nodes read, too."),
            hint=f"change a copy of it: `own = copy.deepcopy({name})`; or make '{name}' an input.",
            names=[name],
        )


def effects(tree: ast.Module, names: Collection[str]) -> Iterator[tuple[int, str]]:
    """(line, name) of each change in place of one of these names."""
    for node in ast.walk(tree):
        for changed in _changed(node):
            name = _root(changed)
            if name in names:
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
