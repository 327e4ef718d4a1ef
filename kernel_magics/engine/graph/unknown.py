"""An unknown name is one that a caller gave and the dataflow does not have."""

from __future__ import annotations

from collections.abc import Collection

from kernel_magics.engine.errors import DataflowError, UsageError, did_you_mean
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.plan import waiting_error


def unknown_name(graph: Graph, name: str) -> DataflowError:
    """The error for a name that the dataflow does not have: DB308, or DB203 where something reads it."""
    if name in graph.readers:
        return waiting_error(graph, name)
    hint = did_you_mean(name, graph.nodes)
    return UsageError(
        "DB308",
        f"the dataflow has no '{name}'.",
        hint=hint or "see `dagbook graph` for its names.",
        names=[name],
    )


def expect(name: str, known: Collection[str], role: str) -> None:
    """Refuse a value for a name that does not have this role.

    Raises:
        UsageError: DB306.
    """
    if name not in known:
        listed = ", ".join(sorted(known)) or "none"
        hint = f"{did_you_mean(name, known)} The {role}s are: {listed}.".strip()
        raise UsageError("DB306", f"there is no {role} '{name}'.", hint=hint, names=[name])
