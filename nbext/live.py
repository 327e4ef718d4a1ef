"""The live view ties one session to one widget: events go to the screen, wishes come back."""

import time
from collections.abc import Callable
from typing import Any

from kernel_magics.engine.event import Event, Started
from kernel_magics.view import changed_nodes, node_after, to_svg, to_text
from nbext.widget import DagWidget

View = dict[str, Any]
_PAUSE = 0.05  # seconds between two looks at what changed during a run


class LiveView:
    """What `%dag` returns: a widget that follows the session, with a picture for readers without a kernel.

    Args:
        magics: gives `session`, `outcomes` and `compute_for_view(names)`.
        view: gives the view as it is now.
    """

    def __init__(self, magics: Any, view: Callable[[], View], height: int = 0) -> None:
        self._magics = magics
        self._view = view
        self._events: dict[str, Event] = {}
        self._total = self._done = 0
        self._start = self._last = 0.0
        self.widget = DagWidget(view(), on_compute=self._compute, on_message=self._message, height=height)

    def begin(self, total: int) -> None:
        """A run of `total` nodes begins."""
        self._total, self._done, self._start = total, 0, time.monotonic()

    def note(self, event: Event) -> None:
        """Show an event; many within a twentieth of a second are shown together."""
        self._events[event.name] = event
        self._done += not isinstance(event, Started)
        if time.monotonic() - self._last >= _PAUSE:
            self._push_events()

    def refresh(self) -> None:
        """Show the session as it stands, after cells changed or a run ended."""
        self._events.clear()
        self._total = 0
        before, after = self.widget.view, self._view()
        old = {node["name"]: node for node in before["nodes"]}
        names = [node["name"] for node in after["nodes"]]
        rest = {key: value for key, value in after.items() if key != "nodes"}
        order = names if names != list(old) else None
        self.widget.push(
            {
                **rest,
                "nodes": changed_nodes(old, after["nodes"]),
                "removed": [name for name in old if name not in set(names)],
                "order": order,
            }
        )
        self.widget.flush()

    def close(self) -> None:
        """The view's cell is gone."""
        self.widget.close()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> View:
        bundle: Any = self.widget._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        view = self.widget.view
        return {**metadata, **data, "text/plain": to_text(view), "image/svg+xml": to_svg(view)}

    def _push_events(self) -> None:
        known = {node["name"] for node in self.widget.view["nodes"]}
        session, outcomes = self._magics.session, self._magics.outcomes
        nodes = [
            node_after(session, event, outcomes) for name, event in self._events.items() if name in known
        ]
        self._events.clear()
        self._last = time.monotonic()
        self.widget.push(
            {"version": 1, "nodes": nodes, "removed": [], "order": None, "progress": self._progress()}
        )

    def _progress(self) -> View | None:
        if not self._total:
            return None
        elapsed = self._last - self._start
        left = elapsed / self._done * (self._total - self._done) if self._done else None
        return {"done": min(self._done, self._total), "total": self._total, "seconds_left": left}

    def _compute(self, names: list[str] | None) -> None:
        self._magics.compute_for_view(names)

    def _message(self, message: dict[str, Any]) -> None:
        if message.get("type") == "mode" and message.get("mode") in ("auto", "lazy"):
            self._magics.session.mode = message["mode"]
            self._magics.refresh_views()
