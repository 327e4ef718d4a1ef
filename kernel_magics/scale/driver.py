"""A driver hands jobs to an executor, tries again what was lost, and remembers what is done."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Final

from kernel_magics.engine.errors import RunError
from kernel_magics.scale.job import Job, Report, run_job, this_process
from kernel_magics.scale.shelf import put_bytes

TRIES: Final = 3
_NAMED: Final = 4  # jobs in an error
_PULSE: Final = 0.25

Opened = Callable[[], AbstractContextManager[Executor]]


@dataclass
class Driver:
    """Runs the jobs of one run.

    Attributes:
        folder: of the run.
        opened: opens the executor; once more where it broke.
        done: called with each job that has ended, and its report.
        width: how many jobs an executor runs at a time.
        keeps: remember in the folder what is done, so that a run that was killed can go on.
        reused: how many jobs were done before.
    """

    folder: Path
    opened: Opened
    done: Callable[[Job, Report], None]
    width: Callable[[Executor], int]
    keeps: bool = False
    reused: int = 0
    _executor: Executor | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.__exit__(*failure)  # type: ignore[arg-type]

    @property
    def executor(self) -> Executor:
        """The executor, opened when it is needed first."""
        if self._executor is None:
            self._executor = self._stack.enter_context(self.opened())
        return self._executor

    @property
    def workers(self) -> int:
        """How many jobs run at a time."""
        return self.width(self.executor)

    def run(self, jobs: Iterable[Job]) -> None:
        """Do jobs, in any order.

        Raises:
            DataflowError: a node failed, or a job was lost at every try.
        """
        waiting = list(self._not_done(jobs))[::-1]
        tries: dict[str, int] = {}
        running: dict[Future[bytes], Job] = {}
        try:
            while waiting or running:
                while waiting and len(running) < 2 * self.workers:
                    job = replace(waiting.pop(), home=this_process())
                    running[self._submit(job)] = job
                ended, _ = wait(running, timeout=_PULSE, return_when=FIRST_COMPLETED)
                broken = [job for future, job in running.items() if not _has_report(future)]
                for future in ended:
                    job = running.pop(future)
                    tries[job.id] = tries.get(job.id, 0) + 1
                    report = self._report(job, future, tries[job.id], broken)
                    if report is None:
                        waiting.append(job)
                    else:
                        self._end(job, report)
        finally:
            for future in running:
                future.cancel()

    def _submit(self, job: Job) -> Future[bytes]:
        content = pickle.dumps(job)
        try:
            return self.executor.submit(run_job, str(self.folder), content)
        except BrokenExecutor:
            self._executor = None
            return self.executor.submit(run_job, str(self.folder), content)

    def _not_done(self, jobs: Iterable[Job]) -> Iterator[Job]:
        for job in jobs:
            path = self._done_path(job)
            if self.keeps and path.is_file():
                self.reused += 1
                self.done(job, pickle.loads(path.read_bytes()))
            else:
                yield job

    def _done_path(self, job: Job) -> Path:
        return self.folder / "done" / blake2b(job.id.encode(), digest_size=16).hexdigest()

    def _report(self, job: Job, future: Future[bytes], tries: int, broken: Sequence[Job]) -> Report | None:
        """The report of a job; None where it is to be tried again.

        Args:
            broken: the jobs that had no report when this one ended: where an executor breaks, it is not known
                which of them was the reason.
        """
        try:
            report: Report = pickle.loads(future.result())
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a lost worker: every library has exceptions of its own for that
            if isinstance(error, BrokenExecutor):
                self._executor = None
            if tries < TRIES:
                return None
            raise _lost(broken if isinstance(error, BrokenExecutor) else [job], error) from error
        if report.again and tries < TRIES:
            return None
        return report

    def _end(self, job: Job, report: Report) -> None:
        if report.output:
            sys.stdout.write(report.output)
        if report.error is not None:
            raise report.error
        if self.keeps and report.refuted is None:
            put_bytes(pickle.dumps(report), self._done_path(job))
        self.done(job, report)


def _has_report(future: Future[bytes]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _lost(jobs: Sequence[Job], error: BaseException) -> RunError:
    names = sorted(map(_name, jobs), key=lambda name: (len(name), name))
    left = len(names) - _NAMED
    what = f"{', '.join(names[:_NAMED])} or {left} others" if left > 1 else " or ".join(names)
    return RunError(
        "DB331",
        f"a worker was lost {TRIES} times while it was computing {what}: {type(error).__name__}: "
        f"{str(error).strip().splitlines()[0].rstrip('.') if str(error).strip() else 'no reason is known'}.",
        hint="it may need too much memory: make more parts with --parts N.",
    )


def _name(job: Job) -> str:
    return f"part {job.part + 1}" if job.kind == "part" else f"'{job.name}'" if job.name else "all rows"
