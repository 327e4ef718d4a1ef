"""Progress of a long run: a line that appears after half a second and is replaced by the report."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Sequence
from typing import Any

from IPython.display import DisplayHandle, display

from kernel_magics.engine.run.event import Event, Started
from kernel_magics.engine.values.figures import duration

_DELAY = 0.5
_INTERVAL = 0.2
_PATIENCE = 25  # intervals without a run after which the thread sleeps until the next one


class Ticker:
    """One thread for all progress lines of a kernel, since starting one for each cell would take too long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._awake = threading.Event()
        self._shown: Progress | None = None
        self._thread: threading.Thread | None = None

    def watch(self, progress: Progress) -> None:
        """Show a progress line for this run when it takes long."""
        with self._lock:
            self._shown = progress
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="dagbook-progress", daemon=True)
                self._thread.start()
            self._awake.set()

    def leave(self) -> None:
        """End a run; no line appears from now on."""
        with self._lock:
            self._shown = None

    def _run(self) -> None:
        while True:
            self._awake.wait()
            quiet = 0
            while quiet < _PATIENCE:
                time.sleep(_INTERVAL)
                with self._lock:
                    quiet = quiet + 1 if self._shown is None else 0
                    if self._shown is not None:
                        self._shown.tick()
            with self._lock:
                if self._shown is None:
                    self._awake.clear()


class Progress:
    """Displays the progress of a run, and gives its place in the output to the final report."""

    def __init__(self, ticker: Ticker) -> None:
        self._total = 0
        self._done = 0
        self._name = ""
        self._busy: dict[str, None] = {}  # nodes that began and have not ended
        self._start = time.perf_counter()
        self._handle: DisplayHandle | None = None
        self._ticker = ticker
        self._context = contextvars.copy_context()  # the output belongs to the running cell

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exc: object) -> None:
        self._ticker.leave()
        if exc[0] is not None and self._handle is not None:
            busy = f", while computing {', '.join(self._busy)}" if self._busy else ""
            self._handle.update(_Line(f"stopped after {self._done} of {self._total} nodes{busy}"))

    def begin(self, names: Sequence[str]) -> None:
        """Start a run of these nodes."""
        self._total = len(names)
        if self._total:
            self._ticker.watch(self)

    def note(self, event: Event) -> None:
        """Count an event of the run."""
        if isinstance(event, Started):
            self._name = event.name
            self._busy[event.name] = None
        else:
            self._busy.pop(event.name, None)
            self._done += 1

    def begin_one(self, name: str) -> None:
        """The next node is looked at, and the one before is done."""
        self._done += self._name != ""
        self._name = name

    def close(self, text: str) -> None:
        """Put a text where the progress line was, if there was one."""
        self._ticker.leave()
        if self._handle is not None:
            self._handle.update(_Line(text))

    def show(self, report: Any, again: bool = False) -> DisplayHandle | None:
        """Put the report where the progress line was.

        Args:
            again: whether it may be changed later.

        Returns:
            its place in the output, if it can be changed.
        """
        bundle = report._repr_mimebundle_()  # called directly, because IPython would try ten formatters
        if self._handle is not None:
            self._handle.update(bundle, raw=True)
        elif again:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            display(bundle, raw=True)
        return self._handle if again else None

    def tick(self) -> None:
        """Show or update the line."""
        seconds = time.perf_counter() - self._start
        if seconds < _DELAY:
            return
        line = _Line(f"computing {self._name} ({self._done} of {self._total} done, {duration(seconds)})")
        if self._handle is None:
            self._handle = self._context.run(display, line, display_id=True)
        else:
            self._context.run(self._handle.update, line)


class _Line:
    """A line of text that is displayed without quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text
