"""MemoTable keeps memos true to the graph: what an edit takes back, what a run brings, what is let go."""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Literal

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Plan
from kernel_magics.engine.run.event import Event, Failed, Finished, Reused
from kernel_magics.engine.run.runtime import Runtime
from kernel_magics.engine.session.cache import ResultCache
from kernel_magics.engine.session.memo import Key, Memo
from kernel_magics.engine.session.memory import Memory
from kernel_magics.engine.session.staleness import Staleness
from kernel_magics.engine.session.store import Store
from kernel_magics.engine.values.size import size_of
from kernel_magics.engine.values.value import MISSING, PlainValues, Values


class MemoTable:
    """The graph as it stands with a memo for each node, and what follows for one from a change of the other.

    Args:
        values: how values are compared and isolated.
        store: where results survive that are to be kept on disk.
    """

    def __init__(self, values: Values | None = None, store: Store | None = None) -> None:
        self.values: Values = values or PlainValues()
        self.mode: Literal["auto", "lazy"] = "auto"
        self.graph = Graph()
        self.runtime = Runtime(self.values)
        self.cache = ResultCache(self.values.digest, store)
        self.memory = Memory(size_of)
        self.memos: dict[str, Memo] = {}
        self._verified: set[str] = set()  # names known to be fresh; with a name, everything upstream of it
        self._versions = itertools.count(1)
        self.edited: tuple[str, ...] = ()  # what the last edit that met values touched
        self.before: dict[str, Memo | None] = {}  # what it replaced: at most one older value for each name
        self._rerun: tuple[str, ...] = ()  # inputs that ran again: an edit as soon as a value differs

    def params(self) -> dict[str, object]:
        """Current values of the params that choose variants."""
        names = [name for name in self.graph.deciding() if name in self.graph.nodes]
        memos = {name: self._loaded(name) for name in names}
        return {name: memo.value for name, memo in memos.items() if memo.error is None}

    def reset(self) -> None:
        """Forget everything."""
        self.graph, self.runtime, self.memos = Graph(), Runtime(self.values), {}
        self.edited, self.before = (), {}
        self.memory.gone.clear()
        self._verified.clear()

    def let_go(self) -> list[str]:
        """Keep the budget of memory; the names whose values are gone now."""
        names = self.memory.surplus(self.memos, self._can_go)
        for name in names:
            self.memos[name] = replace(self.memos[name], value=MISSING)
            self.memory.gone.add(name)
        if names:  # what was before an edit goes with them
            self.before = {name: memo and replace(memo, value=MISSING) for name, memo in self.before.items()}
        return names

    def _let_go_fresh(self, names: Collection[str]) -> set[str]:
        """Those of these names that are fresh; not all that are fresh are known to be (`_verified`)."""
        if not names:
            return set()
        staleness = self._staleness(self._verified)
        return {name for name in names if staleness.state(name) == "fresh"}

    def _staleness(self, verified: Collection[str] = ()) -> Staleness:
        return Staleness(self.graph, self.params(), self.memos, self._key, verified)

    def _adopt(self, graph: Graph, touched: Iterable[str]) -> list[str]:
        """Make `graph` the graph; returns the names that changed, which are to be verified anew.

        Args:
            touched: ids of the cells that differ from those of the graph before.
        """
        old, self.graph = self.graph, graph
        if old.setup is not graph.setup:
            names = list({**old.nodes, **graph.nodes})
            self._verified.clear()
        else:
            cells = list(dict.fromkeys(touched))
            owned = [nodes for id in cells for nodes in (old.owned.get(id, ()), graph.owned.get(id, ()))]
            names = list(dict.fromkeys(node.name for nodes in owned for node in nodes))
        changed = [name for name in names if not _same(old.nodes.get(name), graph.nodes.get(name))]
        gone: dict[str, Memo | None] = {}
        for name in names:
            kinds = {node.kind for nodes in (old.nodes, graph.nodes) for node in nodes.get(name, ())}
            if name in self.memos and (name not in graph.nodes or len(kinds) > 1):
                gone[name] = self.memos.pop(name)
                self.memory.gone.discard(name)
        self._unverify(changed)
        if old.setup is not graph.setup:
            changed += [name for name, memo in self.memos.items() if memo.key != self._key(graph.node(name))]
        met = tuple(dict.fromkeys(name for name in changed if name in self.memos or name in gone))
        if met:
            self.edited, self.before = met, gone
        return changed

    def _unverify(self, names: Iterable[str]) -> None:
        """What is upstream of a verified name is verified, so a name that is not has no verified readers."""
        none: frozenset[str] = frozenset()
        reached = closure(names, lambda name: self.graph.readers.get(name, none) & self._verified)
        self._verified.difference_update(names, reached)

    def _settle(self, name: str) -> None:
        """A name is verified when all that it reads is."""
        node = self.graph.node(name)
        if node.when:
            node = self.graph.active(name, self.params()) or node
        if all(item.name in self._verified for item in node.inputs if item.name in self.graph.nodes):
            self._verified.add(name)

    def _held(self) -> Collection[str]:
        """The names whose values need not be looked at again: fresh, not let go, not to be made each time."""
        off: Collection[str] = self.graph.off
        if self.cache.mode == "off":
            off = [name for name in self._verified if self._is_off(self.graph.node(name))]
        if not off and not self.memory.gone:
            return self._verified
        none: frozenset[str] = frozenset()
        moved = {*off, *closure(off, lambda name: self.graph.readers.get(name, none))}
        return self._verified - self.memory.gone - moved

    def _is_off(self, node: Node) -> bool:
        return node.text is not None and (node.cache or self.cache.mode) == "off"

    def _can_go(self, name: str) -> bool:
        """True for a value that can be made again, and told from another one then."""
        node = self.graph.active(name, self.params()) if name in self._verified else None
        if node is None or node.kind != "value" or node.text is None:
            return False
        if self.cache.impurity(self.graph, self.runtime, node):
            return False
        return self.cache.digest(name, self.memos[name]) is not None

    def _loaded(self, name: str) -> Memo:
        """The memo of an input or param, its cell run if that was not done since it changed."""
        node = self.graph.node(name)
        memo = self.memos.get(name)
        if memo is None or memo.key != self._key(node):
            self._load(self.graph.cells[node.cell_id])
        return self.memos[name]

    def _load_sources(self, plan: Plan) -> dict[str, DataflowError]:
        """Get the values that a plan starts from; the errors of those that cannot be had."""
        broken: dict[str, DataflowError] = {}
        for name in (plan.names[slot] for slot in plan.sources):
            if name in self._verified:
                continue
            tried = self.memos.get(name)
            memo = self._loaded(name)
            if memo.error is not None and memo is tried:  # whoever asks for it wants another try
                self._load(self.graph.cells[self.graph.node(name).cell_id])
                memo = self.memos[name]
            if memo.error is not None:
                broken[name] = memo.error
            else:
                self._verified.add(name)
        return broken

    def _load(self, cell: Cell) -> None:
        """Run an inputs or params cell; a failure is kept as its names' outcome."""
        values: Mapping[str, object] = {}
        failure: DataflowError | None = None
        try:
            values = self.runtime.run_values(cell)
        except DataflowError as error:
            failure = error
        for item in cell.definitions:
            key = self._key(self.graph.node(item.name))
            self._keep(item.name, Memo(key, 0, values.get(item.name), 0.0, time.time(), failure))

    def _key(self, node: Node) -> Key:
        graph = self.graph
        versions = tuple(
            self.memos[item.name].version if item.name in self.memos else 0
            for item in node.inputs
            if item.name in graph.nodes
        )
        return (node.digest, self.runtime.setup_key(graph.setup, node.uses), versions)

    def _recall(self, node: Node) -> object:
        memo = self.memos.get(node.name)
        key = self._key(node)
        if self._is_off(node):
            return MISSING
        if memo is not None and memo.key == key and (memo.value is not MISSING or memo.error is not None):
            return memo.value if memo.error is None else MISSING
        result = self.cache.find(self.graph, self.runtime, node, self.memos)
        if result is None:
            return MISSING
        self._keep(node.name, Memo(key, 0, result.value, result.seconds, result.ran_at, stored=True))
        self.cache.found(node.name, self.memos[node.name], result)
        return result.value

    def _fold(self, event: Event) -> None:
        if isinstance(event, Finished | Failed):
            node = self.graph.active(event.name, self.params())
            if node is None:
                return
            error = event.error if isinstance(event, Failed) else None
            value = event.value if isinstance(event, Finished) else None
            self._keep(event.name, Memo(self._key(node), 0, value, event.seconds, time.time(), error))
            if error is None:
                self.cache.keep(self.graph, self.runtime, node, self.memos)
        elif isinstance(event, Reused):
            self._settle(event.name)

    def _keep(self, name: str, memo: Memo) -> None:
        """Keep an outcome; its version is the old one where the value is equal to the old one."""
        old = self.memos.get(name)
        same = memo.error is None and old is not None and old.error is None
        same = same and old is not None and self._equal(name, old, memo)
        version = old.version if same and old is not None else next(self._versions)
        if not same:
            self._unverify([name])
            if old is not None and name in self._rerun:
                self.edited, self.before, self._rerun = self._rerun, {}, ()
            self.before.setdefault(name, old)
        self.memos[name] = replace(memo, version=version)
        self.memory.gone.discard(name)
        self.memory.use(name)
        if memo.error is None:
            self._settle(name)

    def _equal(self, name: str, old: Memo, new: Memo) -> bool:
        """True when readers need not run again. A container of the setup may have changed in its place."""
        if old.value is MISSING:
            return self.cache.digest(name, old) == self.values.digest(new.value)
        if old.value is new.value and self.values.isolate(new.value) is not new.value:
            return False
        return self.values.equal(old.value, new.value)


def _same(old: tuple[Node, ...] | None, new: tuple[Node, ...] | None) -> bool:
    """True when a name means the same code."""
    if old is None or new is None or old is new:
        return old is new
    return [(n.digest, n.when, n.kind, n.input_names) for n in old] == [
        (n.digest, n.when, n.kind, n.input_names) for n in new
    ]
