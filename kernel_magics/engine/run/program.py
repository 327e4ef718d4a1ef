"""A program is a plan that is run again and again: its functions are looked up once, and at last compiled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Plan
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.compiled import Request, compile_plan, judged, settled
from kernel_magics.engine.run.run import Function, given_by
from kernel_magics.engine.values.isolation import SHARED
from kernel_magics.engine.values.value import MISSING, Values

_PATIENCE: Final = 2  # runs before a plan is compiled, which takes as long as some hundred runs
_LARGEST: Final = 20_000  # steps: Python takes long to compile more in one function

Blame = Callable[[Node, BaseException, Mapping[str, object]], DataflowError]
"""The error of a node whose function raised, with the arguments that it had."""


class Program:
    """A plan without executor and events: values flow from slot to slot, and nobody looks.

    Args:
        shared: types of libraries whose instances cannot be changed.
        blame: makes the error of a node.
    """

    def __init__(
        self,
        plan: Plan,
        function: Callable[[Node], Function],
        values: Values,
        shared: Collection[type],
        blame: Blame,
    ) -> None:
        self.plan = plan
        self._function, self._values, self._blame = function, values, blame
        self._shared = SHARED | frozenset(shared)
        self._calls = [
            (
                judged(step, function(step.node), values)
                if step.node.kind == "check"
                else function(step.node),
                step,
            )
            for step in plan.steps
        ]
        self._checks = any(step.node.kind == "check" for step in plan.steps)
        self._runs = 0
        self._compiled: Callable[..., dict[str, Any]] | None = None

    def run(self, slots: list[object], judge: Callable[[str, CheckResult], None]) -> dict[str, object]:
        """The outputs by name; readers are isolated from each other as in any run.

        Args:
            slots: a value for each source; the others are filled in.
            judge: told the result of each check.

        Raises:
            RunError: DB301 when a node fails, DB304 for a value that can be read only once.
        """
        self._runs += 1
        if (
            self._compiled is None
            and self._runs > _PATIENCE
            and len(self._calls) < _LARGEST
            and not self._checks
        ):
            blame = self._blame
            request = Request(self.plan, self._function, {}, {}, self._values, self._shared, blame)
            self._compiled = compile_plan(request)
        if self._compiled is not None:
            return self._compiled(**{self.plan.names[slot]: slots[slot] for slot in self.plan.sources})
        self._step_by_step(slots, judge)
        isolate = self._values.isolate
        for slot in self.plan.sources:  # samples, defaults and what the caller gave stay as they are
            slots[slot] = isolate(slots[slot])
        return {name: slots[slot] for name, slot in self.plan.outputs.items()}

    def _step_by_step(self, slots: list[object], judge: Callable[[str, CheckResult], None]) -> None:
        shared, isolate = self._shared, self._values.isolate
        for function, step in self._calls:
            try:
                given = [
                    value if type(value := slots[arg]) in shared else isolate(value) for arg in step.args
                ]
                if step.kwargs:
                    named = {name: isolate(slots[slot]) for name, slot in step.kwargs}
                    value = function(*given, **named)
                else:
                    value = function(*given)
                if type(value) not in shared:
                    value = settled(step.node, value)
            except (Exception, SystemExit) as error:
                raise self._blame(step.node, error, given_by(step, slots)) from error
            slots[step.slot] = value
            if type(value) is CheckResult:
                judge(step.node.name, value)
            for slot in step.frees:
                slots[slot] = MISSING
