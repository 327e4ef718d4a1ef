"""The clock measures CPU time of this process, because other programs share the machine."""

from __future__ import annotations

import gc
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

Results = dict[str, float]


def cpu(call: Callable[[], object], repeats: int = 1) -> float:
    """Median CPU seconds of a call."""
    return statistics.median(_once(call, time.process_time) for _ in range(repeats))


def wall(call: Callable[[], object]) -> float:
    """Seconds that pass during a call, for work that waits or runs on several cores."""
    return _once(call, time.perf_counter)


def per_call(call: Callable[[], object], calls: int) -> float:
    """Median over five rounds of the CPU seconds of one of many calls."""

    def many() -> None:
        for _ in range(calls):
            call()

    return cpu(many, 5) / calls


def peak_memory() -> float:
    """The largest memory of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def process_cpu(*argv: str, repeats: int = 5, folder: Path | None = None) -> float:
    """Median CPU seconds of a whole program, which may use files compiled by a run before.

    Args:
        folder: where it runs.
    """
    return statistics.median([program_cpu(*argv, folder=folder) for _ in range(repeats + 1)][1:])


def program_cpu(*argv: str, folder: Path | None = None) -> float:
    """CPU seconds of a whole program, once, its child processes included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def import_cpu(statement: str, repeats: int = 7) -> float:
    """Median CPU seconds of an import statement in a new interpreter."""
    program = f"import time\nt = time.process_time()\n{statement}\nprint(time.process_time() - t)"
    argv = [sys.executable, "-c", program]
    times = [float(subprocess.run(argv, check=True, capture_output=True).stdout) for _ in range(repeats + 1)]
    return statistics.median(times[1:])


def _once(call: Callable[[], object], clock: Callable[[], float]) -> float:
    gc.collect()
    start = clock()
    call()
    return clock() - start
