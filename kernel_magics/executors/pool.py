"""A pool runs independent nodes side by side: each is submitted as soon as its last input is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)

from kernel_magics.engine.check import evaluate
from kernel_magics.engine.errors import UsageError, did_you_mean
from kernel_magics.engine.event import Event, Failed, Finished, Reused, Skipped, Started
from kernel_magics.engine.failure import node_error, refuse_iterator
from kernel_magics.engine.node import Node
from kernel_magics.engine.plan import Plan, Step
from kernel_magics.engine.run import Function, Recall, arguments, conditions, execute, given_by
from kernel_magics.engine.tasks import finish
from kernel_magics.engine.value import MISSING, Values

NAMED = {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}
LATER = ("dask", "ray", "spark")


def run_with(
    executor: Executor | str | None,
    plan: Plan,
    slots: list[object],
    function: Callable[[Node], Function],
    values: Values,
    recall: Recall | None = None,
    free: bool = True,
) -> Iterator[Event]:
    """Run a plan on an executor; in this thread when it is None.

    Raises:
        UsageError: DB309 for an executor that does not exist.
    """
    if executor is None:
        yield from execute(plan, slots, function, values, recall, free)
    elif isinstance(executor, Executor):
        yield from _run(executor, plan, slots, function, values, recall)
    elif executor in NAMED:
        with NAMED[executor]() as pool:
            yield from _run(pool, plan, slots, function, values, recall)
    else:
        hint = did_you_mean(executor, NAMED) or f"choose {' or '.join(NAMED)}, or pass an Executor."
        if executor in LATER:
            hint = f"pass the Executor of a {executor} client, or choose {' or '.join(NAMED)}."
        raise UsageError("DB309", f"there is no executor '{executor}'.", hint=hint)


def _run(
    pool: Executor,
    plan: Plan,
    slots: list[object],
    function: Callable[[Node], Function],
    values: Values,
    recall: Recall | None,
) -> Iterator[Event]:
    producers = {step.slot: number for number, step in enumerate(plan.steps)}
    waits = [0] * len(plan.steps)
    readers: list[list[int]] = [[] for _ in plan.steps]
    for number, step in enumerate(plan.steps):
        for slot in {*step.args, *(slot for _, slot in step.kwargs)} & producers.keys():
            waits[number] += 1
            readers[producers[slot]].append(number)
    ready = [number for number, count in enumerate(waits) if not count]
    blamed: dict[int, str] = {}
    running: dict[Future[object], tuple[int, float]] = {}
    try:
        while ready or running:
            while ready:
                number = ready.pop(0)
                step = plan.steps[number]
                kept = recall(step.node) if recall is not None else MISSING
                if kept is not MISSING:
                    slots[step.slot] = kept
                    yield Reused(step.node.name)
                    ready += yield from _release(number, None, plan, waits, readers, blamed)
                    continue
                yield Started(step.node.name)
                running[_submit(pool, step, slots, function, values)] = (number, time.perf_counter())
            done, _ = wait(running, return_when=FIRST_COMPLETED) if running else ((), None)
            for future in done:
                number, start = running.pop(future)
                event = _outcome(plan.steps[number], future, slots, time.perf_counter() - start, values)
                yield event
                failed = plan.steps[number].node.name if isinstance(event, Failed) else blamed.get(number)
                ready += yield from _release(number, failed, plan, waits, readers, blamed)
    finally:
        for future in running:
            future.cancel()


def _release(
    number: int,
    failed: str | None,
    plan: Plan,
    waits: list[int],
    readers: list[list[int]],
    blamed: dict[int, str],
) -> Generator[Event, None, list[int]]:
    """Count down what waited for a step; returns what can start, skips what cannot any more."""
    ready: list[int] = []
    queue = [(number, failed)]
    for current, cause in queue:
        for reader in readers[current]:
            waits[reader] -= 1
            if cause is not None:
                blamed.setdefault(reader, cause)
            if waits[reader]:
                continue
            if reader in blamed:
                yield Skipped(plan.steps[reader].node.name, blamed[reader])
                queue.append((reader, blamed[reader]))
            else:
                ready.append(reader)
    return ready


def _submit(
    pool: Executor, step: Step, slots: list[object], function: Callable[[Node], Function], values: Values
) -> Future[object]:
    args, kwargs = arguments(step, slots, values)
    return pool.submit(_work, function(step.node), args, kwargs)


def _work(function: Function, args: list[object], kwargs: dict[str, object]) -> object:
    return finish(function(*args, **kwargs))


def _outcome(
    step: Step, future: Future[object], slots: list[object], seconds: float, values: Values
) -> Finished | Failed:
    try:
        value = future.result()
        refuse_iterator(step.node.name, step.node.cell, value)
        if step.node.kind == "check":
            subject = slots[step.args[0]] if step.args else None
            value = evaluate(step.node, subject, conditions(value), values)
    except Exception as error:
        return Failed(step.node.name, node_error(step.node, error, given_by(step, slots)), seconds)
    slots[step.slot] = value
    return Finished(step.node.name, value, seconds)
