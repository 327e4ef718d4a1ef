"""A follower keeps one page in step with the session: it sends events and handles requests."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from kernel_magics.engine.run.event import Event
from kernel_magics.view import changed_nodes, node_after, state_after
from kernel_magics.workspace import Workspace
from nbext.columns import with_columns
from nbext.impact import with_impact
from nbext.progress import RunProgress
from nbext.update import Update, View, make_update

_PAUSE = 0.05  # seconds between two updates during a run


class Page(Protocol):
    """The display of a view: a widget, or a page of JupyterLab connected by a comm."""

    @property
    def view(self) -> View: ...
    def push(self, update: Update) -> None: ...


class Follower:
    """Keeps a page in step with the session.

    Args:
        view: returns the present view.
        page: shows the view that was given last.
    """

    def __init__(self, workspace: Workspace, view: Callable[[], View], page: Page) -> None:
        self._workspace = workspace
        self._view = view
        self._page = page
        self._events: dict[str, Event] = {}
        self._progress = RunProgress()
        self._last = 0.0
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None

    def begin(self, names: Sequence[str]) -> None:
        """Start a run of these nodes: show changed cells, and stale nodes that will be computed."""
        memos = self._workspace.session.memos
        before = {name: memos[name].seconds if name in memos else None for name in names}
        if before:
            self.refresh()
        self._progress = RunProgress(before)

    def note(self, event: Event) -> None:
        """Show an event; events within a twentieth of a second are shown together."""
        with self._lock:
            self._events[event.name] = event
            self._progress.note(event)
            pause = self._last + _PAUSE - time.monotonic()
            if pause <= 0:
                self._push_events()
            elif self._timer is None:
                # The next event may be far away, and a long-running node has to be shown as running.
                self._timer = threading.Timer(pause, self._push_states)
                self._timer.daemon = True
                self._timer.start()

    def refresh(self) -> None:
        """Show the present session, after cells changed or a run ended."""
        with self._lock:
            self._stop_timer()
            self._events.clear()
            self._progress = RunProgress()
            before, after = self._page.view, self._view()
            old = {node["name"]: node for node in before["nodes"]}
            names = {node["name"]: None for node in after["nodes"]}
            order = list(names) if list(names) != list(old) else None
            rest = {key: value for key, value in after.items() if key not in ("nodes", "version")}
            removed = [name for name in old if name not in names]
            self._page.push(make_update(changed_nodes(old, after["nodes"]), removed, order, **rest))

    def show_mode(self, mode: str) -> None:
        """Show the session's mode, without reading anything else, which a running cell may change."""
        with self._lock:
            self._page.push(make_update(mode=mode))

    def on_request(self, message: Mapping[str, Any]) -> None:
        """Handle a request of the page: `{"type": "mode", "mode": …}`, or for details of a node.

        These are `{"type": "impact" | "columns", "name": …}`.
        """
        match message.get("type"):
            case "impact":
                self._show(str(message.get("name")), _impact)
            case "columns":
                self._show(str(message.get("name")), with_columns)
            case "mode":
                self._workspace.set_mode(message.get("mode"))

    def _show(self, name: str, more: Callable[[Workspace, View], View | None]) -> None:
        """Show a node with more details."""
        with self._lock:
            shown = next((node for node in self._page.view["nodes"] if node["name"] == name), None)
            found = more(self._workspace, shown) if shown is not None else None
            if found is not None:
                self._page.push(make_update([found]))

    def close(self) -> None:
        """The page was closed."""
        self._stop_timer()

    def _push_events(self) -> None:
        """Send all data about the nodes of the collected events."""
        session, outcomes = self._workspace.session, self._workspace.outcomes
        known = {node["name"]: node for node in self._page.view["nodes"]}
        nodes = [
            {**node_after(session, event, outcomes), "group": known[name]["group"]}
            for name, event in self._events.items()
            if name in known
        ]
        self._events.clear()
        self._push(nodes)

    def _push_states(self) -> None:
        """Send only states, because the run's thread changes the session; events wait for `_push_events`."""
        with self._lock:
            self._timer = None
            if self._events:
                shown = self._page.view["nodes"]
                pairs = [(node, self._events.get(node["name"])) for node in shown]
                self._push([{**node, "state": state_after(event)} for node, event in pairs if event])

    def _push(self, nodes: list[View]) -> None:
        self._stop_timer()
        self._last = time.monotonic()
        self._page.push(make_update(nodes, progress=self._progress.to_json()))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _impact(workspace: Workspace, node: View) -> View | None:
    return with_impact(workspace, node) if node["impact"] else None
