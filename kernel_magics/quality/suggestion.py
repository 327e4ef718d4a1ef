"""The inputs of `%suggest`: the node's value, those of its inputs, and the collections in the code."""

from __future__ import annotations

from collections.abc import Mapping

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.graph.private import private_nodes
from kernel_magics.engine.source.secrets import find_secrets
from kernel_magics.quality.named import named_in
from kernel_magics.quality.suggest import draft


def suggest(graph: Graph, name: str, values: Mapping[str, object], short: bool = False) -> str:
    """A drafted `%%check` cell for a node; "" when its value gives no reason for any condition.

    No line of it has a secret, nor a text of a value that may be private.

    Args:
        values: of the node and its inputs.
        short: only the most telling conditions, those first.
    """
    inputs = {read: values[read] for read in graph.reads(name) if read in values}
    text = draft(name, values[name], named_in(graph), inputs, name in private_nodes(graph), short)
    return "\n".join(line for line in text.splitlines() if not any(find_secrets(line)))


def unchecked_inputs(graph: Graph, name: str) -> list[str]:
    """The inputs upstream of a node that have no check: most faults are visible there first."""
    checked = {node.subject for node in graph if node.kind == "check"}
    above = closure([name], graph.reads)
    return [
        other
        for other in graph.names()
        if other in above and graph.node(other).kind == "input" and other not in checked
    ]
