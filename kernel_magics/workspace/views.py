"""Views: the live pictures of a session, by the id of their cell or page, updated during every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.run.event import Event


class Watcher(Protocol):
    """An observer of one run."""

    def begin(self, names: Sequence[str], /) -> None:
        """Start a run of these nodes."""

    def note(self, event: Event, /) -> None:
        """Handle an event of the run."""


class LivePicture(Watcher, Protocol):
    """An observer of all runs that displays the session."""

    def refresh(self) -> None:
        """Display the present session."""

    def show_mode(self, mode: str, /) -> None:
        """Display the session's mode."""

    def close(self) -> None:
        """End the display."""


class Views(dict[str, LivePicture]):
    """The live pictures by id; threads may add and remove some during a run."""

    def show(self, id: str, view: LivePicture) -> None:
        """Add a view for a cell, in place of its previous one."""
        self.close(id)
        self[id] = view

    def close(self, id: str) -> None:
        """Close the view of a cell that was deleted or displays something else."""
        old = self.pop(id, None)
        if old is not None:
            old.close()

    def refresh(self) -> None:
        """Let all views display the present session."""
        for view in list(self.values()):
            view.refresh()

    def show_mode(self, mode: str) -> None:
        """Let all views display the session's mode."""
        for view in list(self.values()):
            view.show_mode(mode)

    @bracket
    def followed(self, names: Sequence[str], *others: Watcher) -> Iterator[Callable[[Event], None]]:
        """Let all views, and other watchers, observe a run; at its end, they display the session.

        Yields:
            the function to call with each event.
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
