"""A batch: changes of the view collected so that the screen gets at most so many messages a second."""

from collections.abc import Callable
from typing import Any

Update = dict[str, Any]


class Batch:
    """Merges updates (a node's latest state wins) and says when the next message is due.

    `clock` returns seconds that never go back, such as `time.monotonic`. The batch neither sleeps nor sends:
    its owner asks `due()` when to call `take()`.
    """

    def __init__(self, clock: Callable[[], float], per_second: float = 20.0) -> None:
        self._clock = clock
        self._pause = 1.0 / per_second
        self._last: float | None = None
        self._pending: Update | None = None
        self._nodes: dict[str, dict[str, Any]] = {}
        self._removed: dict[str, None] = {}

    def add(self, update: Update) -> None:
        """Merge one update into what waits; the latest version of a node, and the latest progress, win."""
        if self._pending is None:
            self._pending = {}
        for name in update.get("removed") or ():
            self._nodes.pop(name, None)
            self._removed[name] = None
        for node in update.get("nodes") or ():
            # A node that was removed and defined again is simply changed.
            self._removed.pop(node["name"], None)
            self._nodes[node["name"]] = node
        if update.get("order") is not None:
            self._pending["order"] = update["order"]
        for key, value in update.items():
            if key not in ("nodes", "removed", "order"):
                self._pending[key] = value

    def due(self) -> float | None:
        """Return the seconds until the next message may go: 0 = now, None = nothing waits."""
        if self._pending is None:
            return None
        if self._last is None:
            return 0.0
        return max(0.0, self._last + self._pause - self._clock())

    def take(self) -> Update | None:
        """Return everything that waits as one update, or None; the pause starts anew."""
        if self._pending is None:
            return None
        update: Update = {"nodes": list(self._nodes.values()), "removed": list(self._removed), "order": None}
        update |= self._pending
        self._pending, self._nodes, self._removed = None, {}, {}
        self._last = self._clock()
        return update
