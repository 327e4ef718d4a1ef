"""The session is the one mutable object: the graph as it stands, and a memo for each node."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from kernel_magics.engine.cell import CellSource
from kernel_magics.engine.definition import Cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.event import Event, Failed, Finished, Reused
from kernel_magics.engine.graph import Graph
from kernel_magics.engine.lastwins import supersede
from kernel_magics.engine.memo import Key, Memo
from kernel_magics.engine.node import Node
from kernel_magics.engine.parse import parse_cell
from kernel_magics.engine.plan import Plan, make_plan, missing, waiting_error
from kernel_magics.engine.run import Runner, execute
from kernel_magics.engine.runtime import Runtime
from kernel_magics.engine.value import MISSING, PlainValues, Values
from kernel_magics.engine.links import closure, order

State = Literal["fresh", "stale", "failed", "waiting"]


class Session:
    """A dataflow being written: cells come and go, nodes are brought up to date when asked.

    Args:
        values: how values are compared and isolated; plain Python's rules by default.
    """

    def __init__(self, values: Values | None = None) -> None:
        self.values: Values = values or PlainValues()
        self.mode: Literal["auto", "lazy"] = "auto"
        self.graph = Graph()
        self.runtime = Runtime(self.values)
        self.memos: dict[str, Memo] = {}
        self._verified: set[str] = set()  # names known to be fresh; with a name, everything upstream of it
        self._versions = itertools.count(1)

    # -- cells ---------------------------------------------------------------------------------------------

    def register(
        self, *sources: CellSource, drop: Iterable[str] = (), load: bool = True, last_wins: bool = False
    ) -> list[str]:
        """Add or replace cells, all or none; returns the names whose definition is new or changed.

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
            self.runtime.run_setup(before.setup)
            raise
        self._adopt(graph)
        for name, value in loaded.items():
            self._keep(name, self._key(graph.node(name)), value, 0.0)
        names = [node.name for cell in cells for node in graph.owned[cell.id]]
        return list(dict.fromkeys([*names, *(self._reload(cells) if ran else ())]))

    def arranged(self, sources: Iterable[CellSource]) -> Session:
        """The same dataflow with its cells in the order, and under the headings and labels, of `sources`.

        Cells that `sources` lacks stay, behind the others; values are kept. Cells of `sources` that never ran
        here are left out.
        """
        placed: list[Cell] = []
        for source in sources:
            cell = self.graph.cells.get(source.id)
            if cell is not None:
                text = replace(source, magic=cell.magic, line=cell.line, body=cell.body)
                placed.append(parse_cell(text))
        ids = {cell.id for cell in placed}
        session = Session(self.values)
        session.mode = self.mode
        session.graph = Graph().put(*placed, *(cell for id, cell in self.graph.cells.items() if id not in ids))
        session.runtime = self.runtime
        if [cell.id for cell in session.graph.setup.cells] != [cell.id for cell in self.graph.setup.cells]:
            session.runtime = Runtime(self.values)
            session.runtime.run_setup(session.graph.setup)
        session.memos = dict(self.memos)
        session._versions = self._versions
        return session

    def forget(self, *ids: str) -> list[str]:
        """Remove deleted cells; returns the names that are gone."""
        gone = [node.name for id in ids for node in self.graph.owned.get(id, ())]
        if any(id in self.graph.cells for id in ids):
            graph = self.graph.drop(*ids)
            self.runtime.run_setup(graph.setup)
            self._adopt(graph)
        return [name for name in dict.fromkeys(gone) if name not in self.graph.nodes]

    def reset(self) -> None:
        """Forget everything."""
        self.graph, self.runtime, self.memos = Graph(), Runtime(self.values), {}
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
        params = self.params()
        forced = set(wanted) if force else set()
        self._unverify([name for name in wanted if name in forced])
        plan = make_plan(self.graph, wanted, self._verified, params)
        for name in plan.names:
            memo = self.memos.get(name)
            if memo is not None and memo.error is not None:
                forced.add(name)  # whoever asks for a failed node wants another try
        slots = self._filled(plan)
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
            self._verified &= self.graph.nodes.keys()

    def value(self, name: str) -> object:
        """A copy of a node's value that cannot change the dataflow; KeyError when it has none."""
        memo = self.memos[name]
        if memo.error is not None:
            raise KeyError(name)
        return self.values.isolate(memo.value)

    def sample(self, name: str) -> object:
        """The value of an input or param, its cell run if it has not been.

        Raises:
            RunError: DB305 when the cell fails.
        """
        if name not in self.memos:
            self._load(self.graph.cells[self.graph.node(name).cell_id])
        memo = self.memos[name]
        if memo.error is not None:
            raise memo.error
        return memo.value

    def params(self) -> dict[str, object]:
        """Current values of the params that choose variants."""
        names = [name for name in self.graph.deciding() if name in self.graph.nodes]
        for name in names:
            if name not in self.memos and self.graph.node(name).kind in ("input", "param"):
                self._load(self.graph.cells[self.graph.node(name).cell_id])
        return {name: self.memos[name].value for name in names if name in self.memos}

    def runnable(self) -> list[str]:
        """Every node that waits for nothing, in notebook order."""
        waiting = self.waiting()
        return [name for name in self.graph.names() if name not in waiting]

    def stale_after(self, names: Iterable[str]) -> list[str]:
        """What auto mode computes when `names` changed: they and what is downstream, as far as it can run.

        Lazy nodes wait to be asked for; a node that failed, or hangs on one that did, waits for an edit.
        """
        names = [name for name in names if name in self.graph.nodes]
        reached = [*names, *closure(names, lambda name: sorted(self.graph.readers.get(name, ())))]
        blocked = self._blocked(reached)
        return [name for name in dict.fromkeys(reached) if name not in blocked and not self.graph.node(name).lazy]

    def _blocked(self, names: list[str]) -> set[str]:
        """Names that wait, or that failed with the code and inputs they have now, or that depend on such."""
        blocked = set(self.waiting())
        for name in order(names, lambda name: () if name in self._verified else self._known_reads(name)):
            if name in self._verified:
                continue
            if self._failed(name) or any(read in blocked for read in self._known_reads(name)):
                blocked.add(name)
        return blocked

    def _known_reads(self, name: str) -> list[str]:
        """What a node reads, as far as it is defined."""
        return [read for read in self.graph.reads(name) if read in self.graph.nodes]

    # -- states --------------------------------------------------------------------------------------------

    def waiting(self) -> dict[str, tuple[str, ...]]:
        """Nodes that cannot run, with the names they wait for."""
        params = self.params()
        found: dict[str, tuple[str, ...]] = {}
        for name in order(self.graph.nodes, self._known_reads):
            node = self.graph.active(name, params)
            if node is None:
                found[name] = self.graph.reads(name) and missing(self.graph, name) or (name,)
                continue
            lacks = [item.name for item in node.inputs if not item.optional and item.name not in self.graph.nodes]
            through = [lack for item in node.inputs for lack in found.get(item.name, ())]
            reasons = tuple(dict.fromkeys([*lacks, *node.lacks, *through]))
            if reasons:
                found[name] = reasons
        return found

    def states(self) -> dict[str, State]:
        """The state of every node, derived from memos."""
        waiting = self.waiting()
        params = self.params()
        found: dict[str, State] = {}
        for name in order(self.graph.nodes, self._known_reads):
            node = self.graph.active(name, params)
            if name in waiting or node is None:
                found[name] = "waiting"
                continue
            upstream = [item.name for item in node.inputs if item.name in self.graph.nodes]
            memo = self.memos.get(name)
            if memo is None or any(found[read] != "fresh" for read in upstream) or memo.key != self._key(node):
                found[name] = "stale"
            else:
                found[name] = "failed" if memo.error is not None else "fresh"
        return found

    # -- inside --------------------------------------------------------------------------------------------

    def _adopt(self, graph: Graph) -> None:
        """Make `graph` the graph; what changed and everything downstream has to be verified again."""
        changed = [
            name
            for name in {**self.graph.nodes, **graph.nodes}
            if not _same(self.graph.nodes.get(name), graph.nodes.get(name))
        ]
        if self.graph.setup is not graph.setup:
            changed = list({**self.graph.nodes, **graph.nodes})
        old = self.graph
        self.graph = graph
        for name in changed:
            if name not in graph.nodes or old.nodes.get(name, graph.nodes[name])[0].kind != graph.nodes[name][0].kind:
                self.memos.pop(name, None)
        self._unverify(changed)

    def _unverify(self, names: list[str]) -> None:
        reached = closure(names, lambda name: self.graph.readers.get(name, ()))
        self._verified.difference_update(names, reached)

    def _reload(self, done: list[Cell]) -> list[str]:
        """Run the other inputs and params cells again, because the setup changed."""
        ids = {cell.id for cell in done}
        names: list[str] = []
        for cell in self.graph.cells.values():
            if cell.magic in ("inputs", "params") and cell.id not in ids:
                names += [item.name for item in cell.definitions if item.name in self.memos]
                if names:
                    self._load(cell)
        return names

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
            self._keep(item.name, key, values.get(item.name), 0.0, failure)

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
        if memo is None or memo.error is not None or memo.key != self._key(node):
            return MISSING
        return memo.value

    def _failed(self, name: str) -> bool:
        """True when the node failed with exactly the code and inputs that it has now."""
        memo = self.memos.get(name)
        node = self.graph.active(name, self.params())
        return bool(memo and memo.error is not None and node is not None and memo.key == self._key(node))

    def _filled(self, plan: Plan) -> list[object]:
        slots: list[object] = [MISSING] * len(plan.names)
        for slot in plan.sources:
            name = plan.names[slot]
            slots[slot] = self.sample(name)
        return slots

    def _fold(self, event: Event) -> None:
        if isinstance(event, Finished | Failed):
            node = self.graph.active(event.name, self.params())
            if node is None:
                return
            error = event.error if isinstance(event, Failed) else None
            value = event.value if isinstance(event, Finished) else None
            self._keep(event.name, self._key(node), value, event.seconds, error)
        elif isinstance(event, Reused):
            self._verified.add(event.name)

    def _keep(
        self, name: str, key: Key, value: object, seconds: float, error: DataflowError | None = None
    ) -> None:
        old = self.memos.get(name)
        same = error is None and old is not None and old.error is None and self.values.equal(old.value, value)
        version = old.version if same and old is not None else next(self._versions)
        self.memos[name] = Memo(key, version, value, seconds, time.time(), error)
        if error is None:
            self._verified.add(name)
        if not same:
            self._unverify_readers(name)

    def _unverify_readers(self, name: str) -> None:
        if any(reader in self._verified for reader in self.graph.readers.get(name, ())):
            reached = closure([name], lambda each: self.graph.readers.get(each, ()))
            self._verified.difference_update(set(reached) - {name})


def _same(old: tuple[Node, ...] | None, new: tuple[Node, ...] | None) -> bool:
    """True when a name means the same code."""
    if old is None or new is None or old is new:
        return old is new
    return [(n.digest, n.when, n.kind, n.input_names) for n in old] == [
        (n.digest, n.when, n.kind, n.input_names) for n in new
    ]
