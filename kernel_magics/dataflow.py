"""A Dataflow is a finished graph to run from Python: made from a notebook or from modules."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, Self

from kernel_magics.engine.check import CheckResult, check_error
from kernel_magics.engine.compiled import Request, compile_plan
from kernel_magics.engine.errors import DataflowError, RunError
from kernel_magics.engine.event import Event, Failed, Finished
from kernel_magics.engine.failure import node_error
from kernel_magics.engine.graph import Graph
from kernel_magics.engine.links import closure, path
from kernel_magics.engine.module import functions_of, read_modules
from kernel_magics.engine.node import Node
from kernel_magics.engine.plan import Plan, make_plan
from kernel_magics.engine.program import Program
from kernel_magics.engine.runtime import Runtime
from kernel_magics.engine.session import Session
from kernel_magics.engine.sketch import Sketch, sketch_module
from kernel_magics.engine.unknown import expect, unknown_name
from kernel_magics.engine.value import MISSING
from kernel_magics.executors import run_with
from kernel_magics.notebook import read_notebook
from kernel_magics.values import VALUES
from kernel_magics.values.fixed import fixed_types
from kernel_magics.values.frame import make_frame
from kernel_magics.view import to_digraph, to_mermaid, to_svg
from kernel_magics.view.build import static_view

if TYPE_CHECKING:
    import graphviz
    import pandas as pd

Checks = Literal["raise", "warn", "off"]
_KEPT = 20  # programs of a flow


class Dataflow:
    """Functions linked by name; computes only what is asked for.

    Use `Dataflow.from_notebook` or `Dataflow.from_module`.
    """

    def __init__(
        self,
        graph: Graph | Callable[[], Graph],
        runtime: Runtime,
        session: Session | None = None,
        title: str = "",
        sketch: Sketch | None = None,
    ) -> None:
        self._made, self._runtime, self._session, self.title = graph, runtime, session, title
        self._sketch = sketch  # of a module of plain functions, whose graph is made when it is asked for
        self._programs: dict[Hashable, Program] = {}

    @classmethod
    def from_notebook(cls, notebook: str | Path) -> Self:
        """Read and link a notebook's cells; runs its setup, but no node.

        Raises:
            DataflowError: the file is no notebook (DB4xx), or its cells are not a dataflow (DB1xx, DB2xx).
        """
        read = read_notebook(notebook)
        session = Session(VALUES)
        session.register(*read.sources(), load=False)
        return cls(session.graph, session.runtime, session, read.title)

    @classmethod
    def from_module(cls, *modules: ModuleType) -> Self:
        """Every public function defined in the modules becomes a node.

        Raises:
            DataflowError: names clash, or links form a cycle.
        """
        title = modules[0].__name__ if modules else ""
        sketch = sketch_module(modules[0]) if len(modules) == 1 else None
        if sketch is not None:
            runtime = Runtime(VALUES, functions_of(modules[0]))
            return cls(lambda: read_modules(modules)[0], runtime, None, title, sketch)
        graph, functions = read_modules(modules)
        return cls(graph, Runtime(VALUES, functions), None, title)

    # -- what there is -------------------------------------------------------------------------------------

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

    def upstream(self, name: str) -> tuple[str, ...]:
        """Every name that `name` depends on, nearest first."""
        return tuple(closure([self._known(name)], self._graph.reads))

    def downstream(self, name: str) -> tuple[str, ...]:
        """Every node that depends on `name`, nearest first."""
        return tuple(closure([self._known(name)], lambda each: sorted(self._graph.readers.get(each, ()))))

    def path(self, start: str, end: str) -> tuple[str, ...]:
        """A shortest chain of nodes from `start` down to `end`; empty when there is none."""
        self._known(start)
        return tuple(reversed(path(self._known(end), start, self._graph.reads)))

    # -- running -------------------------------------------------------------------------------------------

    def run(
        self,
        outputs: Iterable[str] | str | None = None,
        *,
        inputs: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        overrides: Mapping[str, object] | None = None,
        executor: Executor | str | None = None,
        checks: Checks = "raise",
        on_event: Callable[[Event], None] | None = None,
    ) -> dict[str, Any]:
        """Compute outputs and what they need.

        Args:
            outputs: names to compute; every node by default.
            inputs: values of inputs. Of a notebook, the samples stand in for those left out.
            params: values of params, instead of their defaults.
            overrides: values to use instead of computing these nodes.
            executor: any `concurrent.futures.Executor`, or `"threads"` or `"processes"`.
            checks: what a failed check does: raise, warn, or nothing because checks do not run.
            on_event: called with each event of the run.

        Raises:
            RunError: a node failed (DB301), a check did not hold (DB302), an input is missing (DB306).
            UsageError: there is no such input or param (DB306), or no such node (DB308).
            WaitingError: something needed is not defined (DB203).
        """
        given = {**(inputs or {}), **(params or {}), **(overrides or {})}
        wanted = self._wanted(outputs)
        self._expect(inputs or {}, params or {}, overrides or {})
        heard = executor is not None or on_event is not None
        program = self._program(tuple(wanted), given, checks != "off", None if heard else self._sketch)
        slots = self._slots(program.plan, given)
        judge = functools.partial(self._judge, checks=checks)
        with VALUES.guard():
            if not heard:
                found = program.run(slots, judge)
                return {name: found[name] for name in wanted}
            for event in run_with(executor, program.plan, slots, self._function, VALUES):
                if on_event is not None:
                    on_event(event)
                if isinstance(event, Failed):
                    raise event.error
                if isinstance(event, Finished) and isinstance(event.value, CheckResult):
                    judge(event.name, event.value)
        for slot in program.plan.sources:  # samples, defaults and what the caller gave stay as they are
            slots[slot] = VALUES.isolate(slots[slot])
        return {name: slots[program.plan.outputs[name]] for name in wanted}

    def frame(
        self,
        outputs: Iterable[str],
        *,
        inputs: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        overrides: Mapping[str, object] | None = None,
        executor: Executor | str | None = None,
        checks: Checks = "raise",
        on_event: Callable[[Event], None] | None = None,
    ) -> pd.DataFrame:
        """Compute outputs and put them side by side as columns, aligned on their index, without a copy.

        Where the outputs are of Polars or Arrow, so is the frame.

        Raises:
            RunError: as `run`; DB307 when the outputs cannot be aligned.
        """
        options: dict[str, Any] = {"executor": executor, "checks": checks, "on_event": on_event}
        return make_frame(self.run(outputs, inputs=inputs, params=params, overrides=overrides, **options))

    def compile(
        self, outputs: Iterable[str] | str | None = None, *, params: Mapping[str, object] | None = None
    ) -> Callable[..., dict[str, Any]]:
        """One plain function of inputs and params (keywords) that returns the outputs by name, for serving.

        Inputs must be given, params have their defaults, and those that choose variants are fixed now.
        Checks do not run. See `engine.compiled` for how readers of a value are isolated.

        Args:
            outputs: names to compute; every node by default.
            params: values of params, instead of their defaults.

        Raises:
            UsageError: a name or param is unknown (DB306, DB308).
            WaitingError: something needed is not defined (DB203).
        """
        given = dict(params or {})
        self._expect({}, given, {})
        chosen = self._params(given)
        plan = make_plan(self._graph, self._wanted(outputs), self._sources, chosen)
        deciding = {
            key for step in plan.steps for node in self._graph.nodes[step.node.name] for key, _ in node.when
        }
        defaults = {**self._defaults(plan), **given}
        fixed = {name: chosen[name] for name in deciding & chosen.keys()}
        return compile_plan(Request(plan, self._function, defaults, fixed, VALUES, fixed_types()))

    # -- pictures ------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """The static view as a JSON document (version 1)."""
        return static_view(self._graph, self.title)

    def to_svg(self) -> str:
        """The graph as an SVG picture; needs no Graphviz."""
        return to_svg(self.to_json())

    def to_mermaid(self) -> str:
        """The graph as Mermaid text."""
        return to_mermaid(self.to_json())

    def to_dot(self) -> graphviz.Digraph:
        """The graph for Graphviz; needs the `graphviz` package (`dagbook[lab]`)."""
        return to_digraph(self.to_json())

    # -- inside --------------------------------------------------------------------------------------------

    @functools.cached_property
    def _graph(self) -> Graph:
        return self._made if isinstance(self._made, Graph) else self._made()

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
        return (
            frozenset(self.inputs) | frozenset(self.params) if self._sketch is None else self._sketch.inputs
        )

    def _expect(
        self, inputs: Mapping[str, object], params: Mapping[str, object], overrides: Mapping[str, object]
    ) -> None:
        """Refuse names that the dataflow does not have, or not in this role."""
        for name in inputs:
            expect(name, self._sources, "input")
        for name in params:
            expect(name, self.params, "param")
        for name in overrides:
            self._known(name)

    def _program(
        self, wanted: tuple[str, ...], given: Mapping[str, object], checked: bool, sketch: Sketch | None
    ) -> Program:
        """The plan of a request; the last ones are kept, for who asks once asks again."""
        chosen = self._params(given)
        key = (
            wanted,
            frozenset(given),
            checked,
            sketch is None,
            *(f"{name}={value!r}" for name, value in chosen.items()),
        )
        program = self._programs.get(key)
        if program is None:
            guards = self._guards(list(wanted), given) if checked and self._sketch is None else []
            plan = make_plan(
                self._sketch or self._graph, [*wanted, *guards], given.keys() | self._sources, chosen
            )
            program = Program(plan, self._function, VALUES, fixed_types(), self._blame)
            while len(self._programs) >= _KEPT:
                del self._programs[next(iter(self._programs))]
            self._programs[key] = program
        return program

    def _blame(self, node: Node, error: BaseException, given: Mapping[str, object]) -> DataflowError:
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
            cells=[node.cell] if node.cell else [],
        )

    def _function(self, node: Node) -> Callable[..., object]:
        if self._sketch is not None:
            return self._sketch.functions[node.name]
        return self._runtime.function(self._graph, node)

    def _guards(self, wanted: list[str], given: Mapping[str, object]) -> list[str]:
        """The checks on everything that the outputs need."""
        needed = {*wanted, *closure(wanted, lambda name: () if name in given else self._graph.reads(name))}
        return [name for name, node in self.checks.items() if node.subject in needed and name not in wanted]

    def _judge(self, name: str, result: CheckResult, checks: Checks) -> None:
        if result.held:
            return
        error = check_error(result, name, self._graph.node(name).cell)
        if checks == "raise" and result.severity == "fail":
            raise error
        warnings.warn(str(error), stacklevel=3)
