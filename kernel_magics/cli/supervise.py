"""Supervision: a command that runs the code of a notebook runs in a child process, whose end is checked.

Code can end its process without an exception: `os._exit`, `exec`, a crash in a library, the system's killer
of large processes. That process cannot report it, and its exit code may be 0.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from kernel_magics.engine.errors import RunError
from kernel_magics.engine.run.whereabouts import listen

if sys.platform != "win32":
    import fcntl

_ROOM: Final = 4096  # bytes shared by both processes: if the command is complete, its code, what it does
_PATIENCE: Final = 0.5  # seconds in which a child tells that it got the Ctrl-C itself


def supervised(work: Callable[[], int]) -> int:
    """Do work in a child process, if the system has them.

    Returns:
        its exit code, in the child and in this process.

    Raises:
        RunError: DB331 when the child ended before its work did.
    """
    if sys.platform == "win32":
        return work()
    room = mmap.mmap(-1, _ROOM)
    alive, held = os.pipe()
    signals, heard = os.pipe()
    for end in (signals, heard):
        os.set_blocking(end, False)
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.close(held)
        os.close(signals)
        signal.set_wakeup_fd(heard, warn_on_full_buffer=False)
        _end_with_parent(alive)
        listen(partial(_record, room))
        try:
            done = work()
            room[1] = done & 255  # what runs when a process ends, as `atexit` does, may give it another code
            return done
        finally:
            room[0] = 1
    os.close(alive)
    os.close(heard)
    asked: list[int] = []

    def hand_on(number: int, _: object) -> None:
        asked.append(number)
        os.kill(child, number)

    before = signal.signal(signal.SIGTERM, hand_on)
    try:
        status = _wait(child, signals)
    finally:
        signal.signal(signal.SIGTERM, before)
        os.close(held)
        os.close(signals)
    code = os.waitstatus_to_exitcode(status)
    if room[0] and not code:
        return room[1]
    if room[0] or -code in asked:
        return code if code >= 0 else 128 - code
    place = room[2:].partition(b"\0")[0].decode(errors="replace")
    raise RunError(
        "DB331",
        f"the process {_how(code)}{f' while it was {place}' if place else ''}, before the command was done.",
        hint="code of a dataflow must not end its process (os._exit, exec), crash, or need too much memory.",
    )


def _record(room: mmap.mmap, place: str) -> None:
    """Record which code of the user runs, such as "computing 'ctr'"."""
    text = place.encode(errors="replace")[: _ROOM - 3]
    room[2 : 3 + len(text)] = text + b"\0"


def _how(code: int) -> str:
    if code >= 0:
        return f"ended itself with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _wait(child: int, signals: int) -> int:
    """Wait for the child to end; a terminal sends Ctrl-C to it, any other interrupt is passed on.

    The child needs each of them once: what tidies up after the first one would be cut short by another.

    Args:
        signals: where the number of each signal that the child gets can be read as a byte.
    """
    came = got = 0
    while True:
        try:
            return os.waitpid(child, 0)[1]
        except KeyboardInterrupt:
            came += 1
            deadline = time.monotonic() + _PATIENCE
            while time.monotonic() < deadline:
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    return status
                with contextlib.suppress(BlockingIOError):  # none yet
                    got += os.read(signals, _ROOM).count(signal.SIGINT)
                if got >= came:
                    break
                time.sleep(0.02)
            else:
                os.kill(child, signal.SIGINT)


def _end_with_parent(alive: int) -> None:
    """End this process when the parent, which holds the other end of the pipe, has ended."""
    if sys.platform != "win32":
        fcntl.fcntl(alive, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(alive, fcntl.F_SETFL, fcntl.fcntl(alive, fcntl.F_GETFL) | os.O_ASYNC)
