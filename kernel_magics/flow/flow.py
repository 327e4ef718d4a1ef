"""A flow is a graph that can be run: its names by kind, plans of requests, initial values."""

from __future__ import annotations

import copy
import functools
import importlib
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import MISSING as NO_SAMPLE
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Literal, NamedTuple, Protocol

from kernel_magics import hamilton
from kernel_magics.engine.cells.definition import Cell, Kind
from kernel_magics.engine.errors import LinkError, RunError, SourceError, UsageError, quoted
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.imported import import_modules
from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.graph.module import needs_resolving
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Plan, make_plan
from kernel_magics.engine.graph.unknown import expect as expect_name
from kernel_magics.engine.graph.unknown import unknown_name
from kernel_magics.engine.run.call import Calls
from kernel_magics.engine.run.failure import node_error
from kernel_magics.engine.run.program import Program
from kernel_magics.engine.run.runtime import Runtime
from kernel_magics.engine.session.memo import Memo
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.values.isolation import SHARED
from kernel_magics.engine.values.value import MISSING
from kernel_magics.flow.modules import as_modules
from kernel_magics.flow.nodes import Nodes
from kernel_magics.values import VALUES
from kernel_magics.values.fixed import fixed_types

_KEPT = 20  # number of cached programs
Fitted = Literal["compute", "stored"]
"""Whether fitted nodes are computed from data, or read as they were stored."""

Output = str | Callable[..., object]
"""A name, or the function of a module that computes it."""

Outputs = Iterable[Output] | Output | None
"""What is requested; None for every node."""

Extra = Literal["raise", "ignore"]
"""What becomes of inputs that a dataflow does not have."""

Recipe = tuple[Callable[..., "Flow"], tuple[object, ...]]
"""A function that makes a flow again, in another process, and its arguments."""


class Origin(NamedTuple):
    """A node where it is written, with the values that it reads by their names there."""

    graph: Graph
    runtime: Runtime
    node: Node
    memos: Mapping[str, Memo]


class Samples(Protocol):
    """Where inputs without a value get one: a session, or the parts of a joined flow."""

    def sample(self, name: str) -> object:
        """The value of an input or param.

        Raises:
            RunError: DB306 where there is none, DB305 when the cell fails.
        """


@dataclass(frozen=True, slots=True)
class Stored:
    """Values of fitted nodes that were learnt before.

    Attributes:
        fitted: the names of all fitted nodes.
        values: those that were stored.
    """

    fitted: frozenset[str]
    values: Mapping[str, object]


class Flow:
    """A graph with what runs it; a `Dataflow` is its face for users.

    Args:
        graph: the graph.
        samples: gives inputs and params their values where no others are given; of a notebook, its session.
        config: values that decorators decide by.
        configured: makes the flow of the same modules with other values in its config.
        keys: what decorators look at.
        stored: values of fitted nodes; runs read them unless they are asked to compute.
        homes: names of the modules whose functions the nodes are.
        unsampled: inputs for which `samples` has no value.
        origin: of a joined flow, finds a node where it is written.
        recipe: makes this flow again; by default, its cells are read again.
    """

    def __init__(
        self,
        graph: Graph,
        runtime: Runtime,
        samples: Samples | None = None,
        title: str = "",
        *,
        config: Mapping[str, object] | None = None,
        configured: Callable[[Mapping[str, object]], Flow] | None = None,
        keys: Collection[str] = (),
        stored: Stored | None = None,
        homes: Collection[str] = (),
        unsampled: Collection[str] = (),
        origin: Callable[[Node, Mapping[str, Memo]], Origin] | None = None,
        recipe: Recipe | None = None,
    ) -> None:
        self.graph, self._runtime, self._samples, self.title = graph, runtime, samples, title
        self._given_config, self._make_configured, self._keys = config or {}, configured, keys
        self._stored, self._recipe = stored, recipe
        self.homes, self._unsampled = frozenset(homes), frozenset(unsampled)
        self._origin = origin
        self._others: dict[str, Flow] = {}  # the same modules with other values in the config
        self._programs: dict[Hashable, Program] = {}

    @classmethod
    def of_modules(
        cls, modules: Sequence[ModuleType], config: Mapping[str, object], overrides: bool = False
    ) -> Flow:
        """The flow of modules; see `Dataflow.from_module`."""
        modules = as_modules(modules)
        title = modules[0].__name__ if modules else ""
        homes = tuple(module.__name__ for module in modules)
        facts: dict[str, Any] = {"homes": homes, "recipe": (_of_names, (homes, config, overrides))}
        plain = not overrides and not needs_resolving(modules)
        known = import_modules(modules) if plain else None
        read = known or hamilton.read(modules, config, overrides)

        def configured(more: Mapping[str, object]) -> Flow:
            return cls.of_modules(modules, {**config, **more}, overrides)

        roots = {name.partition(".")[0] for name in homes}
        runtime = Runtime(VALUES, read.functions, read.defaults, roots, config)
        facts |= {"config": config, "configured": configured, "keys": read.deciding}
        return cls(read.graph, runtime, None, title, **facts)

    @classmethod
    def of_cells(
        cls,
        cells: Iterable[CellSource],
        title: str = "",
        outside: Callable[[], Mapping[str, str]] = dict,
    ) -> Flow:
        """The flow of cells; runs their setup, but no node.

        Args:
            outside: returns the names that ordinary cells define (see `Graph`).

        Raises:
            DataflowError: the cells are not a dataflow (DB1xx, DB2xx).
        """
        session = Session(VALUES, outside=outside)
        session.register(*cells, load=False)
        return cls(session.graph, session.runtime, session, title)

    def __reduce__(self) -> tuple[Callable[..., Flow], tuple[object, ...]]:
        recipe = self._recipe or (Flow.of_cells, (self.cell_sources(), self.title))
        if self._stored is None:
            return recipe
        return Flow.with_stored, (self.with_stored(None), self._stored)

    def cell_sources(self) -> tuple[CellSource, ...]:
        """The cells of a notebook, as they are read again."""
        return tuple(_source_of(cell) for cell in self.graph.cells.values())

    @functools.cached_property
    def inputs(self) -> Mapping[str, Node]:
        """The values given from outside."""
        return self._by_kind["input"]

    @functools.cached_property
    def params(self) -> Mapping[str, Node]:
        """The inputs with a default."""
        return self._by_kind["param"]

    @functools.cached_property
    def nodes(self) -> Nodes:
        """The computed values (the first variant where a name has several)."""
        return self._by_kind["value"]

    @functools.cached_property
    def checks(self) -> Mapping[str, Node]:
        """The conditions on nodes' values."""
        return self._by_kind["check"]

    @functools.cached_property
    def config(self) -> dict[str, object]:
        """Values that the config gives to inputs, params and nodes."""
        return {name: value for name, value in self._given_config.items() if name in self.graph.nodes}

    @functools.cached_property
    def config_keys(self) -> frozenset[str]:
        """What decorators of a module read when they make nodes, and no node reads."""
        return frozenset(name for name in self._keys if name not in self.params)

    @property
    def unset(self) -> list[str]:
        """Those of these keys that the config does not have."""
        return sorted(filter(str.isidentifier, self.config_keys - self._given_config.keys()))

    def decides(self, name: str) -> bool:
        """True for such a key."""
        return name in self.config_keys

    def configured(self, deciding: Mapping[str, object]) -> Flow:
        """The flow of the same modules with these values in its config."""
        assert self._make_configured is not None, "only decorated modules have such keys"
        key = repr(sorted(deciding.items()))
        if key not in self._others:
            self._others[key] = self._make_configured(deciding)
        return self._others[key]

    def declared(self, name: str) -> tuple[Any, object]:
        """The declared type of an input or param, and its sample or default.

        Returns:
            None for a missing hint or one that cannot be evaluated, `dataclasses.MISSING` for no sample.

        Raises:
            RunError: DB305 when the cell of the sample fails.
        """
        node = self.graph.node(name)
        known = self.has_sample(name)
        return self._runtime.hint(node), self.default(node) if known else NO_SAMPLE

    @functools.cached_property
    def _by_kind(self) -> Mapping[Kind, Nodes]:
        found: dict[Kind, Nodes] = {kind: Nodes() for kind in ("input", "param", "value", "check")}
        for node in self.graph:
            found[node.kind].setdefault(node.name, node)
        return found

    def has_sample(self, name: str) -> bool:
        """Whether an input has a value where none is given."""
        return (self._samples is not None and name not in self._unsampled) or name in self.params

    def known(self, name: str) -> str:
        """The name, if the flow has it.

        Raises:
            UsageError: DB308.
        """
        if name not in self.graph.nodes:
            raise unknown_name(self.graph, name)
        return name

    def wanted(self, outputs: Outputs) -> list[str]:
        """The requested names; every node for None.

        Raises:
            UsageError: DB308 for a name that does not exist, and for a function that is no node.
        """
        if outputs is None:
            return list(self.nodes)
        if isinstance(outputs, str):
            return [self.known(outputs)]
        asked = [outputs] if callable(outputs) else outputs
        names = [each if isinstance(each, str) else self._name_of(each) for each in asked]
        return [self.known(name) for name in dict.fromkeys(names)]

    def _name_of(self, function: Callable[..., object]) -> str:
        """The node that a function of these modules computes."""
        name, home = getattr(function, "__name__", ""), getattr(function, "__module__", "")
        if home in self.homes and name in self.graph.nodes:
            return name
        shown = f"'{name}' of '{home}'" if name else repr(function)
        variant = next((node for node in self.graph if home in self.homes and node.function == name), None)
        hint = "give the function of a node, of a module of this dataflow, or a node's name."
        if variant is not None:
            hint = f"it is a variant: ask for '{variant.name}'."
        raise UsageError("DB308", f"the dataflow has no node that {shown} computes.", hint=hint, names=[name])

    @functools.cached_property
    def sources(self) -> frozenset[str]:
        """Names that a run starts from; a param whose readers have defaults of their own only when given."""
        own = {name for name, node in self.params.items() if node.own_defaults}
        return frozenset(self.inputs) | frozenset(self.params) - own

    @property
    def fitted(self) -> Stored | None:
        """The values of fitted nodes that were learnt before."""
        return self._stored

    def stored(self, fitted: Fitted | None) -> Mapping[str, object]:
        """The values of fitted nodes that a run reads instead of computing them.

        Args:
            fitted: None for the stored ones where there are any.

        Raises:
            UsageError: DB326 where nothing was stored.
        """
        if fitted not in (None, "compute", "stored"):
            raise UsageError(
                "DB326",
                f"fitted={fitted!r} has no meaning.",
                hint='write fitted="compute" or fitted="stored".',
            )
        if fitted == "compute" or (fitted is None and self._stored is None):
            return {}
        if self._stored is None:
            raise UsageError(
                "DB326",
                "no values of fitted nodes are stored here.",
                hint='compute them (fitted="compute"), or open an envelope: Envelope.open(…).',
            )
        return self._stored.values

    def with_stored(self, stored: Stored | None) -> Flow:
        """The same flow with values of fitted nodes that were learnt before."""
        made = copy.copy(self)
        made._stored, made._programs, made._others = stored, {}, {}
        return made

    def expect_stored(self, plan: Plan, stored: Mapping[str, object]) -> None:
        """Refuse to compute a fitted node in a run that reads stored values.

        Raises:
            UsageError: DB326.
        """
        if not stored or self._stored is None:
            return
        fitted = self._stored.fitted
        lost = next((step.node.name for step in plan.steps if step.node.name in fitted), None)
        if lost is not None:
            raise UsageError(
                "DB326",
                f"fitted node '{lost}' was not stored: no output of the envelope reads it.",
                hint=f"export again with '{lost}' in --outputs, or compute it (fitted=\"compute\").",
            )

    def without_extra(self, inputs: Mapping[str, object]) -> Mapping[str, object]:
        """The inputs without names that the dataflow does not have."""
        own = self.sources | self.params.keys()
        return {name: value for name, value in inputs.items() if name in own or name in self.nodes}

    def expect(
        self, inputs: Mapping[str, object], params: Mapping[str, object], overrides: Mapping[str, object]
    ) -> None:
        """Refuse names that the dataflow does not have, or not in this role."""
        for name in inputs:
            if name not in self.sources:
                expect_name(name, {**self.inputs, **self.params}, "input")
        for name in params:
            expect_name(name, self.params, "param")
        for name in overrides:
            self.known(name)

    def program(self, wanted: tuple[str, ...], given: Mapping[str, object], checked: bool) -> Program:
        """The program of a request; the last ones are cached, since most requests are repeated."""
        chosen = self.deciding(given)
        key = (wanted, frozenset(given), checked, *(f"{name}={value!r}" for name, value in chosen.items()))
        program = self._programs.get(key)
        if program is None:
            guards = self.guards(wanted, given, chosen) if checked else []
            plan = self._plan([*wanted, *guards], given.keys() | self.sources, chosen, guards)
            program = Program(plan, self.calls())
            while len(self._programs) >= _KEPT:
                del self._programs[next(iter(self._programs))]
            self._programs[key] = program
        return program

    def _plan(
        self, wanted: list[str], given: Collection[str], chosen: Mapping[str, object], guards: Sequence[str]
    ) -> Plan:
        """The plan of a request.

        Raises:
            RunError: DB306 for a variant that nothing chooses, because an input without a value would.
        """
        try:
            return make_plan(self.graph, wanted, given, chosen, guards)
        except LinkError as error:
            variants = [node for name in error.names for node in self.graph.nodes.get(name, ())]
            keys = dict.fromkeys(key for node in variants for key, _ in node.when if key not in chosen)
            unknown = [self.graph.node(key) for key in keys if key in self.graph.nodes]
            if not unknown:
                raise
        raise not_given(unknown, self.unset)

    def origin(self, node: Node, memos: Mapping[str, Memo]) -> Origin:
        """Where a node is written, so that a result has one key whatever dataflow it is computed in."""
        if self._origin is not None:
            return self._origin(node, memos)
        return Origin(self.graph, self._runtime, node, memos)

    def calls(self) -> Calls:
        """How the calls of a plan are made."""
        return Calls(self._function, VALUES, SHARED | fixed_types(), node_error)

    def deciding(self, given: Mapping[str, object]) -> dict[str, object]:
        """Values of the inputs and params that choose variants, as far as they have one."""
        if not self.graph.choices:
            return {}
        found = [self.graph.node(name) for name in self.graph.deciding() if name in self.graph.nodes]
        return {
            node.name: given[node.name] if node.name in given else self.default(node)
            for node in found
            if node.name in given or not self._is_ungiven(node)
        }

    def _is_ungiven(self, node: Node) -> bool:
        """True for an input that has a value only if it is given."""
        return node.kind == "input" and (self._samples is None or node.name in self._unsampled)

    def slots(self, plan: Plan, given: Mapping[str, object]) -> list[object]:
        """The slots of a plan, its sources filled in."""
        slots: list[object] = [MISSING] * len(plan.names)
        for slot in plan.sources:
            name = plan.names[slot]
            slots[slot] = given[name] if name in given else self.default(self.graph.node(name))
        return slots

    def defaults(self, plan: Plan) -> dict[str, object]:
        """The defaults of the params that a plan reads."""
        names = {plan.names[slot] for slot in plan.sources} & self.params.keys()
        return {name: self.default(self.graph.node(name)) for name in names}

    def default(self, node: Node) -> object:
        """The default of a param; the sample of an input, where there is one."""
        if self._samples is not None:
            return self._samples.sample(node.name)
        if node.kind == "param":
            return self._runtime.default(node)
        raise not_given([node], self.unset)

    def _function(self, node: Node) -> Callable[..., object]:
        return self._runtime.function(self.graph, node)

    def guards(
        self,
        wanted: Sequence[str],
        given: Mapping[str, object],
        deciding: Mapping[str, object] | None = None,
    ) -> list[str]:
        """The checks on everything that outputs need.

        Args:
            deciding: values of the params that choose variants, where they are known already.
        """
        if not self.checks:
            return []
        chosen = self.deciding(given) if deciding is None else deciding

        def reads(name: str) -> tuple[str, ...]:
            node = None if name in given else self.graph.active(name, chosen)
            return () if node is None else node.input_names

        needed = {*wanted, *closure(wanted, reads)}
        return [name for name, node in self.checks.items() if node.subject in needed and name not in wanted]


def not_given(nodes: Sequence[Node], keys: Sequence[str] = ()) -> RunError:
    """The error DB306 for inputs without a value.

    Args:
        keys: what decorators look up in the config and do not find, which may make nodes of these names.
    """
    names = [node.name for node in nodes]
    given = ", ".join(f"'{name}': …" for name in names)
    start, verb = ("inputs", "were") if len(names) > 1 else ("input", "was")
    return RunError(
        "DB306",
        f"{start} {quoted(names)} {verb} not given.",
        hint=f"pass inputs={{{given}}}{_or_config(keys)}.",
        names=names,
        concerns=[node.ref for node in nodes],
    )


def _or_config(keys: Sequence[str]) -> str:
    if not keys:
        return ""
    config = ", ".join(f"'{key}': …" for key in keys)
    return f", or what decorators look up, which may make them: Dataflow.from_module(…, config={{{config}}})"


def _of_names(names: Sequence[str], config: Mapping[str, object], overrides: bool) -> Flow:
    """The flow of modules that are imported by their names.

    Raises:
        SourceError: DB403 where one cannot be imported.
    """
    modules = []
    for name in names:
        try:
            modules.append(importlib.import_module(name))  # noqa: TID251  # whatever the user's modules are
        except ImportError as error:
            raise SourceError(
                "DB403",
                f"the dataflow's module '{name}' cannot be imported here: {error}.",
                hint="install it, or put its folder on the path of this process.",
            ) from error
    return Flow.of_modules(modules, config, overrides)


def _source_of(cell: Cell) -> CellSource:
    """A cell as it is parsed again."""
    given = {name: item.given for name, item in cell.injected.items()}
    return replace(cell.source, injected=given)
