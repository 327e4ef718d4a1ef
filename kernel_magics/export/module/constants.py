"""Constants of a module are the defaults of params that cannot be written in a function's header.

That is a param that only chooses variants, which no function takes, and a default that Python would evaluate
once and share between calls (a call, a list): it gets a name in capitals, which is the functions' default.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.tree import expression

_LITERAL = (
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Load,
    ast.Tuple,
    ast.UnaryOp,
    ast.unaryop,
    ast.BinOp,
    ast.operator,
)


@dataclass(frozen=True, slots=True)
class Constants:
    """The constants of a module.

    Attributes:
        early: statements that need imports only.
        late: statements that need constants or helpers of the setup.
        names: the constant by the name of its param, for those that functions have as their default.
    """

    early: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


def make_constants(graph: Graph, nodes: Iterable[Node], choices: Collection[str] | None = None) -> Constants:
    """The constants that the functions of these nodes need.

    Args:
        choices: which of the params that only choose variants to include; None for all.
    """
    read = {item.name for node in nodes for item in node.inputs}
    imported = {
        name for statement in graph.setup.statements if statement.is_import for name in statement.binds
    }
    statements: list[tuple[bool, str]] = []
    names: dict[str, str] = {}
    for param in graph:
        if param.kind != "param":
            continue
        name = ""
        if param.name not in read and param.name in graph.deciding():
            name = param.name if choices is None or param.name in choices else ""
        elif param.name in read and not _is_plain(param.value):
            name = names[param.name] = _capitals(param.name, graph)
        if name:
            statements.append((imported.issuperset(param.uses), _statement(name, param)))
    early = tuple(text for is_early, text in statements if is_early)
    return Constants(early, tuple(text for is_early, text in statements if not is_early), names)


def _is_plain(value: str) -> bool:
    return all(isinstance(node, _LITERAL) for node in ast.walk(expression(value)))


def _capitals(name: str, graph: Graph) -> str:
    """The param's name in capitals, made unique."""
    taken = {*graph.setup.names, *graph.nodes, *graph.owners}
    found = name.upper()
    while found in taken:
        found = f"DEFAULT_{found}"
    return found


def _statement(name: str, param: Node) -> str:
    doc = f"  # {' '.join(param.doc.split())}" if param.doc else ""
    value = f"({param.value})" if "\n" in param.value else param.value
    return f"{name}{f': {param.type}' if param.type else ''} = {value}{doc}"
