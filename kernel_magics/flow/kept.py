"""Results that outlive the process: a run reads what is kept in a folder, and keeps what it computes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Plan
from kernel_magics.engine.run.call import Calls, Function
from kernel_magics.engine.run.event import Event, Finished, Noticed
from kernel_magics.engine.run.inline import Inline
from kernel_magics.engine.run.schedule import Place
from kernel_magics.engine.session.cache import ResultCache
from kernel_magics.engine.session.memo import Memo, given_memo
from kernel_magics.engine.values.value import MISSING
from kernel_magics.flow.flow import Flow
from kernel_magics.store.disk import DiskStore
from kernel_magics.values import VALUES


class KeptResults:
    """The results of one run in a folder; see `engine.session.cache` for what is kept, and under which key.

    Args:
        folder: where results are; made when the first one is kept.

    Raises:
        SourceError: DB431 where the folder is a link, DB434 for a key that others can read.
    """

    def __init__(self, flow: Flow, folder: str | Path, plan: Plan, slots: list[object]) -> None:
        self._flow = flow
        self._store = DiskStore(folder)
        self._store.refuse_unsafe()
        self._cache = ResultCache(VALUES.digest, self._store, VALUES.settings)
        self._cache.mode = "disk"
        self._cache.begin_run()
        self._memos: dict[str, Memo] = {plan.names[slot]: given_memo(slots[slot]) for slot in plan.sources}
        for name, node in flow.params.items():
            if node.own_defaults and name not in self._memos:  # each reader's code has its own
                self._memos[name] = given_memo(("the default of each reader", name))
        self._nodes = {step.node.name: step.node for step in plan.steps}

    def recall(self, node: Node) -> object:
        """The kept value of a node; MISSING where it has to be computed."""
        if node.kind == "check":
            return MISSING
        graph, runtime, own, memos = self._flow.origin(node, self._memos)
        result = self._cache.find(graph, runtime, own, memos)
        if result is None:
            return MISSING
        memo = replace(given_memo(result.value), stored=True)
        self._memos[node.name] = memo
        self._cache.record_stored(own.name, memo, result)
        return result.value

    def place(self, there: Place) -> Place:
        """The placement where what nodes read is recorded: in this thread. Elsewhere, `there` itself."""
        if there is not Inline:
            return there

        def recording(calls: Calls) -> Inline:
            def function(node: Node) -> Function:
                return self._cache.recorded(calls, node, self._flow.origin(node, self._memos).node.name)

            return Inline(replace(calls, function=function))

        return recording

    def follow(self, note: Callable[[Event], None] | None) -> Callable[[Event], None]:
        """A listener that keeps the values of a run, and tells `note` why one cannot be kept."""

        def heard(event: Event) -> None:
            if note is not None:
                note(event)
            node = self._nodes.get(event.name)
            if not isinstance(event, Finished) or node is None or node.kind == "check":
                return
            memo = replace(given_memo(event.value), seconds=event.seconds, ran_at=time.time())
            self._memos[event.name] = memo
            why = self._keep(node)
            if why and note is not None:
                note(Noticed(event.name, f"its value is not kept: {why}."))

        return heard

    def _keep(self, node: Node) -> str:
        """Keep a value; the reason if it cannot be kept."""
        graph, runtime, own, memos = self._flow.origin(node, self._memos)
        self._cache.keep(graph, runtime, own, {**memos, own.name: self._memos[node.name]})
        return self._cache.unkept.get(own.name, "")

    def flush(self) -> None:
        """Wait until all is on disk."""
        self._store.flush()
