"""Calls run together on the event loop: while one node awaits, others run; the loop stays free."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.plan import Plan, Step
from kernel_magics.engine.run.call import Calls, arguments, failure, reads, result, subject_of
from kernel_magics.engine.run.event import Event, Failed, Finished, Started
from kernel_magics.engine.values.value import MISSING


async def run_together(plan: Plan, slots: list[object], calls: Calls, note: Callable[[Event], None]) -> None:
    """Run the steps of a plan, those that are awaited concurrently; the others one by one in this thread.

    The first failure ends the run; pending tasks are cancelled then, and when the caller is cancelled.

    Args:
        slots: one value for each name of the plan; sources are filled in, outputs are filled in at the end.
        note: called with each event.

    Raises:
        DataflowError: a node failed.
    """
    run = _Run(plan, slots, calls, note)
    pending: dict[asyncio.Future[object], tuple[Step, float]] = {}
    try:
        while run.ready or pending:
            if run.ready:
                step, began = run.ready.popleft(), time.perf_counter()
                note(Started(step.node.name))
                value = run.call(step, began)
                if inspect.isawaitable(value):
                    pending[asyncio.ensure_future(_awaited(value))] = step, began
                else:
                    run.finish(step, value, began)
                if pending and run.ready and not run.ready[0].node.is_async:
                    await asyncio.sleep(0)  # tasks begin, or go on, before the next call of this thread
            else:
                await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in pending if task.done()]:
                step, began = pending.pop(task)
                run.settle(step, task, began)
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


async def _awaited(value: object) -> object:
    return await value if inspect.isawaitable(value) else value


@dataclass
class _Run:
    """The state of one run.

    Attributes:
        ready: steps whose arguments are computed, those of async functions first.
    """

    plan: Plan
    slots: list[object]
    calls: Calls
    note: Callable[[Event], None]
    ready: deque[Step] = field(default_factory=deque)

    def __post_init__(self) -> None:
        computed = {step.slot for step in self.plan.steps}
        self._readers: dict[int, list[Step]] = {}
        self._lacks: dict[int, int] = {}  # the number of values that a step lacks, by its slot
        self._uses: Counter[int] = Counter(self.plan.outputs.values())
        for step in self.plan.steps:
            needed = {*reads(step)}
            self._uses.update(needed)
            self._lacks[step.slot] = len(needed & computed)
            for slot in needed & computed:
                self._readers.setdefault(slot, []).append(step)
            if not self._lacks[step.slot]:
                self._add(step)

    def call(self, step: Step, began: float) -> object:
        """Call the step's function; the value, or what has to be awaited for it."""
        try:
            given, named = arguments(step, self.slots, self.calls)
            return self.calls.function(step.node)(*given, **named)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self._failed(step, error, began) from error

    def settle(self, step: Step, task: asyncio.Future[object], began: float) -> None:
        """Take the value of a task that has ended."""
        try:
            value = task.result()
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise
        except BaseException as error:
            raise self._failed(step, error, began) from error
        self.finish(step, value, began)

    def finish(self, step: Step, value: object, began: float) -> None:
        """Take a value: readers that lack no other are ready, values that nothing needs any more go."""
        try:
            value = result(step.node, value, subject_of(step, self.slots), self.calls.values)
        except BaseException as error:
            raise self._failed(step, error, began) from error
        self.slots[step.slot] = value
        self.note(Finished(step.node.name, value, time.perf_counter() - began))
        for reader in self._readers.get(step.slot, ()):
            self._lacks[reader.slot] -= 1
            if not self._lacks[reader.slot]:
                self._add(reader)
        for slot in {*reads(step)}:
            self._uses[slot] -= 1
            if not self._uses[slot]:
                self.slots[slot] = MISSING

    def _add(self, step: Step) -> None:
        if step.node.is_async:
            self.ready.appendleft(step)
        else:
            self.ready.append(step)

    def _failed(self, step: Step, error: BaseException, began: float) -> DataflowError:
        found = failure(step, self.slots, self.calls, error)
        self.note(Failed(step.node.name, found, time.perf_counter() - began))
        return found
