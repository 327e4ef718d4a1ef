"""The scheduler: whatever ends first, each call has its arguments, and all that can run does."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.errors import RunError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.plan import Plan, Step, make_plan
from kernel_magics.engine.run.event import Event, Failed, Finished, Reused, Skipped, Started
from kernel_magics.engine.run.schedule import PENDING, schedule
from kernel_magics.engine.values.value import MISSING
from tests.engine.test_graph import graph_of


@dataclass
class World:
    """A plan, what becomes of its calls, and the order in which pending ones end.

    Attributes:
        fails: nodes whose call fails.
        fresh: nodes that need no call.
        later: nodes whose call is pending; `choose` says which of them ends next.
    """

    graph: Graph
    fails: set[str]
    fresh: set[str]
    later: set[str]
    choose: Callable[[int], int]
    running: list[tuple[Step, Finished | Failed]] = field(default_factory=list)
    stopped: bool = False

    def start(self, step: Step, slots: list[object]) -> object:
        """A call at this place."""
        given = [slots[slot] for slot in step.args]
        assert MISSING not in given, "a value that it reads is not there"
        event = self.outcome(step, given)
        if step.node.name in self.later:
            self.running.append((step, event))
            return PENDING
        if isinstance(event, Failed):
            raise event.error
        return event.value

    def outcome(self, step: Step, given: list[object]) -> Finished | Failed:
        """The result of a call; a value records what it was made from."""
        name = step.node.name
        if name in self.fails:
            return Failed(name, RunError("DB301", name), 0.0)
        return Finished(name, (name, *given), 0.0)

    def wait(self) -> tuple[Step, Finished | Failed]:
        """One of the pending calls ends."""
        return self.running.pop(self.choose(len(self.running)))

    def stop(self) -> None:
        """The run is over."""
        self.stopped = True

    def recall(self, node: object) -> object:
        """The value of a node that needs no call."""
        name = str(getattr(node, "name", ""))
        return f"kept {name}" if name in self.fresh else MISSING

    def run(
        self, wanted: list[str], free: bool, quiet: bool = False
    ) -> tuple[Plan, list[object], list[Event]]:
        """Run the plan; what its slots hold then, and what happened."""
        plan = make_plan(self.graph, wanted, (), {})
        slots: list[object] = [MISSING] * len(plan.names)
        return plan, slots, list(schedule(plan, slots, self, self.recall, free, quiet))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[World, list[str]]:
    """A graph of up to nine nodes, each reading some before it, and the wanted names."""
    names = [f"n{number}" for number in range(draw(st.integers(1, 9)))]
    cells = []
    for number, name in enumerate(names):
        read = sorted(draw(st.sets(st.sampled_from(names[:number])))) if number else []
        cells.append(f"%%node\ndef {name}({', '.join(read)}):\n    return 0")
    some = st.sets(st.sampled_from(names))
    wanted = draw(st.sets(st.sampled_from(names), min_size=1))
    pick = draw(st.randoms(use_true_random=False))
    choose = pick.randrange
    return World(graph_of(*cells), draw(some), draw(some), draw(some), choose), sorted(wanted)


def expected(world: World, plan: Plan) -> dict[str, object]:
    """The value of each node that can have one, computed one after the other."""
    values: dict[str, object] = {}
    for step in plan.steps:
        name, read = step.node.name, [plan.names[slot] for slot in step.args]
        if any(each not in values for each in read):
            continue
        if name in world.fresh:
            values[name] = f"kept {name}"
        elif name not in world.fails:
            values[name] = (name, *(values[each] for each in read))
    return values


@given(worlds())
def test_the_order_in_which_calls_end_changes_nothing(case: tuple[World, list[str]]) -> None:
    """Every node that can have a value has that of a run one after the other; each step ends exactly once."""
    world, wanted = case
    plan, slots, events = world.run(wanted, free=False)
    values = expected(world, plan)
    assert {name: slots[at] for at, name in enumerate(plan.names) if slots[at] is not MISSING} == values
    ended = [event for event in events if not isinstance(event, Started)]
    assert sorted(event.name for event in ended) == sorted(step.node.name for step in plan.steps)
    assert {event.name for event in ended if isinstance(event, Finished | Reused)} == set(values)
    assert world.stopped


@given(worlds())
def test_a_step_starts_when_all_that_it_reads_has_ended(case: tuple[World, list[str]]) -> None:
    """Events come in an order that a reader can follow; what is skipped names a node upstream that failed."""
    world, wanted = case
    plan, _, events = world.run(wanted, free=False)
    reads = {step.node.name: [plan.names[slot] for slot in step.args] for step in plan.steps}
    ended: dict[str, Event] = {}
    for event in events:
        assert set(reads[event.name]) <= ended.keys()
        if isinstance(event, Started):
            continue
        broken = {
            each.because if isinstance(each, Skipped) else each.name
            for each in (ended[name] for name in reads[event.name])
            if isinstance(each, Skipped | Failed)
        }
        assert isinstance(event, Skipped) == bool(broken)
        if isinstance(event, Skipped):
            assert event.because in broken
        ended[event.name] = event


@given(worlds())
def test_freed_values_are_those_that_nobody_reads_any_more(case: tuple[World, list[str]]) -> None:
    """No call lacks an argument (`World.start` checks that), and requested values are kept."""
    world, wanted = case
    plan, slots, _ = world.run(wanted, free=True)
    values = expected(world, plan)
    for name in wanted:
        assert slots[plan.outputs[name]] == values.get(name, MISSING)
    if not world.later and not world.fails:
        assert sum(value is not MISSING for value in slots) == len(wanted)


@given(worlds())
def test_a_quiet_run_tells_failures_only(case: tuple[World, list[str]]) -> None:
    """Calls that end at once and well are not worth an event; values are the same."""
    world, wanted = case
    world.later, world.fresh = set(), set()
    plan, slots, events = world.run(wanted, free=False, quiet=True)
    assert {type(event) for event in events} <= {Failed, Skipped}
    assert {plan.names[at] for at, value in enumerate(slots) if value is not MISSING} == set(
        expected(world, plan)
    )


def test_a_step_that_is_put_off_keeps_its_arguments() -> None:
    """The last reader of a value in the plan's order may end before another one begins."""
    cells = "def x():\n    0", "def slow():\n    0", "def first(x, slow):\n    0", "def last(x):\n    0"
    graph = graph_of(*(f"%%node\n{cell}" for cell in cells))
    world = World(graph, set(), set(), {"slow"}, lambda count: count - 1)
    plan, slots, events = world.run(["first", "last"], free=True)
    ended = [event.name for event in events if isinstance(event, Finished)]
    assert ended == ["x", "last", "slow", "first"]
    assert slots[plan.outputs["first"]] == ("first", ("x",), ("slow",))
