"""Natures are the verdicts on all nodes of a dataflow, by themselves and from the inputs on; and leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import missing, missing_hint
from kernel_magics.engine.graph.private import private_nodes
from kernel_magics.engine.run.whereabouts import at
from kernel_magics.engine.session.impure import imported_names, volatile_reads
from kernel_magics.nature.code import literals_of
from kernel_magics.nature.enlarge import wanted_steps
from kernel_magics.nature.from_inputs import FromInputs, from_inputs
from kernel_magics.nature.leak import Leak
from kernel_magics.nature.learn import learn, nothing_known
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.parting import Parting, axis_beside, parting
from kernel_magics.nature.past import find_leaks
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.shorten import shortened
from kernel_magics.nature.stages import Stages, make_stages
from kernel_magics.nature.subject import Failed, Subject
from kernel_magics.nature.table import Table, axis_of, labels_of, seen_as_table
from kernel_magics.nature.world import World


@dataclass(frozen=True, slots=True)
class NodeNature:
    """The nature of a node by itself, and from the inputs on.

    Attributes:
        future: why it may read later rows, as its cell says; "" where it may not.
    """

    own: Nature
    ends: FromInputs
    future: str = ""

    @property
    def leak(self) -> str:
        """Where it reads later rows by itself, although it may not; "" where it does not."""
        return "" if self.future or self.own.point_in_time.holds is not False else self.own.point_in_time.why

    def to_json(self) -> dict[str, Any]:
        """The verdicts by name; those from the inputs on under `from_inputs`."""
        future = {"future": self.future} if self.future else {}
        return {**self.own.to_json(), **future, "from_inputs": self.ends.to_json()}


@dataclass(frozen=True, eq=False)
class Natures(Mapping[str, NodeNature]):
    """The natures of nodes by name, in the order in which they are computed.

    Attributes:
        graph: the dataflow.
        nodes: the natures.
        leaks: nodes that read the future, each named where that is written.
    """

    graph: Graph
    nodes: Mapping[str, NodeNature]
    leaks: tuple[Leak, ...] = field(default=())

    def parting(self, name: str, key: str) -> Parting:
        """How a node may be computed in parts for a key."""
        return parting(self.nodes[name].own, self.graph.reads(name), key)

    def stages(self, key: str, outputs: Iterable[str] | None = None) -> Stages:
        """In which stages outputs are computed for a key: see `stages.py`."""
        return make_stages(self.graph, {name: found.own for name, found in self.nodes.items()}, key, outputs)

    def __getitem__(self, name: str) -> NodeNature:
        return self.nodes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)


class Memory(Protocol):
    """Where natures are kept, by what they were learnt from."""

    def key(self, world: World, name: str, sample: Sample) -> str | None:
        """What decides the nature of a node; None where that cannot be told."""

    def get(self, key: str) -> Nature | None:
        """The nature kept under a key."""

    def put(self, key: str, nature: Nature, code: str, private: bool = False) -> None:
        """Keep a nature, also as the last one of some code; no file gets one that may tell private values."""

    def code_key(self, world: World, name: str) -> str:
        """What decides the nature of a node beside its sample."""

    def corrected(self, graph: Graph, node: Node, nature: Nature) -> Nature:
        """A nature with what real data showed of its node."""


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
) -> Natures:
    """The natures of nodes; those upstream of them are learnt, too, for what holds from the inputs on.

    Args:
        names: nodes; all by default.
    """
    learning = learning or Learning()
    nodes = world.nodes()
    wanted = set(nodes if names is None else names)
    needed = {*wanted, *closure(wanted, world.graph.reads)}
    own: dict[str, Nature] = {}
    keys = world.keys or found_keys(world)
    for name in nodes:
        if name in needed:
            own[name] = _own(world, name, keys, learning)
    ends = from_inputs(world.graph, own, keys)
    found = {
        name: NodeNature(own[name], ends[name], world.future.get(name, ""))
        for name in nodes
        if name in wanted
    }
    leaks = [leak for leak in find_leaks(world, own) if leak.node in wanted]
    return Natures(world.graph, found, tuple(leaks))


def found_keys(world: World) -> tuple[str, ...]:
    """The keys that the inputs look as if they had."""
    inputs = {name: value for name, value in world.values.items() if _kind(world, name) == "input"}
    return Sample(inputs, times=world.times).keys


def _kind(world: World, name: str) -> str:
    return world.graph.node(name).kind if name in world.graph.nodes else ""


def _own(world: World, name: str, keys: tuple[str, ...], learning: Learning) -> Nature:
    """The nature of a node by itself, given its direct inputs."""
    node, value = world.node(name), world.values.get(name)
    if node is None or name not in world.values:
        return nothing_known("it has no value", keys)
    lacks = missing(world.graph, name)
    if lacks:
        return nothing_known(f"it waits for '{lacks[0]}': {missing_hint(world.graph, lacks[0])}", keys)
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
    if known is not None and learning.memory is not None:
        return learning.memory.corrected(world.graph, node, known)
    learning.note(name)
    with at(f"trying '{name}'"):
        nature = learn(subject, sample)
    if learning.memory is not None and key is not None:
        private = name in private_nodes(world.graph)
        learning.memory.put(key, nature, learning.memory.code_key(world, name), private)
    return learning.memory.corrected(world.graph, node, nature) if learning.memory is not None else nature


def node_sample(world: World, name: str, keys: tuple[str, ...]) -> Sample:
    """What a node reads, with keys and times of its rows that only other values tell."""
    inputs = world.inputs_of(name)
    tables = {each: table for each, value in inputs.items() if (table := seen_as_table(value)) is not None}
    beside: dict[str, Table] = {}
    for wanted in (*keys, *world.times):
        if not any(axis_of(table, wanted, each) is not None for each, table in tables.items()):
            beside |= _column_beside(world, wanted, tables)
    return Sample(inputs, beside, keys, world.times)


def _column_beside(world: World, wanted: str, tables: Mapping[str, Table]) -> dict[str, Table]:
    """An axis of another value with the same rows as a table, under these labels; nothing for none."""
    for table in tables.values():
        axis = axis_beside(world.values, wanted, table)
        if axis is not None:
            return {wanted: axis.set_axis(labels_of(table))}
    return {}
