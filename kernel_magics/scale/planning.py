"""Planning makes the stages of a run from natures, and rehearses them on a sample."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.stages import Stages, make_stages
from kernel_magics.nature.world import World
from kernel_magics.scale.columns import used_columns
from kernel_magics.scale.plan import Plan, make_steps
from kernel_magics.scale.rehearsal import Rehearsed, rehearse, scenes


def make_plan(
    world: World,
    natures: Mapping[str, Nature],
    key: str,
    outputs: Iterable[str],
    *,
    given: Collection[str],
    checks: Collection[str] = (),
    in_pieces: Collection[str] = (),
) -> Plan:
    """The plan of a run.

    Args:
        world: a sample with its values.
        natures: of all nodes that are needed, by themselves.
        outputs: what is wanted.
        given: names of inputs, and of nodes whose values are given.
        checks: checks to evaluate.
        in_pieces: outputs that are handed over in parts; others are put together.
    """
    graph = world.graph
    outputs = tuple(dict.fromkeys(outputs))
    read = dict.fromkeys(read for check in checks for read in graph.reads(check))
    subjects = [name for name in read if _is_value(graph, name) and name not in given]
    outputs = tuple(name for name in outputs if name not in given)
    joined = frozenset([*(name for name in outputs if name not in in_pieces), *subjects])
    wanted = tuple(dict.fromkeys([*outputs, *subjects]))
    found = scenes(world, key, given)
    whole: dict[str, str] = {}
    while True:
        stages = make_stages(graph, natures, key, wanted, whole, given)
        result = rehearse(stages, found, joined)
        new = {name: why for name, why in result.whole.items() if name not in whole}
        if not new:
            break
        whole |= new
    return _plan(world, stages, result, joined, frozenset(in_pieces) & set(outputs), tuple(checks))


def _plan(
    world: World,
    stages: Stages,
    result: Rehearsed,
    joined: frozenset[str],
    in_pieces: frozenset[str],
    checks: tuple[str, ...],
) -> Plan:
    reads = {name: tuple(world.graph.reads(name)) for stage in stages.stages for name in stage.nodes}
    steps = make_steps(stages, joined, in_pieces)
    columns = {}
    for name in [*(name for step in steps if step.kind == "whole" for name in step.nodes), *checks]:
        node = world.graph.node(name) if name in checks else world.node(name)
        for read in reads.get(name, tuple(world.graph.reads(name))):
            used = used_columns(node, read) if node is not None else None
            value: Any = world.values.get(read)
            if used is not None and hasattr(value, "columns") and set(used) <= set(value.columns):
                columns[name, read] = used
    return Plan(stages, steps, result.orders, columns, checks)


def _is_value(graph: Graph, name: str) -> bool:
    return name in graph.nodes and graph.node(name).kind == "value"
