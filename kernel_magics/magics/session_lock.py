"""A turn: one thread at a time works on the session, a running cell or a page that wishes something."""

from __future__ import annotations

import threading
from types import TracebackType


class SessionLock:
    """A lock that a cell holds while it runs.

    Front ends may deliver messages on another thread while a cell runs (subshells). What changes the session
    there waits for its turn, or is put off.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def begin(self) -> None:
        """A cell begins to run."""
        self._lock.acquire()

    def end(self) -> None:
        """A cell ended; nothing for one whose begin was not heard, such as the cell that loads us."""
        try:
            self._lock.release()
        except RuntimeError:
            return

    def free(self) -> bool:
        """Take the turn if nobody has it; whoever gets True ends it."""
        return self._lock.acquire(blocking=False)

    def __enter__(self) -> None:
        self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
