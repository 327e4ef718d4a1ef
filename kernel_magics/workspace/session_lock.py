"""The session lock: one thread at a time changes the session: that of a cell, of a page or of the user."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from kernel_magics.engine.bracket import bracket


class SessionLock:
    """Two locks, always taken in this order: one that a cell holds while it runs, and one for changes.

    Front ends may deliver messages on another thread while a cell runs (subshells). A message that changes
    the session waits for both, or is deferred until the cell ends. A magic holds the second one while it
    works; on a thread of the user it needs no more, because the cell that started the thread may wait for it.

    Attributes:
        cell: held while a cell runs; `with lock.cell, lock.change` waits for both, and no interrupt hurts it.
        change: held while the session is changed.
    """

    def __init__(self) -> None:
        self.cell = threading.RLock()
        self.change = threading.RLock()

    def begin(self, inside: bool = False) -> None:
        """Take the lock for a cell.

        Args:
            inside: the cell runs inside another one, which continues afterwards. Otherwise this thread first
                releases what it still holds for a cell whose end was interrupted.
        """
        with contextlib.suppress(RuntimeError):
            while not inside:
                self.cell.release()
        self.cell.acquire()

    def end(self) -> None:
        """Release the lock of a cell; no effect for one that did not take it."""
        with contextlib.suppress(RuntimeError):
            self.cell.release()

    @bracket
    def attempt(self) -> Iterator[bool]:
        """Take the lock unless a cell runs or a thread changes the session; yields whether it was taken."""
        if not self.cell.acquire(blocking=False):
            yield False
            return
        try:
            if not self.change.acquire(blocking=False):
                yield False
                return
            try:
                yield True
            finally:
                self.change.release()
        finally:
            self.cell.release()
