"""The version of a node's code changes when its function, a helper or the setup that it uses does."""

from __future__ import annotations

from hashlib import blake2b

from kernel_magics.engine.graph.graph import Graph


def code_version(graph: Graph, name: str) -> str:
    """A short text that is the same wherever the code is the same; that of imported modules does not count.

    Example: `code_version(flow.graph, "ctr")` is `"9f86d081884c7d65"`.
    """
    parts: list[str] = []
    for node in graph.nodes[name]:
        parts += [node.digest, graph.setup.digest(node.uses) if node.uses else "", repr(node.when)]
        parts += [node.value, node.type] if node.text is None else []
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
