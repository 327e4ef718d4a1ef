"""Named members: texts that the notebook's code lists together, as the keys of a dict or in a list.

Only they make a set of categories complete; the members of a sample do not.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.tree import parsed


@dataclass(frozen=True, slots=True)
class Named:
    """Collections of texts in some code.

    Attributes:
        groups: their members, each with the source to write: a name of the setup, or the members themselves.
    """

    groups: tuple[tuple[frozenset[str], str], ...] = ()

    def collection(self, seen: Collection[str]) -> str:
        """The smallest collection that contains all seen texts; "" when none does."""
        fitting = [(len(texts), source) for texts, source in self.groups if set(seen) <= texts]
        return min(fitting)[1] if fitting else ""


def named_in(graph: Graph) -> Named:
    """The collections in setup, inputs and nodes of a graph; runs nothing."""
    groups: list[tuple[frozenset[str], str]] = []
    for cell in graph.cells.values():
        if cell.magic != "check":
            groups += named_in_source(cell.body, named=cell.magic == "setup")
    return Named(tuple(groups))


def named_in_source(source: str, named: bool = False) -> Iterable[tuple[frozenset[str], str]]:
    """Collections of at least two texts; with `named`, under the name they are assigned to."""
    tree = parsed(source)
    if tree is None:
        return
    names: dict[int, str] = {}
    for item in tree.body:
        if named and isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            names[id(item.value)] = item.targets[0].id
    for node in ast.walk(tree):
        texts = _texts(node)
        if len(texts) > 1:
            yield texts, names.get(id(node)) or f"[{', '.join(map(_quoted, sorted(texts)))}]"


def _texts(node: ast.AST) -> frozenset[str]:
    """The texts of a literal list, set or tuple, or the keys of a dict; empty if it has other members."""
    members: list[ast.expr | None] = []
    if isinstance(node, ast.List | ast.Set | ast.Tuple):
        members = list(node.elts)
    elif isinstance(node, ast.Dict):
        members = list(node.keys)
    values = [item.value for item in members if isinstance(item, ast.Constant)]
    texts = frozenset(value for value in values if isinstance(value, str))
    return texts if len(texts) == len(members) else frozenset()


def _quoted(text: str) -> str:
    return f'"{text}"' if text.isprintable() and '"' not in text and "\\" not in text else repr(text)
