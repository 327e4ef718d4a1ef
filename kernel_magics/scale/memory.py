"""Memory that this process can still take, as far as the system tells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

if sys.platform != "win32":
    import resource

_ENDED: Final = 0.95
"""The share of its memory limit at which a worker of Dask is ended, as Dask has it by default."""


def free_memory() -> int | None:
    """The bytes that machine, container, process limits and cluster leave; None where nothing tells."""
    told = (_of_machine(), _of_container(), *_of_process(), _of_worker())
    found = [free for free in told if free is not None]
    return max(0, min(found)) if found else None


def peak_memory() -> int:
    """The most bytes that this process had so far; 0 where nothing tells."""
    if sys.platform == "win32":
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _of_machine() -> int | None:
    for line in _text("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _of_container() -> int | None:
    most, used = _text("/sys/fs/cgroup/memory.max").strip(), _text("/sys/fs/cgroup/memory.current").strip()
    return int(most) - int(used) if most.isdigit() and used.isdigit() else None


def _of_process() -> Iterator[int]:
    """What limits of the address space and of the data of a process leave."""
    if sys.platform == "win32":
        return
    for limit, used in ((resource.RLIMIT_AS, "VmSize:"), (resource.RLIMIT_DATA, "VmData:")):
        most = resource.getrlimit(limit)[0]
        lines = (line.split() for line in _text("/proc/self/status").splitlines() if line.startswith(used))
        taken = next(lines, None)
        if most != resource.RLIM_INFINITY and taken is not None:
            yield most - int(taken[1]) * 1024


def _of_worker() -> int | None:
    """What a worker of Dask may still take before its nanny ends it."""
    library: Any = sys.modules.get("distributed")
    pages = _text("/proc/self/statm").split()
    if library is None or not pages:
        return None
    try:
        most = library.get_worker().memory_manager.memory_limit
    except (AttributeError, ValueError):  # this process is none
        return None
    resident = int(pages[1]) * resource.getpagesize()
    return None if not most else int(most * _ENDED) - resident


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
