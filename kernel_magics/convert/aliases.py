"""An alias is a second name for a value, such as `df` after `df = messages`; it matters for changes."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from kernel_magics.convert.statement import Statement


def other_names(statement: Statement) -> list[tuple[str, str]]:
    """Pairs of names that refer to one value after a statement: of `x = y`, and of `x = y = value`."""
    node = statement.tree
    if not isinstance(node, ast.Assign):
        return []
    names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    if len(names) != len(node.targets):
        return []
    if len(names) > 1:
        return [(name, names[0]) for name in names[1:]]
    return [(names[0], node.value.id)] if isinstance(node.value, ast.Name) else []


def alias_statements(statements: Sequence[Statement]) -> set[int]:
    """The statements that make an alias, where the value is later changed in place under one of its names."""
    found: set[int] = set()
    pairs: list[tuple[frozenset[str], frozenset[int]]] = []
    for statement in statements:
        for names, numbers in pairs:
            if names.intersection(statement.changes):
                found |= numbers
        new = [(frozenset(pair), frozenset([statement.number])) for pair in other_names(statement)]
        bound = set(statement.binds)
        pairs = [pair for pair in pairs if not pair[0] & bound]
        for names, numbers in new:
            if len(names) == 2:
                more = [
                    (known ^ names, above | numbers)
                    for known, above in pairs
                    if len(known & names) == 1 and not (known & names) & bound
                ]
                pairs += [(names, numbers), *more]
    return found
