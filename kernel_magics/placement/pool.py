"""A pool makes calls on an executor, in parallel: on threads, or in other processes."""

from __future__ import annotations

import contextvars
import os
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any, Final

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import DataflowError, RunError
from kernel_magics.engine.graph.plan import Step
from kernel_magics.engine.run.call import Calls, arguments, failure, result, subject_of
from kernel_magics.engine.run.event import Failed, Finished
from kernel_magics.engine.run.schedule import PENDING, Place
from kernel_magics.placement.clusters import is_remote
from kernel_magics.placement.pickled import Done, call_here, call_packed, ignore_interrupts, packed, unpacked

_THREADS: Final = max(8, 4 + (os.cpu_count() or 1))  # nodes often wait for data
_PULSE: Final = 0.25


class Pool:
    """The calls of one run on an executor; see `schedule.Placement`."""

    def __init__(self, executor: Executor, calls: Calls) -> None:
        self._executor, self._calls = executor, calls
        self._running: dict[Future[Any], tuple[Step, list[object]]] = {}
        self._ended: SimpleQueue[Future[Any]] = SimpleQueue()
        self._lost: tuple[str, ...] = ()  # the calls under way when a worker was lost

    def start(self, step: Step, slots: list[object]) -> object:
        """Submit the call.

        Raises:
            DataflowError: DB301 when its arguments cannot be sent to another process.
        """
        future = self._submit(step, slots)
        self._running[future] = step, slots
        future.add_done_callback(self._ended.put)
        return PENDING

    def wait(self) -> tuple[Step, Finished | Failed]:
        """Wait until a call ends; wakes up regularly to handle a Ctrl-C that came just before the wait."""
        while True:
            try:
                future = self._ended.get(timeout=_PULSE)
            except Empty:
                continue
            step, slots = self._running.pop(future)
            return step, self._outcome(step, slots, future)

    def _lost_worker(self, step: Step, error: BrokenExecutor) -> DataflowError:
        """A process is gone: every call that was under way is lost, and one of them was the reason."""
        if not self._lost:
            self._lost = (step.node.name, *(other.node.name for other, _ in self._running.values()))
        names = " or ".join(f"'{name}'" for name in sorted(self._lost))
        failed = RunError(
            "DB331",
            f"a worker process ended while it was computing {names}: an exit, a crash, or too little memory.",
            hint="run without an executor to see which of them it is." if len(self._lost) > 1 else "",
            names=[step.node.name],
            concerns=[step.node.ref],
        )
        failed.__cause__ = error
        return failed

    def stop(self) -> None:
        """Cancel the calls that have not begun."""
        for future in self._running:
            future.cancel()

    def _submit(self, step: Step, slots: list[object]) -> Future[Any]:
        function = self._calls.function(step.node)
        if isinstance(self._executor, ProcessPoolExecutor) or is_remote(self._executor):
            given = [slots[slot] for slot in step.args]  # a pickle is a copy
            named = {name: slots[slot] for name, slot in step.kwargs}
            guard = self._calls.guards.guard(function) if self._calls.guards is not None else None
            return self._executor.submit(call_packed, packed(step.node, function, given, named, guard))
        given, named = arguments(step, slots, self._calls)
        context = contextvars.copy_context()  # the output of a node belongs to the running cell
        return self._executor.submit(context.run, call_here, function, given, named)

    def _outcome(self, step: Step, slots: list[object], future: Future[Any]) -> Finished | Failed:
        node, done = step.node, Done(None, 0.0)
        try:
            sent = future.result()
            done = unpacked(sent) if isinstance(sent, bytes) else sent
            if done.output:
                sys.stdout.write(done.output)
            if done.guard is not None and self._calls.guards is not None:
                self._calls.guards.told_by(done.guard)
            if done.error is not None:
                return Failed(node.name, done.error, done.seconds)
            value = result(node, done.value, subject_of(step, slots), self._calls.values)
        except BrokenExecutor as error:
            return Failed(node.name, self._lost_worker(step, error), done.seconds)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return Failed(node.name, failure(step, slots, self._calls, error), done.seconds)
        return Finished(node.name, value, done.seconds)


def on(executor: Executor) -> Place:
    """The placement on an executor."""
    return lambda calls: Pool(executor, calls)


@bracket
def opened(name: str) -> Iterator[Executor]:
    """A pool for one run; after Ctrl-C or an error, running calls are dropped."""
    pool: Executor
    if name == "processes":
        pool = ProcessPoolExecutor(initializer=ignore_interrupts)
    else:
        pool = ThreadPoolExecutor(_THREADS, "dagbook-node")
    ended = False
    try:
        yield pool
        ended = True
    finally:
        workers = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=ended, cancel_futures=True)
        for worker in () if ended else workers:
            worker.terminate()
