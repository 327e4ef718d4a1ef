"""Views: the live pictures of a session, each by the id of its cell or page, all told of every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kernel_magics.engine.run.event import Event


class Views(dict[str, Any]):
    """A view can begin(names), note(event), refresh() and close()."""

    def show(self, id: str, view: Any) -> None:
        """Keep a view as long as its cell lives; a cell has one at most."""
        self.close(id)
        self[id] = view

    def close(self, id: str) -> None:
        """The cell is gone, or shows something else."""
        old = self.pop(id, None)
        if old is not None:
            old.close()

    def refresh(self) -> None:
        """Let all show the session as it stands."""
        for view in list(self.values()):
            view.refresh()

    @contextmanager
    def followed(
        self, names: list[str], *others: Callable[[Event], None]
    ) -> Iterator[list[Callable[[Event], None]]]:
        """Let them, and others, follow a run; however it ends, they then show what is."""
        views = list(self.values())
        for view in views:
            view.begin(names)
        try:
            yield [*others, *(view.note for view in views)]
        finally:
            self.refresh()
