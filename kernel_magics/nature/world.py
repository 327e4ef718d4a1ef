"""A world is a dataflow with the values of a sample, on which natures are determined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import order
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.tasks import finish
from kernel_magics.engine.run.whereabouts import at
from kernel_magics.engine.session.session import Session
from kernel_magics.nature.code import Function
from kernel_magics.nature.declared import allowed, declared
from kernel_magics.nature.subject import Failed, undisturbed
from kernel_magics.values import VALUES


@dataclass(frozen=True)
class World:
    """A graph, its functions and values.

    Attributes:
        function: returns the callable of a node.
        values: of inputs, params and nodes by name; `Failed` for a node that could not be computed.
        chosen: values of the params that choose variants.
        keys: names of axes by which rows may be parted; found in the inputs where none are named.
        times: names of axes that tell when a row is known; found where none are named.
        future: nodes that may read rows after their own time, with the reason.
        fitted: nodes whose values are learnt once and then given.
    """

    graph: Graph
    function: Callable[[Node], Function]
    values: Mapping[str, Any]
    chosen: Mapping[str, object] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    future: Mapping[str, str] = field(default_factory=dict)
    fitted: frozenset[str] = frozenset()

    def node(self, name: str) -> Node | None:
        """The node of this name, or its variant; None where there is none."""
        return self.graph.active(name, self.chosen)

    def nodes(self) -> list[str]:
        """The names of all computed values, each behind what it reads."""
        names = [name for name in self.graph.names() if self.graph.node(name).kind == "value"]
        return [name for name in order(names, self.graph.reads) if name in set(names)]

    def inputs_of(self, name: str) -> dict[str, Any]:
        """What a node reads, as far as there are values."""
        node = self.node(name)
        return given_to(node, self.values) if node is not None else {}

    def computed(self, given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """The values of nodes for other inputs; readers of a failed node fail, too."""
        values = {**given}
        with undisturbed():
            compute(self, values, names)
        return values


def given_to(node: Node, values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a node's function by name; optional ones without a value are left out."""
    return {item.name: values[item.name] for item in node.inputs if item.name in values}


def compute(world: World, values: dict[str, Any], names: Iterable[str]) -> None:
    """Add the values of these nodes, and of all they need, to the given ones."""
    for name in order(names, lambda each: () if each in values else world.graph.reads(each)):
        node = world.node(name)
        if name in values or node is None or node.text is None:
            continue
        given = given_to(node, values)
        failed = next((value for value in given.values() if isinstance(value, Failed)), None)
        absent = [item.name for item in node.inputs if not item.optional and item.name not in values]
        if failed is None and absent:
            failed = Failed(KeyError(absent[0]))
        values[name] = called(world, node, given) if failed is None else failed


def called(world: World, node: Node, given: Mapping[str, Any]) -> Any:
    """The value of a node for inputs that are used again; `Failed` where its function raised."""
    function = world.function(node)
    try:
        with at(f"computing '{node.name}'"):
            return finish(function(**{name: VALUES.isolate(value) for name, value in given.items()}))
    except Exception as error:  # the user's code may raise anything
        return Failed(error)


def make_world(
    graph: Graph,
    function: Callable[[Node], Function],
    values: Mapping[str, Any],
    *,
    chosen: Mapping[str, object] | None = None,
    keys: Sequence[str] = (),
    times: Sequence[str] = (),
) -> World:
    """The world of a graph; nodes without a value are computed.

    Args:
        values: of inputs and params, and of nodes where they are known.
        keys: instead of those that cells declare; the same for `times`.
    """
    world = World(
        graph,
        function,
        dict(values),
        chosen or {},
        tuple(keys) or declared(graph, "--key"),
        tuple(times) or declared(graph, "--time"),
        allowed(graph),
        frozenset(name for name, nodes in graph.nodes.items() if nodes[0].fitted),
    )
    made = world.computed(world.values, world.nodes())
    return replace(world, values=made)


def session_world(session: Session, keys: Sequence[str] = (), times: Sequence[str] = ()) -> World:
    """The world of a notebook: its samples and defaults, and the nodes' values computed from these.

    Raises:
        RunError: DB305 when the cell of a sample fails.
    """
    graph, runtime = session.graph, session.runtime
    given = [node.name for node in graph if node.kind in ("input", "param") and not node.own_defaults]
    return make_world(
        graph,
        lambda node: runtime.function(graph, node),
        {name: session.sample(name) for name in given},
        chosen=session.params(),
        keys=keys,
        times=times,
    )
