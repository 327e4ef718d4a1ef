"""A run executes a plan and yields what happens; the default executor is this thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Plan, Step
from kernel_magics.engine.run.check import evaluate, tried
from kernel_magics.engine.run.event import Event, Failed, Finished, Reused, Skipped, Started
from kernel_magics.engine.run.failure import node_error, refuse_iterator
from kernel_magics.engine.run.tasks import finish
from kernel_magics.engine.values.value import MISSING, Values

Function = Callable[..., object]
Recall = Callable[[Node], object]


class Runner(Protocol):
    """Runs a plan: `execute`, or the same on an executor."""

    def __call__(
        self,
        plan: Plan,
        slots: list[object],
        function: Callable[[Node], Function],
        values: Values,
        recall: Recall | None = None,
        free: bool = True,
    ) -> Iterator[Event]: ...


_SHARED = frozenset({int, float, bool, str, bytes, complex, type(None)})


def execute(
    plan: Plan,
    slots: list[object],
    function: Callable[[Node], Function],
    values: Values,
    recall: Recall | None = None,
    free: bool = True,
) -> Iterator[Event]:
    """Run the steps of a plan in order.

    A failed node does not stop the others; what is downstream of it is skipped. The caller folds each event
    before it asks for the next, so `recall` may use what earlier events said.

    Args:
        slots: one value for each name of the plan; sources are filled in, the rest is MISSING.
        function: gives the callable of a node.
        values: how arguments are isolated from each other.
        recall: gives a node's value when it is fresh, else MISSING.
        free: drop values after their last use.
    """
    blamed: dict[int, str] = {}
    for step in plan.steps:
        broken = next((slot for slot in _reads(step) if slot in blamed), None)
        if broken is not None:
            blamed[step.slot] = blamed[broken]
            yield Skipped(step.node.name, blamed[broken])
            continue
        kept = recall(step.node) if recall is not None else MISSING
        if kept is not MISSING:
            slots[step.slot] = kept
            yield Reused(step.node.name)
        else:
            yield Started(step.node.name)
            event = call(step, slots, function, values)
            if isinstance(event, Finished):
                slots[step.slot] = event.value
            else:
                blamed[step.slot] = step.node.name
            yield event
        if free:
            for slot in step.frees:
                slots[slot] = MISSING


def call(
    step: Step, slots: list[object], function: Callable[[Node], Function], values: Values
) -> Finished | Failed:
    """Call one node's function on isolated arguments."""
    node = step.node
    start = time.perf_counter()
    if node.kind == "check" and len(step.args) == 1 and not step.kwargs:
        quick = tried(node, function(node), _subject(step, slots), values)
        if quick is not None:
            return Finished(node.name, quick, time.perf_counter() - start)
    given, named = arguments(step, slots, values)
    start = time.perf_counter()
    try:
        value = finish(function(node)(*given, **named))
        refuse_iterator(node.name, node.ref, value)
        if node.kind == "check":
            value = evaluate(node, _subject(step, slots), conditions(value), values)
    except (Exception, SystemExit) as error:
        return Failed(node.name, node_error(node, error, given_by(step, slots)), time.perf_counter() - start)
    return Finished(node.name, value, time.perf_counter() - start)


def arguments(step: Step, slots: list[object], values: Values) -> tuple[list[object], dict[str, object]]:
    """The step's arguments, each isolated from the value that others read."""
    positional = [_isolated(slots[slot], values) for slot in step.args]
    return positional, {name: _isolated(slots[slot], values) for name, slot in step.kwargs}


def _reads(step: Step) -> Iterator[int]:
    yield from step.args
    for _, slot in step.kwargs:
        yield slot


def _isolated(value: object, values: Values) -> object:
    return value if type(value) in _SHARED else values.isolate(value)


def _subject(step: Step, slots: list[object]) -> object:
    return slots[step.args[0]] if step.args else None


def conditions(value: object) -> Mapping[str, Function]:
    """What a check's function returned, as conditions by message."""
    if not isinstance(value, dict):
        raise TypeError(f"a check returns a dict of conditions, not {type(value).__name__}")
    return value


def given_by(step: Step, slots: list[object]) -> dict[str, object]:
    """The step's arguments by name, for the message of a failure."""
    names = [item.name for item in step.node.inputs]
    given = {name: slots[slot] for name, slot in zip(names, step.args, strict=False)}
    return given | {name: slots[slot] for name, slot in step.kwargs}
