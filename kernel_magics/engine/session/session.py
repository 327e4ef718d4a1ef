"""The session is the one mutable object: the graph as it is now, and a memo for each node."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import nullcontext
from copy import copy
from dataclasses import replace
from typing import Literal

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import RunError
from kernel_magics.engine.graph.fill import refilled
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure, order
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import downstream_of, make_plan
from kernel_magics.engine.run.call import Calls
from kernel_magics.engine.run.event import Event, Failed, Skipped
from kernel_magics.engine.run.inline import Inline
from kernel_magics.engine.run.local_code import LocalCode
from kernel_magics.engine.run.origin import imported_roots, loading
from kernel_magics.engine.run.runtime import Runtime
from kernel_magics.engine.run.schedule import Place, schedule
from kernel_magics.engine.run.testing import TestResult, run_test
from kernel_magics.engine.session.memo_table import MemoTable
from kernel_magics.engine.session.staleness import State
from kernel_magics.engine.session.store import Cache, Store
from kernel_magics.engine.session.supersede import supersede
from kernel_magics.engine.session.watch import Watched, judged
from kernel_magics.engine.source.cell import CellSource, text_key
from kernel_magics.engine.values.generator import holds_generator
from kernel_magics.engine.values.value import MISSING, PlainValues, Values


class Session:
    """A dataflow under development: cells are added and removed, nodes are computed on request.

    Attributes:
        values: how values are compared and isolated.
        mode: whether the notebook computes stale nodes at once (`auto`) or on request (`lazy`).
        memos: the memo of each node, and the graph to which they belong.
        injections: for each cell that gives params other values than their defaults, the sources of these.

    Args:
        values: plain Python's rules by default.
        store: where results with `--cache disk` are kept.
        outside: returns the names that ordinary cells define (see `Graph`).
    """

    def __init__(
        self,
        values: Values | None = None,
        store: Store | None = None,
        outside: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self.values: Values = values or PlainValues()
        self.mode: Literal["auto", "lazy"] = "auto"
        self.memos = MemoTable(self.values, store, Graph(outside=outside))
        self.injections: dict[str, Mapping[str, str]] = {}
        self._local = LocalCode()

    @property
    def graph(self) -> Graph:
        """The linked cells."""
        return self.memos.graph

    @property
    def runtime(self) -> Runtime:
        """The namespaces and functions of the graph."""
        return self.memos.runtime

    def params(self) -> dict[str, object]:
        """Current values of the params that choose variants."""
        return self.memos.params()

    # -- cells ---------------------------------------------------------------------------------------------

    def register(
        self, *sources: CellSource, drop: Iterable[str] = (), load: bool = True, last_wins: bool = False
    ) -> list[str]:
        """Add or replace cells, all or none; returns the names that are new, changed or removed.

        Args:
            drop: ids of cells to remove first.
            load: run `%%inputs` and `%%params` cells now, not when their values are needed.
            last_wins: the notebook gives no cell ids; new definitions replace older ones of the same names.

        Raises:
            DataflowError: the dataflow is unchanged.
        """
        cells = [parse_cell(self._injected(source)) for source in sources]
        before = self.graph
        smaller: list[Cell] = []
        if last_wins:
            filled = refilled({cell.id: cell for cell in cells}, before.setup, ())
            cells = [filled.get(cell.id, cell) for cell in cells]
            smaller, empty = supersede(before, cells)
            drop = [*drop, *empty]
        graph = before.put(*smaller, *cells, drop=drop)
        again = next((cell.id for cell in cells if cell.magic == "setup"), None)

        def link() -> list[str]:
            self.runtime.run_setup(graph.setup, again)
            loaded: dict[str, object] = {}
            for cell in cells:
                if load and cell.magic in ("inputs", "params"):
                    loaded.update(self.memos.run_values(cell))
            changed = self.memos.adopt(graph, graph.touched)
            self.memos.load(loaded, changed)
            own = [node.name for cell in cells for node in graph.owned[cell.id]]
            self.memos.retry(name for name in own if name not in changed)
            return list(dict.fromkeys([*own, *changed]))

        names = self.memos.all_or_nothing(link)
        self.memos.watch.follow(self.runtime)
        return names

    def inject(self, id: str, values: Mapping[str, str]) -> list[str]:
        """Let an ordinary cell give params values in place of their defaults, or take back what it gave.

        Args:
            values: source of the values, by name; empty for a cell that gives none any more.

        Returns:
            the names that changed.
        """
        if values == self.injections.get(id, {}):
            return []
        before = self.injections
        others = {other: given for other, given in before.items() if other != id}
        try:
            self.injections = {**others, id: values} if values else others
            params = [cell for cell in self.graph.cells.values() if cell.magic == "params"]
            moved = [
                cell.source
                for cell in params
                if parse_cell(self._injected(cell.source)).injected != cell.injected
            ]
            return self.register(*moved, load=False) if moved else []
        except BaseException:
            self.injections = before
            raise

    def _injected(self, source: CellSource) -> CellSource:
        given = {name: text for values in self.injections.values() for name, text in values.items()}
        return replace(source, injected=given) if given and source.magic == "params" else source

    def follow_local_code(self) -> tuple[list[str], list[str]]:
        """Load local modules again whose files changed; nodes that use them become stale.

        Returns:
            these modules, and the nodes that became stale.

        Raises:
            RunError: DB305 when the setup fails with them; the old modules stay until their files change
                again.
        """
        graph, imports = self.graph, self.memos.imports
        if not imports:
            return [], []
        self._local.note(sorted(set().union(*imports.values())))
        changed = self._local.changed()
        if not changed:
            return [], []
        reached = self._local.reached(changed)

        def run_again() -> list[str]:
            if graph.setup.cells:
                self.runtime.run_setup(graph.setup, graph.setup.cells[0].id)
            stale = self.memos.make_stale(node.name for node in graph if self._imports_any(node, reached))
            made_anew = self.memos.outdated()  # classes of the setup are new ones, whatever they import
            self.memos.unverify(made_anew)
            return list(dict.fromkeys([*stale, *made_anew]))

        return changed, self._local.reload(reached, changed, lambda: self.memos.all_or_nothing(run_again))

    def _imports_any(self, node: Node, roots: Collection[str]) -> bool:
        """True when a node's cell, or a setup statement it uses, imports one of these top-level names."""
        imports = self.memos.imports
        if not frozenset(imports.get(node.cell_id, ())).isdisjoint(roots):
            return True
        return any(
            item.cell_id in imports and not imported_roots(item.code).isdisjoint(roots)
            for item in self.graph.setup.closure(node.uses)
        )

    def arranged(self, sources: Iterable[CellSource]) -> Session:
        """The same dataflow with its cells in the order, and with the headings and labels, of `sources`.

        Cells are matched by id, or else by text (a front end may send no ids). Cells that `sources` lacks are
        kept, after the others; values are kept. Cells of `sources` that never ran here are left out.
        """
        placed: list[Cell] = []
        ids: set[str] = set()
        same = {
            text_key(cell): cell for cell in self.graph.cells.values()
        }  # for cells without ids of the notebook file
        for source in sources:
            cell = self.graph.cells.get(source.id) or same.get(text_key(source))
            if cell is not None and cell.id not in ids:
                given = {name: item.given for name, item in cell.injected.items()}
                text = replace(source, magic=cell.magic, line=cell.line, body=cell.body, injected=given)
                placed.append(parse_cell(text))
                ids.add(cell.id)
        graph = Graph(outside=self.graph.outside).put(
            *placed, *(cell for id, cell in self.graph.cells.items() if id not in ids)
        )
        runtime = copy(self.runtime)
        runtime.run_setup(graph.setup)
        session = Session(self.values)
        session.mode, session.memos = self.mode, self.memos.under(graph, runtime)
        return session

    def only(self, names: Collection[str]) -> Session:
        """These nodes alone, with their values; they must need no others."""
        session = Session(self.values)
        session.mode, session.memos = self.mode, self.memos.under(self.graph.only(names), self.runtime)
        return session

    def reorder(self, ids: Iterable[str]) -> bool:
        """Put the cells into the notebook's order, which matters for setup cells that bind one name.

        Args:
            ids: of cells in notebook order; other cells come after these.

        Returns:
            whether anything moved.

        Raises:
            RunError: DB305 when the setup does not run in this order; the old order is kept.
        """
        cells = self.graph.cells
        wanted = list(dict.fromkeys([*(id for id in ids if id in cells), *cells]))
        if wanted == list(cells):
            return False
        graph = Graph(outside=self.graph.outside).put(*(cells[id] for id in wanted))
        if graph.setup.cells == self.graph.setup.cells:
            graph = replace(graph, setup=self.graph.setup)

        def link() -> None:
            self.runtime.run_setup(graph.setup)
            self.memos.adopt(graph, graph.cells)

        self.memos.all_or_nothing(link)
        return True

    def forget(self, *ids: str) -> list[str]:
        """Remove deleted cells; returns the names that are removed with them.

        Raises:
            RunError: DB305 when a setup cell fails without them; it is removed, too.
        """
        before = self.graph
        left = before.drop(*ids)
        if left is before:
            return []

        def link() -> RunError | None:
            graph, touched, failure = left, left.touched, None
            while True:
                try:
                    self.runtime.run_setup(graph.setup)
                    break
                except RunError as error:
                    failure = error
                    graph = graph.drop(*(cell.id for cell in error.concerns))
                    touched += graph.touched
            self.memos.adopt(graph, touched)
            return failure

        failure = self.memos.all_or_nothing(link)
        if failure is not None:
            raise failure
        return [name for name in before.nodes if name not in self.graph.nodes]

    def reset(self) -> None:
        """Forget everything."""
        self.injections = {}
        self.memos.reset()

    def test(self, cell: Cell) -> TestResult:
        """Run a test cell; what it changes of the setup is undone."""
        try:
            return run_test(self.graph, self.runtime, cell)
        finally:
            self.memos.mend()

    def mend(self) -> list[str]:
        """Undo what other code than that of its cells changed in the setup; returns the names."""
        return self.memos.mend()

    # -- values --------------------------------------------------------------------------------------------

    def compute(
        self, names: Iterable[str] | None = None, force: bool = False, place: Place = Inline
    ) -> Iterator[Event]:
        """Bring nodes up to date, computing only what is stale; yields the events of the run.

        Args:
            names: nodes to compute; all that can run by default.
            force: compute them even if they are fresh.
            place: where calls run; in this thread by default.

        Raises:
            WaitingError: DB203, before anything runs.
        """
        wanted = self.runnable() if names is None else list(dict.fromkeys(names))
        forced = set(wanted) if force else set()
        self.memos.unverify([name for name in wanted if name in forced])
        fresh = self.memos.fresh_among(self.memos.memory.evicted) - forced  # fresh although evicted: no call
        try:
            yield from self._update([name for name in wanted if name not in fresh], forced, place)
        finally:
            self.memos.evict()

    def _update(self, wanted: list[str], forced: Collection[str], place: Place) -> Iterator[Event]:
        """Run the plan of these names; evicted values that it needs are computed again.

        Where a node failed that changed what cannot be undone, nodes that became stale by that run again.
        """
        failed: set[str] = set()
        made_again = True
        while made_again:
            known, made_again = len(failed), False
            for event, again in self._run(wanted, forced, place):
                made_again |= again
                if isinstance(event, Failed):
                    failed.add(event.name)
                yield event
            made_again &= len(failed) > known  # each round has a new failure, so that there is a last one
            if made_again:
                out = {*failed, *closure(failed, self.graph.read_by)}
                staleness, left = self.memos.staleness(), [name for name in wanted if name not in out]
                wanted = [n for n in left if n in self.graph.nodes and staleness.state(n) == "stale"]
                forced, made_again = (), bool(wanted)

    def _run(self, wanted: list[str], forced: Collection[str], place: Place) -> Iterator[tuple[Event, bool]]:
        """Run the plan of these names once; the events, and whether something was made again with them."""
        self.memos.renew_setup()
        params, graph, watch = self.params(), self.graph, self.memos.watch
        if watch.is_in_doubt(self.runtime):
            self.memos.mend()
        watch.begin_run(self.runtime)
        self.memos.cache.begin_run()
        plan = make_plan(self.graph, wanted, self.memos.held(), params)
        broken = self.memos.load_sources(plan)
        if broken:
            for name, error in broken.items():
                yield Failed(name, error, 0.0), False
            skipped = downstream_of(plan, broken)
            for name, cause in skipped.items():
                yield Skipped(name, cause), False
            wanted = [name for name in wanted if name not in broken and name not in skipped]
            plan = make_plan(self.graph, wanted, self.memos.held(), params)
        slots: list[object] = [MISSING] * len(plan.names)
        for slot in plan.sources:
            slots[slot] = self.memos[plan.names[slot]].value
            self.memos.memory.use(plan.names[slot])
        try:
            # modules that nodes import when they run are followed, as those of the setup are
            inside = self.memos.imports.keys() - {cell.id for cell in graph.setup.cells}
            with self.values.guard(), loading() if inside else nullcontext():
                alone = place is Inline
                calls = Calls(
                    lambda node: watch.call(self.graph, self.runtime, node, alone), self.values, guards=watch
                )
                there = Watched(calls, watch, self.memos.cache) if alone else place(calls)

                def recall(node: Node) -> object:
                    return MISSING if node.name in forced else self.memos.recall(node)

                for event in judged(schedule(plan, slots, there, recall, free=False), watch):
                    # a failure is one of the setup as it is now; a value was made from the one before
                    again = isinstance(event, Failed) and self.memos.make_again()
                    self.memos.fold(event)
                    again |= self.memos.make_again()
                    yield event, again
        finally:
            if self.graph is not graph:  # the caller may have deleted cells between two events
                self.memos.verified &= self.graph.nodes.keys()

    def hold(self, names: Iterable[str] | None = None) -> None:
        """Load the values of these nodes (default: all that are fresh) into memory, regardless of the
        budget.

        Raises:
            DataflowError: an evicted value cannot be computed again.
        """
        evicted = self.memos.memory.evicted
        wanted = self.memos.fresh_among(evicted if names is None else evicted.intersection(names))
        for event in self._update(sorted(wanted), (), Inline) if wanted else ():
            if isinstance(event, Failed):
                raise event.error

    def cache_by_default(self, mode: Cache) -> None:
        """Set where values of nodes without `--cache` are kept; fresh values are stored at once."""
        self.memos.cache.mode = mode
        params = self.params()
        held = self.memos.held()
        for name in order(held, self.graph.reads):
            node = self.graph.active(name, params)
            if node is not None and name in held and self.memos[name].error is None:
                self.memos.cache.keep(self.graph, self.runtime, node, self.memos)

    def value(self, name: str) -> object:
        """A copy of a node's value that cannot change the dataflow; KeyError when it has none."""
        memo = self.memos[name]
        if memo.error is not None:
            raise KeyError(name)
        if memo.value is MISSING:
            self.hold([name])
            memo = self.memos[name]
        if memo.value is MISSING:  # evicted and stale: the old value cannot be computed any more
            raise KeyError(name)
        self.memos.memory.use(name)
        return self.values.isolate(memo.value)

    def sample(self, name: str) -> object:
        """The value of an input or param, its cell run if it has not been.

        Raises:
            RunError: DB305 when the cell fails.
        """
        memo = self.memos.loaded(name)
        if memo.error is not None:
            raise memo.error
        return memo.value

    def generator_readers(self, name: str) -> tuple[str, ...]:
        """The nodes that read the random generator `name`, if there are several; else ()."""
        memo, readers = self.memos.get(name), self.graph.read_by(name)
        if memo is None or len(readers) < 2 or not holds_generator(memo.value):
            return ()
        return tuple(other for other in self.graph.nodes if other in readers)

    def runnable(self) -> list[str]:
        """Every node that is not waiting, in notebook order."""
        waiting = self.waiting()
        return [name for name in self.graph.names() if name not in waiting]

    def stale_after(self, names: Iterable[str]) -> list[str]:
        """The nodes that auto mode computes when `names` changed: these and all downstream that can run.

        Lazy nodes need a request; a node that failed, or is downstream of one, needs an edit.
        """
        return self.memos.staleness(self.memos.verified).after(names)

    # -- states --------------------------------------------------------------------------------------------

    def waiting(self) -> dict[str, tuple[str, ...]]:
        """Nodes that cannot run, with the names they wait for."""
        staleness = self.memos.staleness()
        return {name: reasons for name in self.graph.nodes if (reasons := staleness.reasons(name))}

    def states(self) -> dict[str, State]:
        """The state of every node, derived from memos."""
        staleness = self.memos.staleness()
        return {name: staleness.state(name) for name in self.graph.nodes}

    def states_of(self, names: Iterable[str]) -> dict[str, tuple[State, tuple[str, ...]]]:
        """The states of some nodes, and the names they wait for; visits only stale nodes upstream of them."""
        staleness = self.memos.staleness(self.memos.verified)
        known = [name for name in names if name in self.graph.nodes]
        return {name: (staleness.state(name), staleness.reasons(name)) for name in known}

    def unverified(self, names: Iterable[str]) -> list[str]:
        """These names and the names upstream of them that are not known to be fresh."""
        wanted = list(dict.fromkeys(names))
        more = closure(wanted, lambda name: () if name in self.memos.verified else self.graph.reads(name))
        return list(dict.fromkeys([*wanted, *more]))
