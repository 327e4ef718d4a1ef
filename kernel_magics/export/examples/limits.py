"""A limit ends a call that needs too much time or memory to be worth recording."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.run.cost import Cost

_ROOM = 4 << 30  # bytes beyond what the process has


class TooSlow(BaseException):
    """A call exceeded the time limit; not an Exception, so that node code does not catch it."""


@bracket
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooSlow in the block after a cost of so many seconds, if the system has timers."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    cost = Cost()

    def stop(*_: object) -> None:
        left = seconds - cost.seconds
        if left < seconds / 20:
            raise TooSlow
        signal.setitimer(signal.ITIMER_REAL, left)

    old = signal.getsignal(signal.SIGALRM)
    try:
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@bracket
def memory_limit() -> Iterator[None]:
    """Raise a MemoryError in the block where it needs some gigabytes more, if the system can tell."""
    try:
        import resource  # noqa: PLC0415  # not on Windows

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    room = pages * resource.getpagesize() + _ROOM
    try:
        with suppress(ValueError, OSError):  # somebody has set a lower limit
            if soft == resource.RLIM_INFINITY or room < soft:
                resource.setrlimit(resource.RLIMIT_AS, (room, hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
