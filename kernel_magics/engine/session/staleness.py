"""Staleness is derived, never stored: a node is fresh when its memo's key is its present key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Literal

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import order
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import missing
from kernel_magics.engine.session.memo import Key, Memo

State = Literal["fresh", "stale", "failed", "waiting"]


class Staleness:
    """The states of a graph at one moment; each name is evaluated once, on first use.

    Args:
        params: current values of the params that choose variants.
        key: the key of a value that would be computed now.
        verified: names known to be fresh; nothing upstream of them is visited.
    """

    def __init__(
        self,
        graph: Graph,
        params: Mapping[str, object],
        memos: Mapping[str, Memo],
        key: Callable[[Node], Key],
        verified: Collection[str] = (),
    ) -> None:
        self._graph, self._params, self._memos, self._key = graph, params, memos, key
        self._verified = verified
        self._states: dict[str, State] = {}
        self._blocked: set[str] = set()
        self._reasons: dict[str, tuple[str, ...]] = {}

    def state(self, name: str) -> State:
        """The state of a node."""
        self._judge(name)
        return self._states[name]

    def reasons(self, name: str) -> tuple[str, ...]:
        """The names that a node waits for; () for one that can run."""
        self._judge(name)
        return self._reasons.get(name, ())

    def blocked(self, name: str) -> bool:
        """True when auto mode does not compute it: it, or a node upstream, is waiting, failed or lazy."""
        self._judge(name)
        return name in self._blocked

    def after(self, names: Iterable[str]) -> list[str]:
        """The names and the nodes downstream of them that auto mode computes."""
        found: list[str] = []
        queue = list(dict.fromkeys(names))
        seen = set(queue)
        for name in queue:
            if name in self._graph.nodes:
                if self.blocked(name):
                    continue
                found.append(name)
            new = sorted(self._graph.read_by(name) - seen)
            queue += new
            seen.update(new)
        return found

    def _judge(self, name: str) -> None:
        if name not in self._states:
            for each in order([name], self._unjudged):
                if each not in self._states:
                    self._states[each] = self._derive(each)

    def _unjudged(self, name: str) -> list[str]:
        if name in self._verified:
            return []
        return [read for read in self._reads(name) if read not in self._states]

    def _reads(self, name: str) -> list[str]:
        return [read for read in self._graph.reads(name) if read in self._graph.nodes]

    def _derive(self, name: str) -> State:
        if name in self._verified:
            return "fresh"
        reasons = self._waits_for(name)
        node = self._graph.active(name, self._params)
        if reasons or node is None:
            self._reasons[name] = reasons or (name,)
            self._blocked.add(name)
            return "waiting"
        upstream = [item.name for item in node.inputs if item.name in self._graph.nodes]
        state = self._from_memo(node, all(self._states[read] == "fresh" for read in upstream))
        if (
            state == "failed"
            or (node.lazy and state == "stale")
            or any(read in self._blocked for read in upstream)
        ):
            self._blocked.add(name)
        return state

    def _from_memo(self, node: Node, settled: bool) -> State:
        memo = self._memos.get(node.name)
        if memo is None or not settled or memo.key != self._key(node):
            return "stale"
        return "failed" if memo.error is not None else "fresh"

    def _waits_for(self, name: str) -> tuple[str, ...]:
        node = self._graph.active(name, self._params)
        if node is None:
            return missing(self._graph, name) or (name,)
        lacks = [
            item.name for item in node.inputs if not item.optional and item.name not in self._graph.nodes
        ]
        through = [reason for item in node.inputs for reason in self._reasons.get(item.name, ())]
        return tuple(dict.fromkeys([*lacks, *node.lacks, *through]))
