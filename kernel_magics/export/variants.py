"""The mark of a variant is a decorator that says for which params a function computes its node.

The module defines the decorator itself, so that it needs nothing of Dagbook.
"""

from __future__ import annotations

from collections.abc import Iterable

from kernel_magics.engine.graph import Graph
from kernel_magics.engine.node import Node

_IMPORTS = ("from collections.abc import Callable", "from typing import TypeVar")
_CODE = """
_Variant = TypeVar("_Variant", bound=Callable[..., object])


def _when(**params: object) -> Callable[[_Variant], _Variant]:
    \"\"\"Mark the function that computes a node while every param has this value.\"\"\"
    return lambda function: function
"""


def marker(graph: Graph, nodes: Iterable[Node]) -> tuple[tuple[str, ...], str]:
    """The imports and the code of the decorator; nothing where no node has variants."""
    if not any(node.when for node in nodes):
        return (), ""
    return _IMPORTS, _CODE.replace("_when", _name(graph)).replace("_Variant", f"_Variant{_free(graph)}")


def marked(graph: Graph, node: Node) -> str:
    """The decorator's line above a variant."""
    if not node.when:
        return ""
    conditions = ", ".join(f"{key}={value!r}" for key, value in node.when)
    return f"@{_name(graph)}({conditions})\n"


def _name(graph: Graph) -> str:
    return f"_when{_free(graph)}"


def _free(graph: Graph) -> str:
    """Underscores that keep the names apart from those of the notebook."""
    taken = {*graph.setup.names, *graph.owners}
    end = ""
    while f"_when{end}" in taken or f"_Variant{end}" in taken:
        end += "_"
    return end
