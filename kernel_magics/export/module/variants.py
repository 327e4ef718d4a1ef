"""The mark of a variant is a decorator with the values of params for which a function computes its node.

The module defines the decorator itself, so that it does not depend on Dagbook.
"""

from __future__ import annotations

from collections.abc import Sequence

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.export.module.dialect import Dialect

_IMPORTS = ("from collections.abc import Callable", "from typing import TypeVar")
_CODE = """
_Variant = TypeVar("_Variant", bound=Callable[..., object])


def _when(**params: object) -> Callable[[_Variant], _Variant]:
    \"\"\"Mark the function that computes a node while every param has this value.\"\"\"
    return lambda function: function
"""


def python_dialect(graph: Graph, nodes: Sequence[Node]) -> Dialect:
    """Functions in notebook order, variants marked."""
    end = _free(graph)
    above = {node.function: _marked(node, f"_when{end}") for node in nodes if node.when}
    code = _CODE.replace("_when", f"_when{end}").replace("_Variant", f"_Variant{end}")
    return Dialect(nodes, above, _IMPORTS if above else (), code if above else "")


def _marked(node: Node, mark: str) -> str:
    """The decorator's line above a variant."""
    return f"@{mark}({', '.join(f'{key}={value!r}' for key, value in node.when)})\n"


def _free(graph: Graph) -> str:
    """Underscores that keep the names apart from those of the notebook."""
    taken = {*graph.setup.names, *graph.owners}
    end = ""
    while f"_when{end}" in taken or f"_Variant{end}" in taken:
        end += "_"
    return end
