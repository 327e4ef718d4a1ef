"""A port of this machine for a server that a test starts in a process of its own."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.waiting import PATIENCE, until

_PR_SET_PDEATHSIG = 1  # of Linux


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port that the system gives to nobody else until the end of the block.

    It is bound here and not listened at: a server that allows addresses to be used again, as servers do, can have it.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[Any], said: Callable[[], str] = str) -> None:
    """Wait until a process takes connections at a port; an AssertionError says what it said when it ended before."""

    def open_() -> bool:
        assert process.poll() is None, f"it ended with {process.returncode}\n{said()}"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
        return False

    until(open_, f"port {port} takes connections")


@contextmanager
def started(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a session of its own, which ends with all its children at the end of the block.

    On Linux it also ends when the tests are killed.

    Args:
        options: of `subprocess.Popen`.
    """
    with subprocess.Popen(command, start_new_session=True, preexec_fn=_end_with_parent, **options) as process:
        try:
            yield process
        finally:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(PATIENCE)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def listening(
    command: Callable[[int], list[str]], **options: Any
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The port and the process of a server, from when it takes connections until the end of the block.

    Args:
        command: what starts it at a port.
        options: of `subprocess.Popen`.
    """
    with reserved_port() as port, started(command(port), **options) as process:
        wait_for_port(port, process)
        yield port, process
