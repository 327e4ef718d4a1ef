"""The widget: the live graph of a dataflow in a notebook, fed with view dictionaries."""

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from nbext.batch import Batch, Update
from nbext.merge import View, merged
from nbext.static_files import static_text

Handler = Callable[[dict[str, Any]], None]


class DagWidget(anywidget.AnyWidget):
    """Shows one view and keeps showing it as updates are pushed.

    `on_compute` is called with the names to compute, or None for every stale node; `on_message` with any
    other message of the front end (`{"type": "mode" | "reveal", ...}`). Raises FrontendMissing when the
    front end was not built.
    """

    view = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(0).tag(sync=True)
    uid = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        view: View,
        *,
        on_compute: Callable[[list[str] | None], None] | None = None,
        on_message: Handler | None = None,
        height: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._esm = static_text("widget.js")
        self._css = static_text("widget.css")
        super().__init__(view=view, height=height, uid=uuid.uuid4().hex)
        self.on_compute = on_compute
        self.on_message = on_message
        self._batch = Batch(clock)
        self._seq = 0
        self._timer: asyncio.TimerHandle | None = None
        self.on_msg(self._received)

    def push(self, update: Update) -> None:
        """Show a change; many within a twentieth of a second travel as one message."""
        self._remember(merged(self.view, update))
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
            self.send({"type": "update", "seq": self._seq, **update})

    def replace(self, view: View) -> None:
        """Show another view altogether."""
        self._batch.take()
        self._remember(view)
        self._send_view()

    def _send_view(self) -> None:
        self._seq += 1
        self.send({"type": "view", "seq": self._seq, "view": self.view})

    def _remember(self, view: View) -> None:
        """Keep the whole view for pages that open later, without sending it to those that are open."""
        self._trait_values["view"] = view

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

    def _received(self, _widget: object, message: object, _buffers: object) -> None:
        if not isinstance(message, dict):
            return
        match message.get("type"):
            case "compute":
                names = message.get("names")
                if self.on_compute is not None:
                    self.on_compute(None if names is None else [str(name) for name in names])
            case "sync":
                self._send_view()
            case _ if self.on_message is not None:
                self.on_message(message)
