"""Absolute paths in code are valid on one machine only; the export reports them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.mapped import MappedSource

_PLACE = re.compile(r"(/home/|/Users/|/root/|/mnt/|/tmp/|~/|[A-Za-z]:[\\/])[^\s]")


def absolute_paths(parts: Iterable[tuple[CellRef, MappedSource]]) -> list[str]:
    """A note for each absolute path in (cell, source) pairs."""
    found: dict[str, None] = {}
    for cell, part in parts:
        if not _PLACE.search(part.source):
            continue
        for text in _texts(ast.parse(part.source)):
            if _PLACE.match(text) and "\n" not in text:
                found.setdefault(
                    f"cell {cell.label} holds '{text}', a path of this machine: make it an input or a param."
                )
    return list(found)


def _texts(tree: ast.Module) -> list[str]:
    """The string constants of code, without docstrings."""
    nodes = list(ast.walk(tree))
    docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = [node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in docs]
    return [value for value in constants if isinstance(value, str)]
