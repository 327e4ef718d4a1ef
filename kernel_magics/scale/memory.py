"""Memory that this process can still take, as far as the system tells."""

from __future__ import annotations

import sys
from pathlib import Path

if sys.platform != "win32":
    import resource


def free_memory() -> int | None:
    """The bytes that machine, container and limits of the process leave; None where nothing tells."""
    found = [free for free in (_of_machine(), _of_container(), _of_process()) if free is not None]
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


def _of_process() -> int | None:
    if sys.platform == "win32":
        return None
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    pages = _text("/proc/self/statm").split()
    if most == resource.RLIM_INFINITY or not pages:
        return None
    return most - int(pages[0]) * resource.getpagesize()


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
