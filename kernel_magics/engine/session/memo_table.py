"""A memo table holds the memo of each node: edits make it stale, runs renew it, a budget evicts values."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from typing import Any, TypeVar

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Plan
from kernel_magics.engine.run.event import Event, Failed, Finished, Reused
from kernel_magics.engine.run.origin import imported_roots
from kernel_magics.engine.run.runtime import Runtime
from kernel_magics.engine.session.cache import ResultCache
from kernel_magics.engine.session.impure import joined_reads
from kernel_magics.engine.session.memo import NEVER, Key, Memo
from kernel_magics.engine.session.memory import Memory
from kernel_magics.engine.session.staleness import Staleness
from kernel_magics.engine.session.store import Store
from kernel_magics.engine.session.watch import Watch, setup_changed
from kernel_magics.engine.values.size import size_of
from kernel_magics.engine.values.value import MISSING, Values

T = TypeVar("T")


class MemoTable(Mapping[str, Memo]):
    """The memo of each node that has one, by name, and which memos are known to match the graph.

    Attributes:
        graph: the graph to whose nodes the memos belong.
        runtime: its namespaces and functions.
        watch: sees that nobody changes the setup.
        cache: results that are kept on disk.
        memory: which values are in memory, within a budget.
        verified: names known to be fresh; with a name, everything upstream of it.
        imports: the top-level names that cells import, by cell.
        edited: the nodes of the last edit that concerned computed values.
        before: the memos that this edit replaced, the oldest one for each name.

    Args:
        values: how values are compared and isolated.
        store: where results with `--cache disk` are kept.
        graph: one without cells, to begin with.
    """

    def __init__(self, values: Values, store: Store | None, graph: Graph) -> None:
        self._values = values
        self.graph = graph
        self.runtime = Runtime(values)
        self.watch = Watch(values)
        self.cache = ResultCache(values.digest, store, values.settings)
        self.memory = Memory(size_of)
        self.verified: set[str] = set()
        self.imports: Mapping[str, Collection[str]] = {}
        self.edited: tuple[str, ...] = ()
        self.before: dict[str, Memo | None] = {}
        self._memos: dict[str, Memo] = {}
        self._versions = itertools.count(1)
        self._rerun: tuple[str, ...] = ()  # run again without a change: an edit only if a value differs
        self._forced: set[str] = set()  # volatile nodes whose cell ran again: stored results are not used

    def __getitem__(self, name: str) -> Memo:
        return self._memos[name]

    def __contains__(self, name: object) -> bool:
        return name in self._memos

    def __iter__(self) -> Iterator[str]:
        return iter(self._memos)

    def __len__(self) -> int:
        return len(self._memos)

    def under(self, graph: Graph, runtime: Runtime) -> MemoTable:
        """The same memos for the same nodes in a graph of another order."""
        table = copy(self)
        table.graph, table.runtime, table.watch = graph, runtime, Watch(self._values)
        table._memos, table.verified = dict(self._memos), set()
        table.edited, table.before, table._rerun, table._forced = (), {}, (), set()
        return table

    def params(self) -> dict[str, object]:
        """Current values of the params that choose variants."""
        names = [name for name in self.graph.deciding() if name in self.graph.nodes]
        memos = {name: self.loaded(name) for name in names}
        return {name: memo.value for name, memo in memos.items() if memo.error is None}

    def reset(self) -> None:
        """Forget everything but what is on disk."""
        self.graph = Graph(outside=self.graph.outside)
        self.runtime, self._memos, self.imports = Runtime(self._values), {}, {}
        self.edited, self.before = (), {}
        self._forced.clear()
        self.memory.evicted.clear()
        self.verified.clear()

    def all_or_nothing(self, change: Callable[[], T]) -> T:
        """Call, and restore the whole state if that ends early, even by an interrupt at any instruction.

        Collections that the call may change are copied first; the originals are put back in one step.
        A `with` block cannot do that: an interrupt can come where its end begins.
        """
        before, mark = dict(self.__dict__), self.runtime.mark()
        evicted = set(self.memory.evicted)
        try:
            try:
                self._memos, self.before = dict(self._memos), dict(self.before)
                self.verified, self._forced = set(self.verified), set(self._forced)
                return change()
            except BaseException:
                self._go_back(before, mark, evicted)
                raise
        except BaseException:  # an interrupt within the handler above
            self._go_back(before, mark, evicted)
            raise

    def _go_back(self, before: dict[str, Any], mark: Mapping[str, Any], evicted: set[str]) -> None:
        self.__dict__.update(before)
        self.memory.evicted = evicted
        if self.runtime.go_back(mark, self.graph.setup):
            self.verified.clear()

    def renew_setup(self) -> None:
        """Run the setup again if an interrupt prevented `go_back` from restoring it.

        Raises:
            RunError: DB305.
        """
        if self.runtime.run_setup(self.graph.setup):
            self.verified.clear()

    # -- what is fresh -------------------------------------------------------------------------------------

    def evict(self) -> list[str]:
        """Evict values to keep the memory budget; returns their names."""
        names = self.memory.surplus(self._memos, self._evictable)
        for name in names:
            self._memos[name] = replace(self._memos[name], value=MISSING)
            self.memory.evicted.add(name)
        if names:  # the values that an edit replaced are dropped, too
            self.before = {name: memo and replace(memo, value=MISSING) for name, memo in self.before.items()}
        return names

    def fresh_among(self, names: Collection[str]) -> set[str]:
        """The names among these that are fresh; `verified` has only those already known to be."""
        if not names:
            return set()
        staleness = self.staleness(self.verified)
        return {name for name in names if staleness.state(name) == "fresh"}

    def staleness(self, verified: Collection[str] = ()) -> Staleness:
        """What is fresh and what is stale now; see `Staleness`."""
        return Staleness(self.graph, self.params(), self._memos, self.key, verified)

    # -- the graph -----------------------------------------------------------------------------------------

    def adopt(self, graph: Graph, touched: Collection[str]) -> list[str]:
        """Set the graph; returns the names that changed, which have to be verified again.

        Args:
            touched: ids of the cells that differ from those of the previous graph.
        """
        old, self.graph = self.graph, graph
        now = {id: imported_roots(graph.cells[id].body) for id in touched if id in graph.cells}
        known = {id: roots for id, roots in self.imports.items() if id in graph.cells}
        self.imports = {id: roots for id, roots in {**known, **now}.items() if roots}
        if old.setup is not graph.setup:
            names = list({**old.nodes, **graph.nodes})
            self.verified.clear()
        else:
            cells = list(dict.fromkeys(touched))
            owned = [nodes for id in cells for nodes in (old.owned.get(id, ()), graph.owned.get(id, ()))]
            names = list(dict.fromkeys(node.name for nodes in owned for node in nodes))
        changed = [name for name in names if not _same(old.nodes.get(name), graph.nodes.get(name))]
        removed: dict[str, Memo | None] = {}
        for name in names:
            kinds = {node.kind for nodes in (old.nodes, graph.nodes) for node in nodes.get(name, ())}
            if name in self._memos and (name not in graph.nodes or len(kinds) > 1):
                removed[name] = self._memos.pop(name)
                self._forced.discard(name)
                self.memory.evicted.discard(name)
        self.unverify(changed)
        if old.setup is not graph.setup:
            changed += [name for name, memo in self._memos.items() if memo.key != self.key(graph.node(name))]
        met = tuple(dict.fromkeys(name for name in changed if name in self._memos or name in removed))
        if met:
            self.edited, self.before = met, removed
        return changed

    def outdated(self) -> list[str]:
        """The names whose value was made from another code or setup than the present one."""
        params = self.params()
        nodes = {name: self.graph.active(name, params) for name in self._memos if name in self.graph.nodes}
        return [
            name
            for name, node in nodes.items()
            if node is not None and node.text is not None and self._memos[name].key[:2] != self.key(node)[:2]
        ]

    def unverify(self, names: Iterable[str]) -> None:
        """Remove names and all that is downstream of them from the verified ones."""
        reached = closure(names, lambda name: self.graph.read_by(name) & self.verified)
        self.verified.difference_update(names, reached)

    def _verify(self, name: str) -> None:
        """Add a fresh name to the verified ones if all names that it reads are verified."""
        node = self.graph.node(name)
        if node.when:
            node = self.graph.active(name, self.params()) or node
        if all(item.name in self.verified for item in node.inputs if item.name in self.graph.nodes):
            self.verified.add(name)

    def held(self) -> Collection[str]:
        """The names whose values a run can start from: fresh, in memory, not downstream of `--cache off`."""
        off: Collection[str] = self.graph.off
        if self.cache.mode == "off":
            off = [name for name in self.verified if self._is_off(self.graph.node(name))]
        if not off and not self.memory.evicted:
            return self.verified
        moved = {*off, *closure(off, self.graph.read_by)}
        return self.verified - self.memory.evicted - moved

    def _is_off(self, node: Node) -> bool:
        return node.text is not None and (node.cache or self.cache.mode) == "off"

    def _evictable(self, name: str) -> bool:
        """True for a value that can be computed again and compared with the evicted one by its digest."""
        node = self.graph.active(name, self.params()) if name in self.verified else None
        if node is None or node.kind != "value" or node.text is None:
            return False
        if self.cache.impurity(self.graph, self.runtime, node):
            return False
        return self.cache.digest(name, self._memos[name]) is not None

    # -- inputs and params ---------------------------------------------------------------------------------

    def loaded(self, name: str) -> Memo:
        """The memo of an input or param; its cell runs if it has not run since it changed."""
        node = self.graph.node(name)
        memo = self._memos.get(name)
        if memo is None or memo.key != self.key(node):
            self._load(self.graph.cells[node.cell_id])
        return self._memos[name]

    def load_sources(self, plan: Plan) -> dict[str, DataflowError]:
        """Load the values that a plan starts from; returns the errors of the cells that fail."""
        broken: dict[str, DataflowError] = {}
        for name in (plan.names[slot] for slot in plan.sources):
            if name in self.verified:
                continue
            tried = self._memos.get(name)
            memo = self.loaded(name)
            if memo.error is not None and memo is tried:  # a new request runs a failed cell again
                self._load(self.graph.cells[self.graph.node(name).cell_id])
                memo = self._memos[name]
            if memo.error is not None:
                broken[name] = memo.error
            else:
                self.verified.add(name)
        return broken

    def _load(self, cell: Cell) -> None:
        """Run an inputs or params cell; an error becomes the outcome of all of its names."""
        values: Mapping[str, object] = {}
        failure: DataflowError | None = None
        self.renew_setup()
        try:
            values = self.run_values(cell)
        except DataflowError as error:
            failure = error
        for item in cell.definitions:
            if item.name not in self.graph.nodes:  # this session has a part of the cell's names
                continue
            key = self.key(self.graph.node(item.name))
            self.keep(item.name, Memo(key, 0, values.get(item.name), 0.0, time.time(), failure))

    def run_values(self, cell: Cell) -> Mapping[str, object]:
        """Run an inputs or params cell; its names by value.

        Raises:
            RunError: DB305; DB113 when it changed the setup, which is undone.
        """
        self.watch.follow(self.runtime)
        try:
            values = self.runtime.run_values(cell)
        finally:
            changed = self.mend()
        if changed:
            raise setup_changed(cell, changed)
        return values

    def mend(self) -> list[str]:
        """Make the setup what its cells say, where other code than theirs changed it; returns these names.

        Raises:
            RunError: DB305 when the setup had to run again for that, and does not.
        """
        self.watch.settle()
        names = self.watch.mend(self.runtime)
        self.make_again()
        return names

    def make_again(self) -> bool:
        """Run the setup again where something in it was changed that could not be undone.

        Returns:
            whether nodes may have become stale by it, or because their values were changed.
        """
        spoilt, ruined = self.watch.spoilt and bool(self.graph.setup.cells), self.watch.ruined
        if spoilt:
            self.runtime.run_setup(self.graph.setup, self.graph.setup.cells[0].id)
            self.watch.follow(self.runtime)
            self.verified.clear()
        if ruined:
            self.watch.ruined = set()
            self.make_stale(ruined)
        return spoilt or bool(ruined)

    def load(self, values: Mapping[str, object], changed: Collection[str]) -> None:
        """Keep the values that cells of inputs and params returned.

        Args:
            changed: names whose code changed; the others count as edited only if a value differs.
        """
        self._rerun = tuple(name for name in values if name in self._memos and name not in changed)
        for name, value in values.items():
            self.keep(name, Memo(self.key(self.graph.node(name)), 0, value, 0.0, time.time()))

    def retry(self, names: Iterable[str]) -> None:
        """Make failed and volatile nodes stale, because their cell was run again.

        See `make_stale`.
        """
        volatile = []
        for name in names:
            memo = self._memos.get(name)
            if memo is None:
                continue
            if memo.error is not None:
                self.before.setdefault(name, self._memos.pop(name))
            elif self.volatile_reads(name):
                volatile.append(name)
        self._forced.update(self.make_stale(volatile))

    def make_stale(self, names: Iterable[str]) -> list[str]:
        """Make nodes stale although their code and inputs are unchanged; returns those that had a value.

        A new value that equals the old one keeps its version; a different value counts as an edit.
        """
        found = [name for name in dict.fromkeys(names) if name in self._memos]
        for name in found:
            self._memos[name] = replace(self._memos[name], key=NEVER)
        self.unverify(found)
        self._rerun = (*self._rerun, *found)
        return found

    def volatile_reads(self, name: str) -> str:
        """What a node reads beside its inputs each time it runs: "files and the clock", or "" for nothing."""
        nodes = self.graph.nodes.get(name, ())
        return joined_reads(self.cache.volatile_reads(self.graph, self.runtime, node) for node in nodes)

    # -- the events of a run ---------------------------------------------------------------------------------

    def key(self, node: Node) -> Key:
        """The key of a value that would be computed now."""
        graph = self.graph
        versions = tuple(
            self._memos[item.name].version if item.name in self._memos else 0
            for item in node.inputs
            if item.name in graph.nodes
        )
        return (node.digest, self.runtime.setup_key(graph.setup, node.uses), versions)

    def recall(self, node: Node) -> object:
        """The value of a node that is fresh or stored on disk; MISSING for any other."""
        memo = self._memos.get(node.name)
        key = self.key(node)
        if self._is_off(node) or node.name in self._forced:
            return MISSING
        if memo is not None and memo.key == key and (memo.value is not MISSING or memo.error is not None):
            return memo.value if memo.error is None else MISSING
        result = self.cache.find(self.graph, self.runtime, node, self._memos)
        if result is None:
            return MISSING
        self.keep(node.name, Memo(key, 0, result.value, result.seconds, result.ran_at, stored=True))
        self.cache.record_stored(node.name, self._memos[node.name], result)
        return result.value

    def fold(self, event: Event) -> None:
        """Update the memos by an event of a run."""
        if isinstance(event, Finished | Failed):
            node = self.graph.active(event.name, self.params())
            if node is None:
                return
            if isinstance(event, Finished):
                self.watch.note(event.name, event.value)
            error = event.error if isinstance(event, Failed) else None
            value = event.value if isinstance(event, Finished) else None
            self.keep(event.name, Memo(self.key(node), 0, value, event.seconds, time.time(), error))
            if error is None:
                self.cache.keep(self.graph, self.runtime, node, self._memos)
        elif isinstance(event, Reused):
            self._verify(event.name)

    def keep(self, name: str, memo: Memo) -> None:
        """Keep an outcome; it gets the version of the old value if the two are equal."""
        old = self._memos.get(name)
        same = memo.error is None and old is not None and old.error is None
        same = same and old is not None and self._equal(name, old, memo)
        version = old.version if same and old is not None else next(self._versions)
        if not same:
            self.unverify([name])
            if old is not None and name in self._rerun:
                self.edited, self.before, self._rerun = self._rerun, {}, ()
            self.before.setdefault(name, old)
        self._memos[name] = memo.at(version)
        self._forced.discard(name)
        self.memory.evicted.discard(name)
        self.memory.use(name)
        if memo.error is None:
            self._verify(name)

    def _equal(self, name: str, old: Memo, new: Memo) -> bool:
        """True when readers need not run again; the same mutable object may have been changed in place."""
        if old.value is MISSING:
            return self.cache.digest(name, old) == self._values.digest(new.value)
        if old.value is new.value and self._values.isolate(new.value) is not new.value:
            return False
        return self._values.equal(old.value, new.value)


def _same(old: tuple[Node, ...] | None, new: tuple[Node, ...] | None) -> bool:
    """True when the nodes of a name have the same code."""
    if old is None or new is None or old is new:
        return old is new
    return [(n.digest, n.when, n.kind, n.input_names) for n in old] == [
        (n.digest, n.when, n.kind, n.input_names) for n in new
    ]
