"""The watch detects changes that a node makes outside its value: in the setup, its defaults or the process.

Other nodes would see such a change, and so would the node when it runs again: values would depend on what ran
before. So it is undone and reported.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import CodeType, FunctionType
from typing import Final

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import RunError, quoted
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Step
from kernel_magics.engine.run.call import Calls, Function
from kernel_magics.engine.run.event import Event, Failed, Noticed
from kernel_magics.engine.run.inline import Inline
from kernel_magics.engine.run.origin import imported_roots
from kernel_magics.engine.run.runtime import Runtime, default_uses
from kernel_magics.engine.run.self_contained import has_mutable_defaults
from kernel_magics.engine.session.cache import ResultCache
from kernel_magics.engine.session.guard import Guard, guard_of
from kernel_magics.engine.session.reach import Reach, changed_of, is_beside, is_own, is_own_or_module
from kernel_magics.engine.source.tree import FunctionOrClass
from kernel_magics.engine.values.isolation import SHARED
from kernel_magics.engine.values.picture import Seen, picture, variables
from kernel_magics.engine.values.surroundings import Surroundings
from kernel_magics.engine.values.value import Values

_REACHES: Final = re.compile(r"\b(import|global|eval|exec|open|__\w+__)\b")
_DRAWS: Final = re.compile(
    r"rand|seed|sampl|shuffl|choice|permut|noise|rvs|fit|split|boot|simul|draw|generat"
)
_STEERS: Final = re.compile(
    r"\b(os|sys|locale|decimal|environ|chdir|putenv|options?|set_\w+|seterr\w*|importlib|exec|eval|open)\b"
)
_SEEDS: Final = re.compile(r"\bseed\b|random_?state|set_state|setstate")
_QUIET: Final = frozenset({"numpy", "pandas", "polars", "pyarrow"})


class Watch:
    """What the nodes of one session must not change.

    Attributes:
        spoilt: something of the setup was changed that cannot be undone, so that it has to run again.
        ruined: nodes whose values were changed so.
        passed: objects in values of nodes that readers get as they are, because they cannot be copied.
    """

    def __init__(self, values: Values) -> None:
        self._values = values
        self._notices: list[Noticed] = []
        self.passed: dict[str, tuple[Seen, ...]] = {}
        self._of: tuple[object, int] = (None, -1)
        self._pictures: dict[str, tuple[Seen, ...]] = {}
        self._plans: dict[int, tuple[Function, Reach | None]] = {}  # by the function's id
        self._modules: dict[tuple[str, ...], tuple[Seen, ...]] = {}  # as they were early in this run
        self._surroundings: Surroundings | None = None
        self._open: Reach | None = None  # the node that runs, or was interrupted
        self._harmless: set[type] = set()  # types whose values are always copied, or hold nothing
        self._asked = 0
        self._beside: list[Reach] = []  # nodes that run on a pool
        self.spoilt = False
        self.ruined: set[str] = set()

    # -- the setup -----------------------------------------------------------------------------------------

    def follow(self, runtime: Runtime) -> None:
        """Record the setup, which has just run, as the state to keep."""
        if self._of == (runtime, runtime.runs):
            return
        values = {name: value for name, value in runtime.namespace.items() if not name.startswith("__")}
        pictures = {name: self._picture({name: value}) for name, value in values.items()}
        pictures[""] = (variables(runtime.namespace),)
        self._plans.clear()
        self._pictures, self.spoilt = pictures, False
        self._of, self._asked = (runtime, runtime.runs), runtime.asked  # last: an interrupt may come before

    def mend(self, runtime: Runtime) -> list[str]:
        """Undo what something that is no node changed in the setup, or in a value that cannot be copied.

        What cannot be undone sets `spoilt`: the setup has to run again; or it adds to `ruined`.

        Returns:
            the names.
        """
        kept = (*self._pictures.values(), *self.passed.values())
        changed = changed_of({id(item.value): item for seen in kept for item in seen}.values())
        names = list(dict.fromkeys(item.name() for item in changed))
        self._undo(changed)
        self._asked = runtime.asked
        return names

    def _undo(self, changed: Sequence[Seen]) -> None:
        passed = {id(item): name for name, seen in self.passed.items() for item in seen}
        for item in changed:
            if not item.undo():
                if id(item) in passed:
                    self.ruined.add(passed[id(item)])
                else:
                    self.spoilt = True

    def _picture(self, roots: Mapping[str, object]) -> tuple[Seen, ...]:
        return picture(roots, is_own, self._values.way)

    def _modules_beside(self, names: Iterable[str]) -> tuple[Seen, ...]:
        """The state of those modules that are local, and of the local ones that they import."""
        loaded = {name: sys.modules.get(name) for name in sorted(names)}
        local = {name: item for name, item in loaded.items() if item and is_beside(name, id(item))}
        known = self._modules.get(tuple(local))
        if known is None:
            known = picture(local, is_own_or_module, self._values.way) if local else ()
            self._modules[tuple(local)] = known
        return known

    # -- a run ---------------------------------------------------------------------------------------------

    def is_in_doubt(self, runtime: Runtime) -> bool:
        """Whether functions were called without being watched, as in a run with other inputs."""
        return self._of == (runtime, runtime.runs) and self._asked != runtime.asked

    def begin_run(self, runtime: Runtime) -> None:
        """Start a run: record the present surroundings."""
        self.follow(runtime)
        self.settle()
        self._surroundings = None
        self._beside = []
        self._modules.clear()

    def call(self, graph: Graph, runtime: Runtime, node: Node, alone: bool = True) -> Function:
        """The node's function, which is about to be called.

        Args:
            alone: no other node runs beside it.
        """
        function = runtime.function(graph, node)
        self._asked = runtime.asked
        known = self._plans.get(id(function))
        if known is None:
            if len(self._plans) > 2 * len(graph.nodes) + 100:  # most are of functions that were edited
                self._plans.clear()
            known = self._plans[id(function)] = function, self._plan(graph, node, function)
        plan = known[1]
        if self.passed:
            plan = self._with_passed(node, plan)
        if plan is not None:
            if self._surroundings is None and plan.steers:
                self._surroundings = Surroundings(self._values.surroundings())
            if plan.beside:
                plan = replace(plan, beside=tuple(item.again() for item in plan.beside))
            if alone:
                self._open = plan
            else:
                self._beside.append(plan)
        return function

    def _with_passed(self, node: Node, plan: Reach | None) -> Reach | None:
        more = tuple(seen for item in node.inputs for seen in self.passed.get(item.name, ()))
        if not more:
            return plan
        plan = plan or Reach(node)
        return replace(plan, seen=(*plan.seen, *more))

    def judge_all(self) -> list[Failed]:
        """Check what nodes changed that ran in parallel; all that may have done so have failed."""
        plans, self._beside = self._beside, []
        seen = {id(item.value): item for plan in plans for item in plan.seen}
        changed = changed_of(seen.values())
        failed = []
        for plan in plans if changed else ():
            reached = [item for item in changed if any(item.value is each.value for each in plan.seen)]
            if reached:
                failed.append(Failed(plan.node.name, plan.error(reached), 0.0))
        self._undo(changed)
        for plan in plans:
            self._look_around(plan)
        return failed

    # -- calls in other processes --------------------------------------------------------------------------

    def guard(self, function: Function) -> Guard | None:
        """The guard for a call of this function, which `call` returned, in another process; None for none."""
        plan = self._plans[id(function)][1]
        return None if plan is None else guard_of(plan, self._values)

    def told_by(self, guard: Guard) -> None:
        """Take the notices of a guard that came back.

        Raises:
            NodeError: DB113; the changed object was a copy.
        """
        self._notices += guard.notices
        if guard.error is not None:
            raise guard.error

    # -- what is said --------------------------------------------------------------------------------------

    def told(self) -> list[Noticed]:
        """The notices since the last call."""
        if not self._notices:
            return []
        told, self._notices = self._notices, []
        return told

    def settle(self) -> None:
        """Undo the changes of the node that was running and failed."""
        plan = self._open
        if plan is not None:
            self._undo(changed_of(plan.seen))
            self._look_around(plan)
            self._open = None

    def judge(self) -> None:
        """Check what the node changed that ran.

        Raises:
            NodeError: DB113; it is undone.
        """
        plan = self._open
        if plan is None:
            return
        changed = changed_of(plan.seen)
        if changed:
            error = plan.error(changed)
            self.settle()
            raise error
        self._look_around(plan)
        self._open = None

    def _look_around(self, plan: Reach) -> None:
        self._notices += plan.look_around(self._surroundings)

    def _plan(self, graph: Graph, node: Node, function: Function) -> Reach | None:
        """What a node can reach besides its arguments; None for a self-contained function."""
        if isinstance(function, FunctionType) and _is_plain(function):
            return None
        sources = node.sources
        names = [*node.uses, *default_uses(graph, node)]
        defaults = isinstance(function, FunctionType) and has_mutable_defaults(function)
        defaults = defaults or any(f"{node.function}." in text for text in sources)
        if not names and not node.helpers and not defaults and not any(map(_REACHES.search, sources)):
            return None
        closure = graph.setup.closure(names)
        reached = {root for text in sources for root in imported_roots(text)}
        modules = set(reached)
        for statement in closure:
            imported = imported_roots(statement.code)
            reached |= imported
            modules |= set(_imported_modules(statement.node)) if statement.is_import else imported
        found = [seen for item in closure for name in item.binds for seen in self._pictures.get(name, ())]
        if any(isinstance(item.node, FunctionOrClass) or "lambda" in item.code for item in closure):
            found += self._pictures[""]
        mine = self._mine(node, function, sources) if isinstance(function, FunctionType) else []
        once = tuple({id(item.value): item for item in [*found, *mine]}.values())
        beside = self._modules_beside(modules)
        foreign = reached - _QUIET - sys.stdlib_module_names
        text = " ".join([*sources, *(item.code for item in closure)])
        draws = bool(foreign) or _DRAWS.search(text) is not None
        seeds = any(_SEEDS.search(item) for item in [*sources, *(cell.body for cell in graph.setup.cells)])
        steers = bool(foreign) or draws or _STEERS.search(text) is not None
        if not once and not beside and not steers:
            return None
        return Reach(node, once, beside, frozenset(item.path for item in mine), steers, draws, seeds)

    def _mine(self, node: Node, function: FunctionType, sources: Sequence[str]) -> list[Seen]:
        """What a node's function keeps: its defaults, its attributes, private functions of its cell."""
        inside = function.__globals__
        private = [inside[item.name] for item in node.helpers if item.name in inside]
        found = [variables(inside)] if any("global" in text for text in sources) else []
        if private or has_mutable_defaults(function) or any(f"{node.function}." in text for text in sources):
            found += self._picture({item.__name__: item for item in (function, *private)})
        return found

    # -- values that cannot be copied ------------------------------------------------------------------------

    def note(self, name: str, value: object) -> None:
        """Record which parts of a new value are passed to readers without a copy."""
        self.passed.pop(name, None)
        kind = type(value)
        if kind in SHARED or kind in self._harmless:
            return
        seen = () if self._values.way(value) is not None else self._picture({name: value})
        if not seen and not callable(value):
            self._harmless.add(kind)
        if not seen or (len(seen) == 1 and SHARED.issuperset(map(type, seen[0].parts))):
            return
        copied = {id(item.value) for item in self._picture({name: self._values.isolate(value)})}
        passed = tuple(item for item in seen if id(item.value) in copied and type(item.value) is not tuple)
        if passed:
            self.passed[name] = passed


class Watched(Inline):
    """Calls in this thread, each watched; see `schedule.Placement`."""

    def __init__(self, calls: Calls, watch: Watch, cache: ResultCache) -> None:
        super().__init__(calls)
        self._watch, self._cache = watch, cache
        self._function = self._recorded

    def start(self, step: Step, slots: list[object]) -> object:
        """Run the call; returns its value.

        Raises:
            DataflowError: the call failed, or changed an object that is not its own.
        """
        watch = self._watch
        try:
            value = super().start(step, slots)
        except BaseException:
            watch.settle()
            raise
        watch.judge()
        return value

    def _recorded(self, node: Node) -> Function:
        """The node's function; what it does is recorded if its value is to be kept."""
        return self._cache.recorded(self._calls, node)


def judged(events: Iterable[Event], watch: Watch) -> Iterator[Event]:
    """The events of a run, with the notices of the watch about its nodes."""
    for event in events:
        yield event
        yield from watch.told()
    yield from watch.judge_all()
    yield from watch.told()


def _imported_modules(node: ast.stmt) -> Iterator[str]:
    """The names of the modules that an import statement makes known."""
    if isinstance(node, ast.Import):
        yield from (item.name if item.asname else item.name.partition(".")[0] for item in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        inside = [f"{node.module}.{item.name}" for item in node.names]
        yield from (name if name in sys.modules else node.module for name in inside)


def setup_changed(cell: Cell, names: Sequence[str]) -> RunError:
    """The error DB113 for an inputs or params cell that changed the setup."""
    return RunError(
        "DB113",
        (cell.ref.subject(), f" changes {quoted(names)} of the setup, which nodes read, too."),
        hint="change a copy: `copy.deepcopy` makes one.",
        names=names,
    )


def _is_plain(function: FunctionType) -> bool:
    """Whether a function uses no name and no attribute, and has nothing that outlives a call."""
    code = function.__code__
    kept = function.__defaults__ or function.__kwdefaults__ or function.__closure__
    return not code.co_names and not kept and not any(isinstance(item, CodeType) for item in code.co_consts)
