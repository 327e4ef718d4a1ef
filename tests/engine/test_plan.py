"""A plan is a flat list of calls: the arguments of each, the slot of its value, and when a value is used last."""

import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.plan import Plan, downstream_of, make_plan
from kernel_magics.engine.run.call import Calls
from kernel_magics.engine.run.inline import Inline
from kernel_magics.engine.run.runtime import Runtime
from kernel_magics.engine.run.schedule import schedule
from kernel_magics.engine.values.value import MISSING, PlainValues
from tests.engine.driver import said
from tests.engine.test_graph import graph_of

CELLS = (
    "%%inputs\nx = 1\ny = 2",
    "%%node a\nx + y",
    "%%node b\na * 2",
    "%%node\ndef c(a, b, z=5, *, y):\n    return (a, b, z, y)",
    "%%node d\nb - 1",
)


def shape(plan: Plan) -> list[tuple[str, list[str], list[str], list[str]]]:
    """Each step as names: the node, its arguments, its keywords, the values to free after it."""
    names = plan.names
    return [
        (
            step.node.name,
            [names[slot] for slot in step.args],
            [key for key, slot in step.kwargs if names[slot] == key],
            sorted(names[slot] for slot in step.frees),
        )
        for step in plan.steps
    ]


def test_a_plan_holds_what_is_needed_and_nothing_else() -> None:
    """Steps are in an order in which they can run; values are freed after their last use, outputs never."""
    plan = make_plan(graph_of(*CELLS), ["c"], (), {})
    assert shape(plan) == [
        ("a", ["x", "y"], [], ["x"]),
        ("b", ["a"], [], []),
        ("c", ["a", "b"], ["y"], ["a", "b", "y"]),
    ]
    assert [plan.names[slot] for slot in plan.sources] == ["x", "y"]
    assert [plan.names[slot] for slot in plan.outputs.values()] == list(plan.outputs) == ["c"]


def test_outputs_are_kept() -> None:
    """A requested value is not freed, even if others read it."""
    plan = make_plan(graph_of(*CELLS), ["d", "b", "b"], (), {})
    assert shape(plan)[-1] == ("d", ["b"], [], [])
    assert set(plan.outputs) == {"d", "b"}


def test_nothing_upstream_of_a_given_value_is_needed() -> None:
    """Given names are sources, and what only they need is left out; a given optional input is passed."""
    plan = make_plan(graph_of(*CELLS), ["d", "c"], ["b", "a", "z"], {})
    assert [step.node.name for step in plan.steps] == ["d", "c"]
    assert shape(plan)[1][1] == ["a", "b", "z"]
    assert {plan.names[slot] for slot in plan.sources} == {"a", "b", "y", "z"}


def test_a_plan_of_what_waits_is_refused() -> None:
    """Nothing runs when something needed is missing: an input, a global, or a variant."""
    graph = graph_of("%%node a\nx", "%%node b\na", "%%node v --when m=1\n1")
    for wanted, match in {
        "b": "'a' needs 'x'",
        "v": "'v' has no variant for an undefined m",
        "q": "'q' is not",
    }.items():
        with pytest.raises(DataflowError, match=f"DB203 {match}"):
            make_plan(graph, [wanted], (), {})


def test_the_variant_of_the_moment_is_planned() -> None:
    """Only what the chosen variant reads is needed."""
    graph = graph_of("%%node v --when m=1\nx", "%%node v --when m=2\ny", "%%inputs\nx = 1", "%%params\nm = 1")
    plan = make_plan(graph, ["v"], (), {"m": 1})
    assert plan.names == ("x", "v")
    with pytest.raises(DataflowError, match="'v' needs 'y'"):
        make_plan(graph, ["v"], (), {"m": 2})


def test_what_hangs_on_a_broken_source() -> None:
    """Every node that needs it, directly or not, with the broken name."""
    plan = make_plan(graph_of(*CELLS, "%%node e\ny"), ["d", "e"], (), {})
    assert downstream_of(plan, ["x"]) == {"a": "x", "b": "x", "d": "x"}
    assert downstream_of(plan, []) == {}


def run(graph: Graph, wanted: list[str], free: bool) -> tuple[list[str], list[object]]:
    """Run a plan; its events and its slots afterwards."""
    plan = make_plan(graph, wanted, (), {})
    slots: list[object] = [MISSING] * len(plan.names)
    for slot in plan.sources:
        slots[slot] = {"x": 1, "y": 2}[plan.names[slot]]
    runtime = Runtime(PlainValues())
    place = Inline(Calls(lambda node: runtime.function(graph, node), PlainValues()))
    events = said(schedule(plan, slots, place, free=free))
    return events, [slots[plan.names.index(name)] for name in ("x", "a", "b", "c")]


def test_a_run_fills_the_slots_and_frees_them() -> None:
    """Values without further readers are dropped, unless they are to be kept."""
    graph = graph_of(*CELLS)
    assert run(graph, ["c"], free=True) == (
        ["finished a", "finished b", "finished c"],
        [MISSING, MISSING, MISSING, (3, 6, 5, 2)],
    )
    assert run(graph, ["c"], free=False)[1] == [1, 3, 6, (3, 6, 5, 2)]
