"""The session lock: one thread at a time changes the session, a cell's, a page's or one of the user's."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from types import TracebackType


class SessionLock:
    """Two locks, always taken in this order: one that a cell holds while it runs, and one for changes.

    Front ends may deliver messages on another thread while a cell runs (subshells). A message that changes
    the session waits for both, or is put off until the cell ends. A magic holds the second one while it
    works; on a thread of the user's that is all it needs, because the cell that started the thread may wait
    for it.

    Attributes:
        change: held while the session is changed; `with lock.change` is safe from interrupts.
    """

    def __init__(self) -> None:
        self._cell = threading.RLock()
        self.change = threading.RLock()

    def begin(self, inside: bool = False) -> None:
        """A cell begins.

        Args:
            inside: another one, which goes on afterwards. Otherwise this thread gives up first what it still
                holds of a cell whose end was interrupted.
        """
        with contextlib.suppress(RuntimeError):
            while not inside:
                self._cell.release()
        self._cell.acquire()

    def end(self) -> None:
        """A cell ends; does nothing for one that did not take the lock, such as the one that loads us."""
        with contextlib.suppress(RuntimeError):
            self._cell.release()

    @contextlib.contextmanager
    def attempt(self) -> Iterator[bool]:
        """Take the lock if no cell runs and nobody changes the session; gives whether that is so."""
        if not self._cell.acquire(blocking=False):
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
            self._cell.release()

    def __enter__(self) -> None:
        self._cell.acquire()
        self.change.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.change.release()
        self._cell.release()
