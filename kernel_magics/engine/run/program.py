"""A program is a plan that is run repeatedly: at first by the scheduler, then in its compiled form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Plan
from kernel_magics.engine.run.call import Calls, apart
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.compiled import Request, compile_plan
from kernel_magics.engine.run.event import Event, Failed, Finished
from kernel_magics.engine.run.inline import Inline
from kernel_magics.engine.run.schedule import Place, Recall, schedule

_PATIENCE: Final = 2  # runs before a plan is compiled, which takes as long as some hundred runs
_LARGEST: Final = 20_000  # steps: Python takes long to compile more in one function


def _noted(recall: Recall, given: list[object]) -> Recall:
    """The same, adding to `given` what it returns."""

    def known(node: Node) -> object:
        value = recall(node)
        given.append(value)
        return value

    return known


class Program:
    """The plan of one request, with its functions looked up."""

    def __init__(self, plan: Plan, calls: Calls) -> None:
        self.plan = plan
        functions = {step.node.name: calls.function(step.node) for step in plan.steps}
        self._calls = replace(calls, function=lambda node: functions[node.name])
        self._compilable = (
            len(plan.steps) < _LARGEST
            and all(step.node.kind != "check" for step in plan.steps)  # whose results the caller needs
            and all(plan.names[slot].isidentifier() for slot in plan.sources)
        )
        self._runs = 0
        self._compiled: Callable[..., dict[str, Any]] | None = None

    def run(
        self,
        slots: list[object],
        judge: Callable[[str, CheckResult], None],
        place: Place = Inline,
        note: Callable[[Event], None] | None = None,
        recall: Recall | None = None,
    ) -> dict[str, Any]:
        """The outputs by name; readers are isolated from each other.

        Args:
            slots: a value for each source; the others are filled in.
            judge: called with the result of each check.
            place: where calls run.
            note: called with each event; without one, and in this thread, the plan may be compiled.
            recall: returns the values of nodes that need no call.

        Raises:
            RunError: DB301 when a node fails, DB304 for a value that can be read only once.
        """
        if note is None and place is Inline and self._compilable:
            self._runs += 1
            if self._runs > _PATIENCE:
                return self._compile()(**{self.plan.names[slot]: slots[slot] for slot in self.plan.sources})
        given = self._given(slots)
        calls = replace(self._calls, alias=True)
        known = recall and _noted(recall, given)
        for event in schedule(self.plan, slots, place(calls), known, quiet=note is None):
            if note is not None:
                note(event)
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Finished) and isinstance(event.value, CheckResult):
                judge(event.name, event.value)
        return self._outputs(slots, given)

    async def run_together(
        self,
        slots: list[object],
        judge: Callable[[str, CheckResult], None],
        note: Callable[[Event], None] | None = None,
    ) -> dict[str, Any]:
        """The outputs by name, async nodes computed concurrently on the running event loop; see `run`."""
        from kernel_magics.engine.run.together import run_together  # noqa: PLC0415  # imports asyncio

        def judged(event: Event) -> None:
            if note is not None:
                note(event)
            if isinstance(event, Finished) and isinstance(event.value, CheckResult):
                judge(event.name, event.value)

        given = self._given(slots)
        await run_together(self.plan, slots, self._calls, judged)
        return self._outputs(slots, given)

    def _given(self, slots: list[object]) -> list[object]:
        return [slots[slot] for slot in self.plan.sources]

    def _outputs(self, slots: list[object], given: list[object]) -> dict[str, Any]:
        """The outputs; samples, defaults and what the caller gave stay as they are."""
        found = {name: slots[slot] for name, slot in self.plan.outputs.items()}
        return apart(found, given, self._calls.values)

    def _compile(self) -> Callable[..., dict[str, Any]]:
        if self._compiled is None:
            self._compiled = compile_plan(Request(self.plan, self._calls))
        return self._compiled
