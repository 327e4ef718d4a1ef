"""The end of a process that a test started with a session of its own, and of its children."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.waiting import until


def kill_session(process: subprocess.Popen[Any]) -> None:
    """Kill a process and its children, and wait until all are gone: a child may hold a lock after its parent's end."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: not _living(process.pid), f"no process of the session {process.pid}")


def _living(group: int) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, member = path.read_text().rpartition(")")[2].split()[:3]
            if member == str(group) and state not in "ZX":
                found.append(path.parent.name)
    return found
