"""After any edits of a notebook, its values are those of a fresh kernel running the same cells."""

from functools import cache
from unittest import mock

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.session import session as sessions
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.session.store import Cache, Store
from kernel_magics.engine.values.value import MISSING
from tests.engine import world
from tests.engine.driver import source
from tests.engine.shelf import Shelf
from tests.engine.templates import (
    BASE,
    BODIES,
    FUNCTIONS,
    INPUTS,
    LAZY,
    MORE_SETUPS,
    OTHERS,
    PARAMS,
    READS,
    SETUPS,
    START,
    VALUES,
    node_cells,
)
from tests.examples import NORMAL, examples


def text_for(template: str, **parts: object) -> str:
    """A cell's text from its template."""
    return template.format(**parts)


def values_of(session: Session) -> dict[str, str]:
    """What is fresh, by name, in a form that can be compared."""
    session.hold()
    states = session.states()
    return {name: shown(session.memos[name].value) for name, state in states.items() if state == "fresh"}


def shown(value: object) -> str:
    """A value as text; instances of setup classes by what they hold."""
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    return f"Pot({value.total})" if hasattr(value, "total") else repr(value)


def run_all(session: Session) -> set[str]:
    """Compute what can run; the names that failed."""
    list(session.compute())
    states = session.states()
    failed = {name for name, state in states.items() if state == "failed"}
    return {name for name in failed if session.graph.node(name).kind in ("value", "check")}


def from_scratch(cells: dict[str, str]) -> Session:
    """A fresh kernel that runs these cells in order, the setup first."""
    session = Session()
    for id, text in sorted(cells.items(), key=lambda item: not item[1].startswith("%%setup")):
        try:
            session.register(source(id, text))
        except DataflowError:
            continue
    return session


PARSE = cache(parse_cell)  # pure, and called with the same cells again and again


class Person(RuleBasedStateMachine):
    """A user at work on a notebook; `cells` has the texts that ran without an error."""

    def __init__(self) -> None:
        super().__init__()
        self.quick = mock.patch.object(sessions, "parse_cell", PARSE)
        self.quick.start()
        world.reset()
        self.store = self.make_store()
        self.session = self.make_session()
        self.cells: dict[str, str] = {}
        self.settled = True

    def make_store(self) -> Store:
        """Where results survive restarts."""
        return Shelf()

    def make_session(self) -> Session:
        """A new kernel, as it starts."""
        return Session(store=self.store)

    @initialize(order=st.permutations(list(START)), lazy=st.booleans())
    def start(self, order: list[str], lazy: bool) -> None:
        """A notebook whose cells were run in some order."""
        self.switch(lazy)
        self.run("base", BASE)
        for id in order:
            self.run(id, START[id])

    # -- actions of the user ---------------------------------------------------------------------------------

    @rule(which=st.integers(1, 2), template=st.sampled_from(SETUPS), k=VALUES)
    def setup_cell(self, which: int, template: str, k: int) -> None:
        self.run(f"setup {which}", text_for(template, k=k))

    @rule(which=st.integers(1, 2), template=st.sampled_from(MORE_SETUPS), k=VALUES)
    def late_setup_cell(self, which: int, template: str, k: int) -> None:
        self.run(f"late setup {which}", text_for(template, k=k))

    @rule(which=st.integers(1, 2), template=st.sampled_from(INPUTS), k=VALUES)
    def inputs_cell(self, which: int, template: str, k: int) -> None:
        self.run(f"inputs {which}", text_for(template, k=k))

    @rule(which=st.integers(1, 2), template=st.sampled_from(PARAMS), k=VALUES)
    def params_cell(self, which: int, template: str, k: int) -> None:
        self.run(f"params {which}", text_for(template, k=k))

    @rule(cell=node_cells(), body=st.sampled_from(BODIES), k=VALUES, lazy=LAZY)
    def node_cell(self, cell: tuple[str, str, str, str], body: str, k: int, lazy: str) -> None:
        id, name, r, s = cell
        self.run(f"node {id}", f"%%node {name}{lazy}\n{text_for(body, r=r, s=s, k=k)}")

    @rule(cell=node_cells(), template=st.sampled_from(FUNCTIONS), k=VALUES, lazy=LAZY)
    def function_cell(self, cell: tuple[str, str, str, str], template: str, k: int, lazy: str) -> None:
        id, name, r, _ = cell
        self.run(f"node {id}", text_for(template, n=name, r=r, k=k, lazy=lazy))

    @rule(kind=st.sampled_from(sorted(OTHERS)), r=READS, s=READS, k=VALUES)
    def other_cell(self, kind: str, r: str, s: str, k: int) -> None:
        self.run(kind, text_for(OTHERS[kind], r=r, s=s, k=k))

    @precondition(lambda self: len(self.cells) > 1)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        gone = data.draw(st.sampled_from([id for id in self.cells if id != "base"]))
        before = self.session.graph.nodes.keys()
        try:
            names = self.session.forget(gone)
            assert set(names) == before - self.session.graph.nodes.keys()
        except DataflowError as error:
            assert error.code == "DB305"
        self.cells = {id: text for id, text in self.cells.items() if id in self.session.graph.cells}
        assert gone not in self.cells
        self.settled = False

    @precondition(lambda self: len(self.cells) > 1)
    @rule(data=st.data())
    def run_again(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(list(self.cells)))
        self.run(id, self.cells[id])

    @precondition(lambda self: len(self.cells) > 1)
    @rule(data=st.data(), calls=st.integers(0, 4))
    def interrupt(self, data: st.DataObject, calls: int) -> None:
        """Ctrl-C during a cell, or during %compute."""
        id = data.draw(st.sampled_from([*self.cells, ""]))
        world.calls_left = calls
        try:
            if id:
                self.run(id, self.cells[id] + "\n\n")
            else:
                list(self.session.compute(force=True))
        except KeyboardInterrupt:
            self.settled = False
            if id and self.session.graph.cells[id].body.endswith("\n\n"):
                self.cells[id] += "\n\n"
        finally:
            world.calls_left = None

    @rule(rate=VALUES, sample=VALUES)
    def world_changes(self, rate: int, sample: int) -> None:
        """Outside data that the cells read has changed, and the user runs those cells again."""
        old = world.rate, world.sample
        world.rate, world.sample = rate, sample
        for id, text in list(self.cells.items()):
            if ("world.rate" in text or "world.sample" in text) and not self.run(id, text):
                world.rate, world.sample = old
                self.run(id, text)
                assert self.run(id, text), "what ran before runs again"

    @rule(lazy=st.booleans())
    def switch(self, lazy: bool) -> None:
        self.session.mode = "lazy" if lazy else "auto"
        self.settled = self.settled and not lazy

    @rule(data=st.data(), force=st.booleans())
    def compute(self, data: st.DataObject, force: bool) -> None:
        names = data.draw(st.lists(st.sampled_from(self.session.runnable() or [""]), max_size=3))
        list(self.session.compute([name for name in names if name], force))
        lazy = any(node.lazy for node in self.session.graph)  # what depends on it is not requested
        self.settled = self.settled and not lazy

    @rule(cache=st.sampled_from(["disk", "disk", "memory", "off"]))
    def restart(self, cache: Cache) -> None:
        """The kernel starts again and runs the notebook; it may reuse what is still true."""
        cells, mode = self.cells, self.session.mode
        self.session, self.cells = self.make_session(), {}
        self.session.mode, self.session.memos.cache.mode = mode, cache
        for id, text in sorted(cells.items(), key=lambda item: not item[1].startswith("%%setup")):
            self.run(id, text)

    @rule(budget=st.sampled_from([None, 0, 100, 300]))
    def limit_memory(self, budget: int | None) -> None:
        """`%dataflow memory`: values are evicted, and made again when they are needed."""
        self.session.memos.memory.budget = budget
        self.session.memos.evict()

    @rule()
    def keep_on_disk(self) -> None:
        """`%dataflow cache disk`."""
        self.session.cache_by_default("disk")

    @rule()
    def catch_up(self) -> None:
        """After %compute everything that can be computed is what a fresh kernel computes."""
        fresh = from_scratch(self.cells)
        assert run_all(self.session) == run_all(fresh)
        assert values_of(self.session) == values_of(fresh)
        self.settled = True

    def run(self, id: str, text: str) -> bool:
        """Run a cell; False when it is an error, which has to leave everything as it was."""
        before, memos = self.session.graph, dict(self.session.memos)
        try:
            changed = self.session.register(source(id, text))
        except DataflowError:
            assert self.session.graph is before
            assert self.session.memos == memos
            return False
        self.cells[id] = text
        if self.session.mode == "auto":
            list(self.session.compute(self.session.stale_after(changed)))
        else:
            self.settled = False
        return True

    # -- what must hold then --------------------------------------------------------------------------------

    @invariant()
    def what_is_fresh_is_right(self) -> None:
        """A fresh node has the value that a fresh kernel computes."""
        fresh = from_scratch(self.cells)
        run_all(fresh)
        expected = values_of(fresh)
        for name, value in values_of(self.session).items():
            assert expected.get(name) == value, name

    @invariant()
    def bookkeeping_agrees(self) -> None:
        """What is verified is fresh, memos belong to nodes, and the indexes are those of a new graph."""
        session, states = self.session, self.session.states()
        assert session.memos.verified <= {name for name, state in states.items() if state == "fresh"}
        assert session.memos.keys() <= session.graph.nodes.keys()
        gone = {name for name, memo in session.memos.items() if memo.value is MISSING}
        assert gone == session.memos.memory.evicted
        graph = session.graph
        if any(node.lacks for node in graph):
            return
        again = Graph().put(*graph.cells.values())
        assert (again.owned, again.owners) == (graph.owned, graph.owners)
        assert (again.nodes, again.readers, again.choices) == (graph.nodes, graph.readers, graph.choices)

    @invariant()
    def auto_mode_keeps_up(self) -> None:
        """In auto mode nothing is stale but what is lazy, and what hangs on that or on a failure."""
        if not self.settled or self.session.mode != "auto":
            return
        graph, states = self.session.graph, self.session.states()
        for name, state in states.items():
            if state == "stale" and not graph.node(name).lazy:
                assert any(states.get(read) in ("stale", "failed") for read in graph.reads(name)), name

    def teardown(self) -> None:
        try:
            self.catch_up()
        finally:
            self.quick.stop()


FULL = settings.default.max_examples >= NORMAL
Person.TestCase.settings = examples(
    40,
    least=5,
    stateful_step_count=30 if FULL else 15,  # so many edits are typed
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
TestPerson = Person.TestCase
