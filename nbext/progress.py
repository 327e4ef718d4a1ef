"""Progress: how far a run is, and how long the rest will take, estimated from earlier runs of its nodes."""

from collections.abc import Mapping
from typing import Any

from kernel_magics.engine.run.event import Event, Failed, Finished, Started


class RunProgress:
    """Follows the events of one run.

    Args:
        due: the nodes that will run, with the seconds each took the last time (None: it never ran).
    """

    def __init__(self, due: Mapping[str, float | None] | None = None) -> None:
        self._left = dict(due or {})
        self._total = len(self._left)
        self._ran, self._took = 0, 0.0

    def note(self, event: Event) -> None:
        """Count a node that ended, with or without an error."""
        if isinstance(event, Started) or event.name not in self._left:
            return
        del self._left[event.name]
        if isinstance(event, Finished | Failed):
            self._ran += 1
            self._took += event.seconds

    def to_json(self) -> dict[str, Any] | None:
        """The view's progress; None when nothing was to run."""
        if not self._total:
            return None
        return {
            "done": self._total - len(self._left),
            "total": self._total,
            "seconds_left": self._seconds_left(),
        }

    def _seconds_left(self) -> float | None:
        """The estimated rest; a node that never ran counts as the mean of those that did."""
        known = [seconds for seconds in self._left.values() if seconds is not None]
        unknown = len(self._left) - len(known)
        if unknown and not self._ran:
            return None
        return sum(known) + (unknown * self._took / self._ran if unknown else 0.0)
