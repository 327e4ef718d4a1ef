"""The session is the one mutable object: the graph as it stands, and a memo for each node."""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from kernel_magics.engine.cache import ResultCache
from kernel_magics.engine.cell import CellSource, text_key
from kernel_magics.engine.definition import Cell
from kernel_magics.engine.errors import DataflowError, RunError
from kernel_magics.engine.event import Event, Failed, Finished, Reused, Skipped
from kernel_magics.engine.graph import Graph
from kernel_magics.engine.lastwins import supersede
from kernel_magics.engine.links import closure, order
from kernel_magics.engine.memo import Key, Memo
from kernel_magics.engine.memory import Memory
from kernel_magics.engine.node import Node
from kernel_magics.engine.parse import parse_cell
from kernel_magics.engine.plan import Plan, downstream_of, make_plan
from kernel_magics.engine.run import Runner, execute
from kernel_magics.engine.runtime import Runtime
from kernel_magics.engine.size import size_of
from kernel_magics.engine.staleness import Staleness, State
from kernel_magics.engine.store import Cache, Store
from kernel_magics.engine.value import MISSING, PlainValues, Values


class Session:
    """A dataflow being written: cells come and go, nodes are brought up to date when asked.

    Args:
        values: how values are compared and isolated; plain Python's rules by default.
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

    # -- cells ---------------------------------------------------------------------------------------------

    def register(
        self, *sources: CellSource, drop: Iterable[str] = (), load: bool = True, last_wins: bool = False
    ) -> list[str]:
        """Add or replace cells, all or none; returns the names that are new, changed or gone.

        Args:
            drop: ids of cells to remove first.
            load: run `%%inputs` and `%%params` cells now, not when their values are needed.
            last_wins: the cells have no ids of the notebook's own; older definitions of their names give way.

        Raises:
            DataflowError: the dataflow stands as it was.
        """
        cells = [parse_cell(source) for source in sources]
        before = self.graph
        smaller: list[Cell] = []
        if last_wins:
            smaller, gone, _ = supersede(before, cells)
            drop = [*drop, *gone]
        graph = before.put(*smaller, *cells, drop=drop)
        again = next((cell.id for cell in cells if cell.magic == "setup"), None)
        ran = self.runtime.run_setup(graph.setup, again)
        loaded: dict[str, object] = {}
        try:
            for cell in cells:
                if load and cell.magic in ("inputs", "params"):
                    loaded |= self.runtime.run_values(cell)
        except BaseException:
            if self.runtime.run_setup(before.setup) or ran:
                self._verified.clear()
            raise
        changed = self._adopt(graph, graph.touched)
        self._rerun = tuple(name for name in loaded if name in self.memos and name not in changed)
        for name, value in loaded.items():
            self._keep(name, Memo(self._key(graph.node(name)), 0, value, 0.0, time.time()))
        own = [node.name for cell in cells for node in graph.owned[cell.id]]
        for name in own:  # whoever runs the cell of a failed node again wants another try
            if name in self.memos and self.memos[name].error is not None:
                self.before.setdefault(name, self.memos.pop(name))
        return list(dict.fromkeys([*own, *changed]))

    def arranged(self, sources: Iterable[CellSource]) -> Session:
        """The same dataflow with its cells in the order, and under the headings and labels, of `sources`.

        Cells are the same when their ids are, or else their texts (a front end may send no ids). Cells that
        `sources` lacks stay, behind the others; values are kept. Cells of `sources` that never ran
        here are left out.
        """
        placed: list[Cell] = []
        ids: set[str] = set()
        same = {
            text_key(cell): cell for cell in self.graph.cells.values()
        }  # where cells have no ids of the file
        for source in sources:
            cell = self.graph.cells.get(source.id) or same.get(text_key(source))
            if cell is not None and cell.id not in ids:
                text = replace(source, magic=cell.magic, line=cell.line, body=cell.body)
                placed.append(parse_cell(text))
                ids.add(cell.id)
        session = Session(self.values)
        session.mode = self.mode
        session.graph = Graph().put(
            *placed, *(cell for id, cell in self.graph.cells.items() if id not in ids)
        )
        session.runtime = self.runtime
        if [cell.id for cell in session.graph.setup.cells] != [cell.id for cell in self.graph.setup.cells]:
            session.runtime = Runtime(self.values)
            session.runtime.run_setup(session.graph.setup)
        session.cache, session.memory = self.cache, self.memory
        session.memos = dict(self.memos)
        session._versions = self._versions
        return session

    def forget(self, *ids: str) -> list[str]:
        """Remove deleted cells; returns the names that are gone.

        Raises:
            RunError: DB305 when a setup cell cannot run without them; it goes, too, until it runs again.
        """
        before = self.graph
        graph = before.drop(*ids)
        touched = graph.touched
        failure: RunError | None = None
        while graph is not before:
            try:
                self.runtime.run_setup(graph.setup)
                break
            except RunError as error:
                failure = error
                graph = graph.drop(*(cell.id for cell in graph.setup.cells if cell.label in error.cells))
                touched += graph.touched
        if graph is not before:
            self._adopt(graph, touched)
        if failure is not None:
            raise failure
        return [name for name in before.nodes if name not in graph.nodes] if graph is not before else []

    def reset(self) -> None:
        """Forget everything."""
        self.graph, self.runtime, self.memos = Graph(), Runtime(self.values), {}
        self.edited, self.before = (), {}
        self.memory.gone.clear()
        self._verified.clear()

    # -- values --------------------------------------------------------------------------------------------

    def compute(
        self, names: Iterable[str] | None = None, force: bool = False, runner: Runner = execute
    ) -> Iterator[Event]:
        """Bring nodes up to date, computing only what is stale; yields what happens.

        Args:
            names: nodes to compute; all that can run by default.
            force: compute them even if they are fresh.
            runner: runs the plan; in this thread by default.

        Raises:
            WaitingError: DB203, before anything runs.
        """
        wanted = self.runnable() if names is None else list(dict.fromkeys(names))
        forced = set(wanted) if force else set()
        self._unverify([name for name in wanted if name in forced])
        fresh = self.memory.gone & self._verified  # nothing to do for their own sake
        try:
            yield from self._bring([name for name in wanted if name not in fresh], forced, runner)
        finally:
            self.let_go()

    def _bring(self, wanted: list[str], forced: Collection[str], runner: Runner) -> Iterator[Event]:
        """Run the plan of these names; what was let go and is needed is made again."""
        params, graph = self.params(), self.graph
        plan = make_plan(self.graph, wanted, self._held(), params)
        broken = self._load_sources(plan)
        if broken:
            for name, error in broken.items():
                yield Failed(name, error, 0.0)
            blamed = downstream_of(plan, broken)
            for name, cause in blamed.items():
                yield Skipped(name, cause)
            wanted = [name for name in wanted if name not in broken and name not in blamed]
            plan = make_plan(self.graph, wanted, self._held(), params)
        slots: list[object] = [MISSING] * len(plan.names)
        for slot in plan.sources:
            slots[slot] = self.memos[plan.names[slot]].value
            self.memory.use(plan.names[slot])
        try:
            with self.values.guard():
                for event in runner(
                    plan,
                    slots,
                    lambda node: self.runtime.function(self.graph, node),
                    self.values,
                    recall=lambda node: MISSING if node.name in forced else self._recall(node),
                    free=False,
                ):
                    self._fold(event)
                    yield event
        finally:
            if self.graph is not graph:  # whoever reads the events may have deleted cells
                self._verified &= self.graph.nodes.keys()

    def hold(self, names: Iterable[str] | None = None) -> None:
        """Have the values of these nodes (default: all that are fresh) in memory, whatever the budget.

        Raises:
            DataflowError: one that was let go cannot be made again.
        """
        gone = self.memory.gone & self._verified
        wanted = [name for name in (gone if names is None else names) if name in gone]
        for event in self._bring(sorted(wanted), (), execute) if wanted else ():
            if isinstance(event, Failed):
                raise event.error

    def let_go(self) -> list[str]:
        """Keep the budget of memory; the names whose values are gone now."""
        names = self.memory.surplus(self.memos, self._can_go)
        for name in names:
            self.memos[name] = replace(self.memos[name], value=MISSING)
            self.memory.gone.add(name)
        if names:  # what was before an edit goes with them
            self.before = {name: memo and replace(memo, value=MISSING) for name, memo in self.before.items()}
        return names

    def _can_go(self, name: str) -> bool:
        """True for a value that can be made again, and told from another one then."""
        node = self.graph.active(name, self.params()) if name in self._verified else None
        if node is None or node.kind != "value" or node.text is None:
            return False
        if self.cache.impurity(self.graph, self.runtime, node):
            return False
        return self.cache.digest(name, self.memos[name]) is not None

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

    def _settle(self, name: str) -> None:
        """A name is verified when all that it reads is."""
        node = self.graph.node(name)
        if node.when:
            node = self.graph.active(name, self.params()) or node
        if all(item.name in self._verified for item in node.inputs if item.name in self.graph.nodes):
            self._verified.add(name)

    def cache_by_default(self, mode: Cache) -> None:
        """Where values of nodes without `--cache` are kept; what is fresh now is kept there, too."""
        self.cache.mode = mode
        params = self.params()
        held = self._held()
        for name in order(held, self.graph.reads):
            node = self.graph.active(name, params)
            if node is not None and name in held and self.memos[name].error is None:
                self.cache.keep(self.graph, self.runtime, node, self.memos)

    def value(self, name: str) -> object:
        """A copy of a node's value that cannot change the dataflow; KeyError when it has none."""
        memo = self.memos[name]
        if memo.error is not None:
            raise KeyError(name)
        if memo.value is MISSING:
            self.hold([name])
            memo = self.memos[name]
        if memo.value is MISSING:  # stale by now: what it was is not known any more
            raise KeyError(name)
        self.memory.use(name)
        return self.values.isolate(memo.value)

    def sample(self, name: str) -> object:
        """The value of an input or param, its cell run if it has not been.

        Raises:
            RunError: DB305 when the cell fails.
        """
        memo = self._loaded(name)
        if memo.error is not None:
            raise memo.error
        return memo.value

    def params(self) -> dict[str, object]:
        """Current values of the params that choose variants."""
        names = [name for name in self.graph.deciding() if name in self.graph.nodes]
        memos = {name: self._loaded(name) for name in names}
        return {name: memo.value for name, memo in memos.items() if memo.error is None}

    def runnable(self) -> list[str]:
        """Every node that waits for nothing, in notebook order."""
        waiting = self.waiting()
        return [name for name in self.graph.names() if name not in waiting]

    def stale_after(self, names: Iterable[str]) -> list[str]:
        """What auto mode computes when `names` changed: they and what is downstream, as far as it can run.

        Lazy nodes wait to be asked for; a node that failed, or hangs on one that did, waits for an edit.
        """
        return self._staleness(self._verified).after(names)

    # -- states --------------------------------------------------------------------------------------------

    def waiting(self) -> dict[str, tuple[str, ...]]:
        """Nodes that cannot run, with the names they wait for."""
        staleness = self._staleness()
        return {name: reasons for name in self.graph.nodes if (reasons := staleness.reasons(name))}

    def states(self) -> dict[str, State]:
        """The state of every node, derived from memos."""
        staleness = self._staleness()
        return {name: staleness.state(name) for name in self.graph.nodes}

    def conditions(self, names: Iterable[str]) -> dict[str, tuple[State, tuple[str, ...]]]:
        """State of some nodes, and what they wait for; looks at these and what is stale upstream of them."""
        staleness = self._staleness(self._verified)
        known = [name for name in names if name in self.graph.nodes]
        return {name: (staleness.state(name), staleness.reasons(name)) for name in known}

    def unsure(self, names: Iterable[str]) -> list[str]:
        """The names, and what is upstream of them as far as it is not known to be fresh."""
        wanted = list(dict.fromkeys(names))
        more = closure(wanted, lambda name: () if name in self._verified else self.graph.reads(name))
        return list(dict.fromkeys([*wanted, *more]))

    # -- inside --------------------------------------------------------------------------------------------

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
