"""A cost is what calls take of time: their computing, and a small share of the time in which they wait."""

from __future__ import annotations

import time
from typing import Final

WAITING: Final = 5.0
"""This share of the time that a call sleeps, or is kept waiting by a busy machine, counts as computing."""


class Cost:
    """What this thread has done since the object was made."""

    def __init__(self) -> None:
        self._computed, self._at = time.thread_time(), time.perf_counter()

    @property
    def seconds(self) -> float:
        """The cost until now."""
        waited = (time.perf_counter() - self._at) / WAITING
        return max(time.thread_time() - self._computed, waited)
