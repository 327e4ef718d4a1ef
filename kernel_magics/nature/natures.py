"""Natures are the verdicts on all nodes of a dataflow: each by itself, and from the inputs on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pandas as pd

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import order
from kernel_magics.engine.session.impure import imported_names, volatile_reads
from kernel_magics.nature.code import literals_of
from kernel_magics.nature.enlarge import wanted_steps
from kernel_magics.nature.learn import learn, nothing_known
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.shorten import shortened
from kernel_magics.nature.subject import Failed, Subject
from kernel_magics.nature.table import Table, axis_of, labels_of, numbered, seen_as_table
from kernel_magics.nature.verdict import Verdict, refused, unknown
from kernel_magics.nature.world import World


@dataclass(frozen=True, slots=True)
class FromInputs:
    """What holds of a node from the dataflow's inputs on: all that lies between has to hold.

    Attributes:
        look_back: what the inputs must have of the past, as a length of time.
    """

    row_wise: Verdict
    keys: Mapping[str, Verdict]
    point_in_time: Verdict
    look_back: Verdict

    def to_json(self) -> dict[str, Any]:
        """The verdicts by name."""
        return {
            "row_wise": self.row_wise.to_json(),
            "key_wise": {key: verdict.to_json() for key, verdict in self.keys.items()},
            "point_in_time": self.point_in_time.to_json(),
            "look_back": self.look_back.to_json(),
        }


@dataclass(frozen=True, slots=True)
class NodeNature:
    """The nature of a node by itself, and from the inputs on."""

    own: Nature
    ends: FromInputs

    def to_json(self) -> dict[str, Any]:
        """The verdicts by name; those from the inputs on under `from_inputs`."""
        return {**self.own.to_json(), "from_inputs": self.ends.to_json()}


class Memory(Protocol):
    """Where natures are kept, by what they were learnt from."""

    def key(self, world: World, name: str, sample: Sample) -> str | None:
        """What decides the nature of a node; None where that cannot be told."""

    def get(self, key: str) -> Nature | None:
        """The nature kept under a key."""

    def put(self, key: str, nature: Nature, code: str) -> None:
        """Keep a nature, also as the last one of some code."""

    def code_key(self, world: World, name: str) -> str:
        """What decides the nature of a node beside its sample."""


@dataclass(frozen=True)
class Learning:
    """How natures are learnt.

    Attributes:
        seconds: CPU time for each node.
        memory: where natures are looked for first, and kept.
        note: called with each node that is begun.
    """

    seconds: float = 10.0
    memory: Memory | None = None
    note: Callable[[str], None] = lambda name: None


def learn_natures(
    world: World, names: Iterable[str] | None = None, learning: Learning | None = None
) -> dict[str, NodeNature]:
    """The natures of nodes; those upstream of them are learnt, too, for what holds from the inputs on.

    Args:
        names: nodes; all by default.
    """
    learning = learning or Learning()
    nodes = world.nodes()
    wanted = set(nodes if names is None else names)
    needed = {*wanted, *(each for name in wanted for each in _upstream(world, name))}
    own: dict[str, Nature] = {}
    keys = world.keys or found_keys(world)
    for name in nodes:
        if name in needed:
            own[name] = _own(world, name, keys, learning)
    ends = from_inputs(world.graph, own, keys)
    return {name: NodeNature(own[name], ends[name]) for name in nodes if name in wanted}


def found_keys(world: World) -> tuple[str, ...]:
    """The keys that the inputs look as if they had."""
    inputs = {name: value for name, value in world.values.items() if _kind(world, name) == "input"}
    return Sample(inputs, times=world.times).keys


def _kind(world: World, name: str) -> str:
    return world.graph.node(name).kind if name in world.graph.nodes else ""


def _upstream(world: World, name: str) -> list[str]:
    found: dict[str, None] = {}
    queue = [name]
    for each in queue:
        for read in world.graph.reads(each):
            if read not in found:
                found[read] = None
                queue.append(read)
    return list(found)


def _own(world: World, name: str, keys: tuple[str, ...], learning: Learning) -> Nature:
    """The nature of a node by itself, given its direct inputs."""
    node, value = world.node(name), world.values.get(name)
    if node is None or name not in world.values:
        return nothing_known("it has no value", keys)
    if isinstance(value, Failed):
        return nothing_known(f"it fails on the sample: {value}", keys)
    reads = volatile_reads(world.graph, node, imported_names(world.graph.setup))
    if reads:
        return nothing_known(f"it reads {reads} beside its inputs", keys)
    function = world.function(node)
    source = node.text.source if node.text is not None else ""
    subject = Subject(function, source, learning.seconds)
    sample = node_sample(world, name, keys)
    sample = shortened(sample, wanted_steps(literals_of(function, source).sizes))
    key = learning.memory.key(world, name, sample) if learning.memory is not None else None
    known = learning.memory.get(key) if learning.memory is not None and key is not None else None
    if known is not None:
        return known
    learning.note(name)
    nature = learn(subject, sample)
    if learning.memory is not None and key is not None:
        learning.memory.put(key, nature, learning.memory.code_key(world, name))
    return nature


def node_sample(world: World, name: str, keys: tuple[str, ...]) -> Sample:
    """What a node reads, with keys and times of its rows that only other values tell."""
    inputs = world.inputs_of(name)
    tables = {each: table for each, value in inputs.items() if (table := seen_as_table(value)) is not None}
    beside: dict[str, Table] = {}
    for wanted in (*keys, *world.times):
        if not any(axis_of(table, wanted, each) is not None for each, table in tables.items()):
            column = _beside(world, wanted, list(tables.values()))
            if column is not None:
                beside[wanted] = column
    return Sample(inputs, beside, keys, world.times)


def _beside(world: World, wanted: str, tables: list[Table]) -> Table | None:
    """An axis of another value that has the same rows as one of these tables."""
    for name, value in world.values.items():
        other = seen_as_table(value)
        if other is None or isinstance(other, pd.Index):
            continue
        axis = axis_of(other, wanted, name)
        if axis is None:
            continue
        for table in tables:
            labels = labels_of(table)
            same = len(labels) == len(axis) and labels.equals(labels_of(other))
            if same and numbered(table) == numbered(other) and not isinstance(table, pd.DataFrame):
                return axis.set_axis(labels)
    return None


# -- from the inputs on ------------------------------------------------------------------------------------


def from_inputs(graph: Graph, own: Mapping[str, Nature], keys: tuple[str, ...]) -> dict[str, FromInputs]:
    """What holds from the inputs on, for each node: its own verdict, and those of all that it comes from."""
    found: dict[str, FromInputs] = {}
    for name in order(own, graph.reads):
        if name not in own:
            continue
        nature = own[name]
        above = {read: found[read] for read in graph.reads(name) if read in found}
        lost = [read for read in graph.reads(name) if read not in found and _computed(graph, read)]
        above |= dict.fromkeys(lost, _UNKNOWN)
        found[name] = FromInputs(
            _composed(nature.row_wise, {read: ends.row_wise for read, ends in above.items()}),
            {
                key: _composed(
                    nature.keys.get(key, unknown(f"its inputs have no '{key}'")),
                    {read: ends.keys.get(key, ends.row_wise) for read, ends in above.items()},
                )
                for key in keys
            },
            _composed(_timely(nature), {read: ends.point_in_time for read, ends in above.items()}),
            _added(nature.look_back, {read: ends.look_back for read, ends in above.items()}),
        )
    return found


_UNSEEN = unknown("it was not looked at")
_UNKNOWN = FromInputs(_UNSEEN, {}, _UNSEEN, _UNSEEN)


def _computed(graph: Graph, name: str) -> bool:
    return name in graph.nodes and graph.node(name).kind == "value"


def _timely(nature: Nature) -> Verdict:
    both = (nature.point_in_time, nature.same_rows)
    return next((verdict for verdict in both if not verdict), nature.point_in_time)


def _composed(own: Verdict, above: Mapping[str, Verdict]) -> Verdict:
    """A verdict of all: the own one where it does not hold, else the first one above that does not."""
    if not own:
        return own
    for read, verdict in above.items():
        if not verdict:
            why = verdict.why if verdict.why.startswith("through ") else f"through '{read}': {verdict.why}"
            return unknown(why, own.probes)
    return replace(own, why="")


def _added(own: Verdict, above: Mapping[str, Verdict]) -> Verdict:
    """Look-backs one behind the other add up, where all are lengths of the same kind."""
    verdict = _composed(own, above)
    if not verdict:
        return verdict
    units = {each.unit for each in (own, *above.values()) if each.span}
    if len(units) > 1:
        return refused(f"it looks back in {' and in '.join(sorted(units))}")
    longest = max((each.span or 0 for each in above.values()), default=0)
    return replace(verdict, span=(own.span or 0) + longest, unit=next(iter(units), own.unit))
