"""A screen shows one view: it gets the whole of it once, then small numbered changes, batched."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from nbext.batch import Batch, Update
from nbext.merge import View, merged


class Screen:
    """One page's copy of a view, kept in step by messages.

    A gap in their numbers tells the page that one was lost; it then asks for the whole view.

    Args:
        view: what is shown first.
        send: brings a message to the page.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        view: View,
        send: Callable[[dict[str, Any]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.view = view
        self._send = send
        self._batch = Batch(clock)
        self._seq = 0
        self._timer: asyncio.TimerHandle | None = None

    def push(self, update: Update) -> None:
        """Show a change; many within a twentieth of a second travel as one message."""
        self.view = merged(self.view, update)
        self._batch.add(update)
        self._send_when_due()

    def flush(self) -> None:
        """Send what waits now, for instance at the end of a run."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        update = self._batch.take()
        if update is not None:
            self._seq += 1
            self._send({"type": "update", "seq": self._seq, **update})

    def replace(self, view: View) -> None:
        """Show another view altogether."""
        self._batch.take()
        self.view = view
        self.send_view()

    def send_view(self) -> None:
        """Send the whole view."""
        self._seq += 1
        self._send({"type": "view", "seq": self._seq, "view": self.view})

    def _send_when_due(self) -> None:
        pause = self._batch.due()
        if pause is None or self._timer is not None:
            return
        if pause <= 0:
            self.flush()
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # Outside an event loop nothing could send later: the next push or flush will.
            return
        self._timer = loop.call_later(pause, self.flush)
