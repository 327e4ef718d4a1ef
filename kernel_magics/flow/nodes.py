"""The nodes of a dataflow by name, which can be selected by their tags."""

from __future__ import annotations

from collections.abc import Collection

from kernel_magics.engine.graph.node import Node


class Nodes(dict[str, Node]):
    """Nodes by name."""

    def tagged(self, *keys: str, **values: str | Collection[str]) -> Nodes:
        """The nodes that have all of these tags.

        Example:
            `flow.run(flow.nodes.tagged(owner="ads"))` computes what the team `ads` owns.

        Args:
            keys: tags that a node has, with any value.
            values: tags with their value, or several values of which a node has one.
        """
        wanted = {key: {value} if isinstance(value, str) else set(value) for key, value in values.items()}
        return Nodes(
            (name, node)
            for name, node in self.items()
            if all(key in node.tags for key in keys)
            and all(node.tags.get(key) in known for key, known in wanted.items())
        )
