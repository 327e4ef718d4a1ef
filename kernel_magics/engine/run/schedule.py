"""The scheduler runs the calls of a plan, each when its arguments are ready, inline or on a pool."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from typing import Final, Protocol

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Plan, Step
from kernel_magics.engine.run.call import Calls, reads
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Failed, Finished, Reused, Skipped, Started
from kernel_magics.engine.run.whereabouts import followed, is_heard
from kernel_magics.engine.values.value import MISSING


class _Pending(Enum):
    PENDING = auto()


PENDING: Final = _Pending.PENDING
"""What `Placement.start` returns for a call whose value is not ready yet."""

Recall = Callable[[Node], object]
"""Returns a node's value if it is fresh, else MISSING."""


class Placement(Protocol):
    """Where the calls of one run take place: `Inline`, or a pool of threads or processes."""

    def start(self, step: Step, slots: list[object]) -> object:
        """Start a call; returns its value, or PENDING if others can start before it ends.

        Raises:
            DataflowError: the call failed.
        """

    def wait(self) -> tuple[Step, Finished | Failed]:
        """Wait until one of the pending calls ends."""

    def stop(self) -> None:
        """End the run: drop pending calls that have not begun."""


Place = Callable[[Calls], Placement]


def schedule(
    plan: Plan,
    slots: list[object],
    place: Placement,
    recall: Recall | None = None,
    free: bool = True,
    quiet: bool = False,
) -> Iterator[Event]:
    """Run the steps of a plan in its order, except that a step waits for pending calls that it reads.

    A failed node does not stop the others; nodes downstream of it are skipped. The caller handles each event
    before it requests the next one, so `recall` may rely on earlier events.

    Args:
        slots: one value for each name of the plan; sources are filled in, the rest is MISSING.
        place: where calls run.
        recall: returns the values of nodes that need no call.
        free: drop values after their last use.
        quiet: only failures and results of checks need be yielded.
    """
    if is_heard():
        return followed(_events(plan, slots, place, recall, free, quiet=False))
    return _events(plan, slots, place, recall, free, quiet)


def _events(
    plan: Plan, slots: list[object], place: Placement, recall: Recall | None, free: bool, quiet: bool
) -> Iterator[Event]:
    queue, uncomputed = deque(plan.steps), _Uncomputed()
    broken: dict[int, str] = {}  # slots without a value, each with the node that failed
    event: Event | _Pending | None
    try:
        while queue or uncomputed.calls:
            if queue:
                step = queue.popleft()
                if uncomputed.slots and uncomputed.put_off(step):
                    continue
                event = _without_call(step, slots, broken, recall) if broken or recall is not None else None
                if event is None:
                    if not quiet:
                        yield Started(step.node.name)
                    event = _start(step, slots, place, quiet)
                    if event is PENDING:
                        uncomputed.add(step)
                        continue
            else:
                step, event = place.wait()
                uncomputed.calls -= 1
            if event is not None:
                _note(step, slots, broken, event)
                yield event
            if uncomputed.slots:
                queue += uncomputed.release(step)
            elif free:  # all earlier steps are done
                for slot in step.frees:
                    slots[slot] = MISSING
    finally:
        place.stop()


def _without_call(
    step: Step, slots: list[object], broken: Mapping[int, str], recall: Recall | None
) -> Skipped | Reused | None:
    """The event of a step that cannot run or need not run; None for a step to run."""
    for slot in reads(step) if broken else ():
        if slot in broken:
            return Skipped(step.node.name, broken[slot])
    value = recall(step.node) if recall is not None else MISSING
    if value is MISSING:
        return None
    slots[step.slot] = value
    return Reused(step.node.name)


def _start(
    step: Step, slots: list[object], place: Placement, quiet: bool
) -> Finished | Failed | _Pending | None:
    """Start a call; returns its event if it ended at once and the event is to be yielded."""
    began = time.perf_counter()
    try:
        value = place.start(step, slots)
    except DataflowError as error:
        return Failed(step.node.name, error, time.perf_counter() - began)
    if value is PENDING:
        return PENDING
    slots[step.slot] = value
    if quiet and type(value) is not CheckResult:
        return None
    return Finished(step.node.name, value, time.perf_counter() - began)


def _note(step: Step, slots: list[object], broken: dict[int, str], event: Event) -> None:
    """Record what later steps need from an event."""
    if isinstance(event, Finished):
        slots[step.slot] = event.value
    elif isinstance(event, Failed):
        broken[step.slot] = event.name
    elif isinstance(event, Skipped):
        broken[step.slot] = event.because


class _Uncomputed:
    """The values that are not computed yet.

    Attributes:
        slots: their slots, each with the steps that are postponed because they read it.
        calls: the number of pending calls; the other slots belong to postponed steps.
    """

    def __init__(self) -> None:
        self.slots: dict[int, list[Step]] = {}
        self.calls = 0
        self._lacks: dict[int, int] = {}  # the number of values that a step lacks, by its slot

    def add(self, step: Step) -> None:
        """Add a step whose call is pending."""
        self.slots.setdefault(step.slot, [])
        self.calls += 1

    def put_off(self, step: Step) -> bool:
        """Postpone a step if it reads a value that is not computed yet."""
        lacks = [slot for slot in {*reads(step)} if slot in self.slots]
        for slot in lacks:
            self.slots[slot].append(step)
        if lacks:
            self._lacks[step.slot] = len(lacks)
            self.slots[step.slot] = []
        return bool(lacks)

    def release(self, step: Step) -> list[Step]:
        """The steps that can run now that this one has ended."""
        ready = []
        for reader in self.slots.pop(step.slot, ()):
            self._lacks[reader.slot] -= 1
            if not self._lacks[reader.slot]:
                ready.append(reader)
        return ready
