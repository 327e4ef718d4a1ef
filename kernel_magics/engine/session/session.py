"""The session is the one mutable object: the graph as it stands, and a memo for each node."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import RunError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure, order
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import downstream_of, make_plan
from kernel_magics.engine.run.call import Calls
from kernel_magics.engine.run.event import Event, Failed, Skipped
from kernel_magics.engine.run.inline import Inline
from kernel_magics.engine.run.runtime import Runtime
from kernel_magics.engine.run.schedule import Place, schedule
from kernel_magics.engine.session.memo import Memo
from kernel_magics.engine.session.memos import MemoTable
from kernel_magics.engine.session.staleness import State
from kernel_magics.engine.session.store import Cache
from kernel_magics.engine.session.supersede import supersede
from kernel_magics.engine.source.cell import CellSource, text_key
from kernel_magics.engine.values.value import MISSING


class Session(MemoTable):
    """A dataflow being written: cells come and go, nodes are brought up to date when asked.

    Args:
        values: how values are compared and isolated; plain Python's rules by default.
        store: where results survive that are to be kept on disk.
    """

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
            smaller, gone = supersede(before, cells)
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

    def reorder(self, ids: Iterable[str]) -> bool:
        """Put the cells into the notebook's order, which decides between setup cells that bind one name.

        Args:
            ids: of cells in notebook order; cells that it lacks come behind these.

        Returns:
            whether anything moved.

        Raises:
            RunError: DB305 when the setup does not run in this order; the old order stands.
        """
        cells = self.graph.cells
        wanted = list(dict.fromkeys([*(id for id in ids if id in cells), *cells]))
        if wanted == list(cells):
            return False
        graph = Graph().put(*(cells[id] for id in wanted))
        if graph.setup.cells == self.graph.setup.cells:
            graph = replace(graph, setup=self.graph.setup)
        self.runtime.run_setup(graph.setup)
        self._adopt(graph, graph.cells)
        return True

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
                graph = graph.drop(*(cell.id for cell in error.concerns))
                touched += graph.touched
        if graph is not before:
            self._adopt(graph, touched)
        if failure is not None:
            raise failure
        return [name for name in before.nodes if name not in graph.nodes] if graph is not before else []

    # -- values --------------------------------------------------------------------------------------------

    def compute(
        self, names: Iterable[str] | None = None, force: bool = False, place: Place = Inline
    ) -> Iterator[Event]:
        """Bring nodes up to date, computing only what is stale; yields what happens.

        Args:
            names: nodes to compute; all that can run by default.
            force: compute them even if they are fresh.
            place: where calls run; in this thread by default.

        Raises:
            WaitingError: DB203, before anything runs.
        """
        wanted = self.runnable() if names is None else list(dict.fromkeys(names))
        forced = set(wanted) if force else set()
        self._unverify([name for name in wanted if name in forced])
        fresh = self._let_go_fresh(self.memory.gone) - forced  # nothing to do for their own sake
        try:
            yield from self._bring([name for name in wanted if name not in fresh], forced, place)
        finally:
            self.let_go()

    def _bring(self, wanted: list[str], forced: Collection[str], place: Place) -> Iterator[Event]:
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
                calls = Calls(lambda node: self.runtime.function(self.graph, node), self.values)

                def recall(node: Node) -> object:
                    return MISSING if node.name in forced else self._recall(node)

                for event in schedule(plan, slots, place(calls), recall, free=False):
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
        gone = self.memory.gone
        wanted = self._let_go_fresh(gone if names is None else gone.intersection(names))
        for event in self._bring(sorted(wanted), (), Inline) if wanted else ():
            if isinstance(event, Failed):
                raise event.error

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
