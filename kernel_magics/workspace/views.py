"""Views: the live pictures of a session, by the id of their cell or page; each follows every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from kernel_magics.engine.run.event import Event


class Watcher(Protocol):
    """What follows one run."""

    def begin(self, names: Sequence[str], /) -> None:
        """A run of these nodes begins."""

    def note(self, event: Event, /) -> None:
        """Something happened in the run."""


class LivePicture(Watcher, Protocol):
    """What shows a session and follows all its runs."""

    def refresh(self) -> None:
        """Show the session as it is."""

    def show_mode(self, mode: str, /) -> None:
        """Show in which mode the session is."""

    def close(self) -> None:
        """It is not looked at any more."""


class Views(dict[str, LivePicture]):
    """The live pictures by id; threads may add and remove some during a run."""

    def show(self, id: str, view: LivePicture) -> None:
        """Keep a view as long as its cell exists; a cell has one at most."""
        self.close(id)
        self[id] = view

    def close(self, id: str) -> None:
        """Close the view of a cell that was deleted or shows something else."""
        old = self.pop(id, None)
        if old is not None:
            old.close()

    def refresh(self) -> None:
        """Let all show the session as it is."""
        for view in list(self.values()):
            view.refresh()

    def show_mode(self, mode: str) -> None:
        """Let all show in which mode the session is."""
        for view in list(self.values()):
            view.show_mode(mode)

    @contextmanager
    def followed(self, names: Sequence[str], *others: Watcher) -> Iterator[Callable[[Event], None]]:
        """Let all, and others, follow a run of these nodes; however it ends, they then show the session.

        Yields:
            what is to be called with each event.
        """
        watchers = [*others, *self.values()]
        for watcher in watchers:
            watcher.begin(names)

        def note(event: Event) -> None:
            for watcher in watchers:
                watcher.note(event)

        try:
            yield note
        finally:
            self.refresh()
