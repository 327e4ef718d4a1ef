"""The mark of a variant is a decorator with the values of params for which a function computes its node.

The module defines the decorator itself, so that it does not depend on Dagbook.
"""

from __future__ import annotations

from collections.abc import Sequence

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.choice import Except
from kernel_magics.export.module.dialect import Dialect

_IMPORTS = ("from collections.abc import Callable", "from typing import TypeVar")
_CODE = """
_Variant = TypeVar("_Variant", bound=Callable[..., object])


def _when(**params: object) -> Callable[[_Variant], _Variant]:
    \"\"\"Mark the function that computes a node while every param has this value.\"\"\"
    return lambda function: function
"""
_EXCEPT = '''

def _when_not(**params: object) -> Callable[[_Variant], _Variant]:
    """Mark the function that computes a node while no param has one of these values."""
    return lambda function: function
'''


def python_dialect(graph: Graph, nodes: Sequence[Node]) -> Dialect:
    """Functions in notebook order, variants marked."""
    end = _free(graph)
    above = {node.function: _marked(node, f"_when{end}") for node in nodes if node.when}
    code = _CODE + _EXCEPT * any(f"@_when{end}_not(" in lines for lines in above.values())
    code = code.replace("_when", f"_when{end}").replace("_Variant", f"_Variant{end}")
    return Dialect(nodes, above, _IMPORTS if above else (), code if above else "")


def _marked(node: Node, mark: str) -> str:
    """The decorators' lines above a variant."""
    plain = [f"{key}={value!r}" for key, value in node.when if not isinstance(value, Except)]
    others = [f"{key}={[*value.values]!r}" for key, value in node.when if isinstance(value, Except)]
    lines = [f"@{mark}({', '.join(plain)})\n"] if plain else []
    return "".join([*lines, *([f"@{mark}_not({', '.join(others)})\n"] if others else [])])


def _free(graph: Graph) -> str:
    """Underscores that keep the names apart from those of the notebook."""
    taken = {*graph.setup.names, *graph.owners}
    end = ""
    while f"_when{end}" in taken or f"_Variant{end}" in taken:
        end += "_"
    return end
