"""The session lock: one thread at a time changes the session, a running cell or the message of a page."""

from __future__ import annotations

import threading
from types import TracebackType


class SessionLock:
    """A lock that a cell holds while it runs.

    Front ends may deliver messages on another thread while a cell runs (subshells). A message that changes
    the session waits for the lock, or is put off until the cell ends.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def begin(self) -> None:
        """Take the lock, when it is free."""
        self._lock.acquire()

    def try_begin(self) -> bool:
        """Take the lock if it is free now; a caller that gets True has to call `end`."""
        return self._lock.acquire(blocking=False)

    def end(self) -> None:
        """Release the lock; does nothing for a cell that did not take it, such as the one that loads us."""
        try:
            self._lock.release()
        except RuntimeError:
            return

    def __enter__(self) -> None:
        self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
