"""What cells declare: keys and times of the inputs, and the nodes that may read later rows."""

from __future__ import annotations

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.grammar import names_in


def declared(graph: Graph, option: str) -> tuple[str, ...]:
    """The names that an option such as `--key` gives on the lines of cells, each once."""
    values = [value for cell in graph.cells.values() for value in cell.given.get(option, ())]
    return tuple(dict.fromkeys(name for value in values for name in names_in(value)))


def allowed(graph: Graph) -> dict[str, str]:
    """The nodes that cells, or comments of a module, allow to read later rows, with the reason."""
    return {node.name: node.future for node in graph if node.kind == "value" and node.future is not None}
