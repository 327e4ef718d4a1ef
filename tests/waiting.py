"""Waiting for what a thread or a process does: until it is done, with a limit that only a failure reaches."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 120.0  # seconds: a busy machine takes a hundred times as long as a free one


def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait for a condition; an AssertionError says what has not happened."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"after {seconds:g} s still not: {what}"
        time.sleep(0.01)
