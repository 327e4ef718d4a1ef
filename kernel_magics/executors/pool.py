"""A pool runs independent nodes side by side: each is submitted as soon as its last input is there."""

from __future__ import annotations

import contextvars
import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any, Final

from kernel_magics.engine.errors import NodeError, UsageError, did_you_mean
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Plan, Step
from kernel_magics.engine.run.check import evaluate
from kernel_magics.engine.run.event import Event, Failed, Finished, Reused, Skipped, Started
from kernel_magics.engine.run.failure import node_error, refuse_iterator
from kernel_magics.engine.run.run import Function, Recall, arguments, conditions, execute, given_by
from kernel_magics.engine.values.value import MISSING, Values
from kernel_magics.executors.work import Done, call_here, call_packed, leave_interrupts, packed, unpacked

_THREADS: Final = max(8, 4 + (os.cpu_count() or 1))  # nodes wait for data more often than they compute
NAMED: Final[dict[str, Callable[[], Executor]]] = {
    "threads": lambda: ThreadPoolExecutor(_THREADS, "dagbook-node"),
    "processes": lambda: ProcessPoolExecutor(initializer=leave_interrupts),
}
_PULSE: Final = 0.25
LATER = ("dask", "ray", "spark")
_Futures = dict["Future[Any]", int]


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
        pool = NAMED[executor]()
        done = False
        try:
            yield from _run(pool, plan, slots, function, values, recall)
            done = True
        finally:
            _close(pool, done)
    else:
        hint = did_you_mean(executor, NAMED) or f"choose {' or '.join(NAMED)}, or pass an Executor."
        if executor in LATER:
            hint = f"pass the Executor of a {executor} client, or choose {' or '.join(NAMED)}."
        raise UsageError("DB309", f"there is no executor '{executor}'.", hint=hint)


def _close(pool: Executor, done: bool) -> None:
    """End a pool of ours; after Ctrl-C or an error nobody waits for the nodes that still run."""
    workers = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=done, cancel_futures=True)
    for worker in () if done else workers:
        worker.terminate()


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
    ready = deque(number for number, count in enumerate(waits) if not count)
    blamed: dict[int, str] = {}
    running: _Futures = {}
    finished: SimpleQueue[Future[Any]] = SimpleQueue()
    try:
        while ready or running:
            while ready:
                number = ready.popleft()
                step = plan.steps[number]
                kept = recall(step.node) if recall is not None else MISSING
                if kept is not MISSING:
                    slots[step.slot] = kept
                    yield Reused(step.node.name)
                    ready += yield from _release(number, None, plan, waits, readers, blamed)
                    continue
                yield Started(step.node.name)
                future = _submit(pool, step, slots, function, values)
                running[future] = number
                future.add_done_callback(finished.put)
            if running:
                future = _first(finished)
                number = running.pop(future)
                event = _outcome(plan.steps[number], future, slots, values)
                yield event
                failed = plan.steps[number].node.name if isinstance(event, Failed) else blamed.get(number)
                ready += yield from _release(number, failed, plan, waits, readers, blamed)
    finally:
        for future in running:
            future.cancel()


def _first(finished: SimpleQueue[Future[Any]]) -> Future[Any]:
    """Sleep until a node is done. Now and then Python looks whether there was a Ctrl-C: one that comes just
    before a thread goes to sleep would not wake it.
    """
    while True:
        try:
            return finished.get(timeout=_PULSE)
        except Empty:
            continue


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
) -> Future[Any]:
    made = function(step.node)
    if not isinstance(pool, ProcessPoolExecutor):
        args, kwargs = arguments(step, slots, values)
        context = contextvars.copy_context()  # what a node prints belongs to the cell that runs now
        return pool.submit(context.run, call_here, made, args, kwargs)
    args = [slots[slot] for slot in step.args]  # a pickle is a copy
    try:
        content = packed(step.node, made, args, {name: slots[slot] for name, slot in step.kwargs})
    except NodeError as error:
        refused: Future[Done] = Future()
        refused.set_result(Done(None, 0.0, error=error))
        return refused
    return pool.submit(call_packed, content)


def _outcome(step: Step, future: Future[Any], slots: list[object], values: Values) -> Finished | Failed:
    done = Done(None, 0.0)
    try:
        result = future.result()
        done = unpacked(result) if isinstance(result, bytes) else result
        if done.output:
            sys.stdout.write(done.output)
        if done.error is not None:
            return Failed(step.node.name, done.error, done.seconds)
        value = done.value
        refuse_iterator(step.node.name, step.node.ref, value)
        if step.node.kind == "check":
            subject = slots[step.args[0]] if step.args else None
            value = evaluate(step.node, subject, conditions(value), values)
    except (Exception, SystemExit) as error:
        return Failed(step.node.name, node_error(step.node, error, given_by(step, slots)), done.seconds)
    slots[step.slot] = value
    return Finished(step.node.name, value, done.seconds)
