"""Which columns of a table a function uses, as far as its text shows that it uses no others."""

from __future__ import annotations

import ast

from kernel_magics.engine.graph.node import Node


def used_columns(node: Node, name: str) -> tuple[str, ...] | None:
    """The columns of an input that a node uses, beside its index; None for all, or where nothing shows."""
    if node.text is None:
        return None
    tree = node.text.syntax
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    found: dict[str, None] = {}
    for part in ast.walk(tree):
        if not (isinstance(part, ast.Name) and part.id == name):
            continue
        columns = _columns(parents.get(part), part)
        if columns is None:
            return None
        found.update(dict.fromkeys(columns))
    return tuple(found)


def _columns(parent: ast.AST | None, part: ast.Name) -> list[str] | None:
    """The columns that one use of a table names."""
    if not isinstance(part.ctx, ast.Load):
        return None
    if isinstance(parent, ast.Attribute) and parent.attr == "index" and isinstance(parent.ctx, ast.Load):
        return []
    if not (isinstance(parent, ast.Subscript) and parent.value is part and isinstance(parent.ctx, ast.Load)):
        return None
    match parent.slice:
        case ast.Constant(value=str(column)):
            return [column]
        case ast.List(elts=items):
            names = [
                item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)
            ]
            return names if len(names) == len(items) else None
    return None
