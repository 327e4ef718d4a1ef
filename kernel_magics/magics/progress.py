"""Progress of a long run: one line that appears after half a second and goes when the report comes."""

from __future__ import annotations

import contextvars
import threading
import time
from typing import Any

from IPython.display import DisplayHandle, display

from kernel_magics.engine.event import Event, Started

_DELAY = 0.5
_INTERVAL = 0.2


class Progress:
    """Shows how far a run is, and hands its place in the output over to the final report.

    Args:
        total: how many nodes may run.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._name = ""
        self._start = time.perf_counter()
        self._handle: DisplayHandle | None = None
        self._stop = threading.Event()
        self._lock = threading.Lock()
        context = contextvars.copy_context()  # the output belongs to the cell that runs now
        self._thread = threading.Thread(target=lambda: context.run(self._tick), daemon=True)

    def __enter__(self) -> Progress:
        if self._total:
            self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if exc[0] is not None and self._handle is not None:
            self._handle.update(_Line(f"stopped after {self._done} of {self._total} nodes"))

    def note(self, event: Event) -> None:
        """Count an event of the run."""
        if isinstance(event, Started):
            self._name = event.name
        else:
            self._done += 1

    def show(self, report: Any) -> None:
        """Put the report where the progress line was."""
        if self._handle is not None:
            self._handle.update(report)
        else:
            display(report)

    def _tick(self) -> None:
        while not self._stop.wait(_DELAY if self._handle is None else _INTERVAL):
            seconds = time.perf_counter() - self._start
            line = _Line(f"computing {self._name} ({self._done} of {self._total} done, {seconds:.0f} s)")
            if self._handle is None:
                self._handle = display(line, display_id=True)
            else:
                self._handle.update(line)


class _Line:
    """A line of text that shows itself without quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text
