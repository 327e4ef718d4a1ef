"""A backfill runs the days of a range, one after the other or several at a time in processes of their own."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from kernel_magics.engine.errors import UsageError
from kernel_magics.pipeline.record import Records
from kernel_magics.pipeline.run import Options, Runner
from kernel_magics.pipeline.spec import Pipeline
from kernel_magics.tables.plural import plural


@dataclass(frozen=True, slots=True)
class Backfill:
    """Days to run.

    Attributes:
        first, last: both included.
        jobs: how many days run at a time.
        missing: only days that have no complete run.
    """

    first: dt.date
    last: dt.date
    jobs: int = 1
    missing: bool = False


def backfill(pipeline: Pipeline, options: Options, wanted: Backfill) -> int:
    """Run the days; the first that fails ends it, and days that have begun are finished.

    Returns:
        the exit code: 1 where a day failed in a process of its own.

    Raises:
        DataflowError: as the stages do; DB002 for a range without days.
    """
    records = Records.of(pipeline)
    days = list(pipeline.schedule.between(wanted.first, wanted.last))
    if not days or wanted.jobs < 1:
        text = f"the schedule has no day from {wanted.first} to {wanted.last}."
        raise UsageError("DB002", text if not days else "--jobs must be 1 or more.", hint="see the schedule.")
    if wanted.missing:
        days = [day for day in days if not records.is_whole(day.isoformat(), pipeline)]
    options.say(f"{plural(len(days), 'day')} to run")
    if wanted.jobs == 1:
        runner = Runner(pipeline, options)
        for day in days:
            runner.run(day)
        return 0
    failed: list[dt.date] = []
    with ThreadPoolExecutor(wanted.jobs) as pool:
        list(pool.map(lambda day: _day(pipeline, options, day, failed), days))
    for day in failed:
        options.say(f"{day}: failed")
    return 1 if failed else 0


def _day(pipeline: Pipeline, options: Options, day: dt.date, failed: list[dt.date]) -> None:
    """Run a day in a process; nothing once a day has failed."""
    if failed:
        return
    command = [sys.executable, "-m", "kernel_magics", "pipeline", "run", str(pipeline.document.path)]
    command += ["--day", day.isoformat(), *(word for name in options.stages for word in ("--stage", name))]
    command += [word for name, text in options.params.items() for word in ("--param", f"{name}={text}")]
    command += ["--if-due"] if options.if_due else []
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
        failed.append(day)
