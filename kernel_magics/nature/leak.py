"""A leak is a node whose value depends on rows after the value's own time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernel_magics.engine.errors import RunError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.message import Message


@dataclass(frozen=True, slots=True)
class Leak:
    """A node that reads the future.

    Attributes:
        node: the node that brings it in; what only reads this node is not named.
        why: the counterexample: where, and what became of the value without later rows.
        seen: the node whose value changed; another one where `node` has no rows in time itself.
    """

    node: str
    why: str
    seen: str

    @property
    def text(self) -> str:
        """The leak as a sentence, without its end."""
        if self.seen == self.node:
            return f"'{self.node}' reads the future: {self.why}"
        return f"'{self.node}' is made of rows of all times, and '{self.seen}' reads it: {self.why}"


def leak_error(graph: Graph, leaks: Sequence[Leak]) -> RunError:
    """The error DB341 for the leaks of a dataflow, each with its cell; at least one."""
    nodes = [graph.node(leak.node) for leak in leaks]
    if len(leaks) == 1:
        said = Message.of((f"{leaks[0].text}", nodes[0].ref.aside(), "."))
    else:
        said = Message.of(f"{len(leaks)} nodes read the future:")
        for leak, node in zip(leaks, nodes, strict=True):
            said += Message.of((f"\n  {leak.text}", node.ref.aside(), "."))
    whole = all(leak.seen != leak.node for leak in leaks)
    way = "from earlier rows only, or learn it once (--fitted)" if whole else "from rows up to its own time"
    cell = any(node.cell for node in nodes)
    say = '`%%node --future "why"`' if cell else '`# --future "why"` above the function'
    return RunError(
        "DB341",
        said,
        hint=f"compute it {way}; where later rows are meant, as in a target, say {say}.",
        names=[leak.node for leak in leaks],
        concerns=list(dict.fromkeys(node.ref for node in nodes)),
    )
