"""A flow is a graph that can be run: its names by kind, plans of requests, values that these start from."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import MISSING as NO_SAMPLE
from typing import Any

from kernel_magics.engine.errors import DataflowError, RunError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.outline import ModuleOutline
from kernel_magics.engine.graph.plan import Plan, make_plan
from kernel_magics.engine.graph.unknown import expect, unknown_name
from kernel_magics.engine.run.call import Calls
from kernel_magics.engine.run.failure import node_error
from kernel_magics.engine.run.program import Program
from kernel_magics.engine.run.runtime import Runtime
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.values.isolation import SHARED
from kernel_magics.engine.values.value import MISSING
from kernel_magics.values import VALUES
from kernel_magics.values.fixed import fixed_types

_KEPT = 20  # programs of a flow


class Flow:
    """What a `Dataflow` knows of its graph."""

    def __init__(
        self,
        graph: Graph | Callable[[], Graph],
        runtime: Runtime,
        session: Session | None = None,
        title: str = "",
        sketch: ModuleOutline | None = None,
        *,
        config: Mapping[str, object] | None = None,
        configured: Callable[[Mapping[str, object]], Flow] | None = None,
        keys: Collection[str] = (),
    ) -> None:
        self._made, self._runtime, self._session, self.title = graph, runtime, session, title
        self._sketch = sketch  # of a module of plain functions, whose graph is made when it is asked for
        self._given_config, self._make_configured, self._keys = config or {}, configured, keys
        self._others: dict[str, Flow] = {}  # the same modules with other values of what decides
        self._programs: dict[Hashable, Program] = {}

    @functools.cached_property
    def inputs(self) -> Mapping[str, Node]:
        """The values given from outside."""
        return self._of_kind("input")

    @functools.cached_property
    def params(self) -> Mapping[str, Node]:
        """The inputs with a default."""
        return self._of_kind("param")

    @functools.cached_property
    def nodes(self) -> Mapping[str, Node]:
        """The computed values (the first variant where a name has several)."""
        return self._of_kind("value")

    @functools.cached_property
    def checks(self) -> Mapping[str, Node]:
        """The conditions on nodes' values."""
        return self._of_kind("check")

    @property
    def graph(self) -> Graph:
        """The linked cells."""
        return self._graph

    @functools.cached_property
    def _graph(self) -> Graph:
        return self._made if isinstance(self._made, Graph) else self._made()

    @functools.cached_property
    def _config(self) -> dict[str, object]:
        """Values that the config gives to inputs, params and nodes."""
        return {name: value for name, value in self._given_config.items() if name in self._graph.nodes}

    def _decides(self, name: str) -> bool:
        """True for what decorators of a module look at when they make nodes, and no node reads."""
        return name in self._keys and name not in self.params

    def _configured(self, deciding: Mapping[str, object]) -> Any:
        """The dataflow of the same modules with these values in its config."""
        assert self._make_configured is not None, "only decorated modules have such keys"
        key = repr(sorted(deciding.items()))
        if key not in self._others:
            self._others[key] = self._make_configured(deciding)
        return self._others[key]

    def declared(self, name: str) -> tuple[Any, object]:
        """What an input or param is said to be: its hint as a type, and its sample or default.

        Returns:
            None for a hint that is not there or cannot be evaluated, `dataclasses.MISSING` for no sample.

        Raises:
            RunError: DB305 when the cell of the sample fails.
        """
        node = self._graph.node(name)
        known = self._session is not None or node.kind == "param"
        return self._runtime.hint(node), self._default(node) if known else NO_SAMPLE

    def _of_kind(self, kind: str) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for node in self._graph:
            if node.kind == kind:
                found.setdefault(node.name, node)
        return found

    def _known(self, name: str) -> str:
        if self._sketch is not None and name in self._sketch.reads:
            return name
        if name not in self._graph.nodes:
            raise unknown_name(self._graph, name)
        return name

    def _wanted(self, outputs: Iterable[str] | str | None) -> list[str]:
        if outputs is None:
            return list(self.nodes if self._sketch is None else self._sketch.reads)
        names = [outputs] if isinstance(outputs, str) else list(outputs)
        return [self._known(name) for name in dict.fromkeys(names)]

    @functools.cached_property
    def _sources(self) -> frozenset[str]:
        """Names that a run starts from; a param whose readers have defaults of their own only when given."""
        if self._sketch is not None:
            return self._sketch.inputs
        own = {name for name, node in self.params.items() if node.own_defaults}
        return frozenset(self.inputs) | frozenset(self.params) - own

    def _expect(
        self, inputs: Mapping[str, object], params: Mapping[str, object], overrides: Mapping[str, object]
    ) -> None:
        """Refuse names that the dataflow does not have, or not in this role."""
        for name in inputs:
            if name not in self._sources:
                expect(name, {**self.inputs, **self.params}, "input")
        for name in params:
            expect(name, self.params, "param")
        for name in overrides:
            self._known(name)

    def _program(self, wanted: tuple[str, ...], given: Mapping[str, object], checked: bool) -> Program:
        """The program of a request; the last ones are kept, since most requests come again."""
        chosen = self._params(given)
        key = (wanted, frozenset(given), checked, *(f"{name}={value!r}" for name, value in chosen.items()))
        program = self._programs.get(key)
        if program is None:
            guards = self._guards(list(wanted), given) if checked and self._sketch is None else []
            plan = make_plan(
                self._sketch or self._graph,
                [*wanted, *guards],
                given.keys() | self._sources,
                chosen,
                guards,
            )
            program = Program(plan, self._calls())
            while len(self._programs) >= _KEPT:
                del self._programs[next(iter(self._programs))]
            self._programs[key] = program
        return program

    def _calls(self) -> Calls:
        return Calls(self._function, VALUES, SHARED | fixed_types(), self._error)

    def _error(self, node: Node, error: BaseException, given: Mapping[str, object]) -> DataflowError:
        whole = self._graph.node(node.name) if node.text is not None and not node.text.source else node
        return node_error(whole, error, given)

    def _params(self, given: Mapping[str, object]) -> dict[str, object]:
        if self._sketch is not None:
            return {}
        return {
            name: given[name] if name in given else self._default(self._graph.node(name))
            for name in self._graph.deciding()
            if name in self._graph.nodes
        }

    def _slots(self, plan: Plan, given: Mapping[str, object]) -> list[object]:
        slots: list[object] = [MISSING] * len(plan.names)
        for slot in plan.sources:
            name = plan.names[slot]
            slots[slot] = given[name] if name in given else self._default_of(name)
        return slots

    def _default_of(self, name: str) -> object:
        if self._sketch is not None and name in self._sketch.defaults:
            return self._sketch.defaults[name]
        return self._default(self._graph.node(name))

    def _defaults(self, plan: Plan) -> dict[str, object]:
        """The defaults of the params that a plan reads."""
        names = {plan.names[slot] for slot in plan.sources} & self.params.keys()
        return {name: self._default(self._graph.node(name)) for name in names}

    def _default(self, node: Node) -> object:
        """The default of a param; the sample of an input, where there is one."""
        if self._session is not None:
            return self._session.sample(node.name)
        if node.kind == "param":
            return self._runtime.default(node)
        raise RunError(
            "DB306",
            f"input '{node.name}' was not given.",
            hint=f"pass inputs={{'{node.name}': …}}.",
            names=[node.name],
            concerns=[node.ref],
        )

    def _function(self, node: Node) -> Callable[..., object]:
        if self._sketch is not None:
            return self._sketch.functions[node.name]
        return self._runtime.function(self._graph, node)

    def _guards(self, wanted: list[str], given: Mapping[str, object]) -> list[str]:
        """The checks on everything that the outputs need."""
        needed = {*wanted, *closure(wanted, lambda name: () if name in given else self._graph.reads(name))}
        return [name for name, node in self.checks.items() if node.subject in needed and name not in wanted]
