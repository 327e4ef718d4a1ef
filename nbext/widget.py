"""The widget: the live graph of a dataflow in a notebook, fed with view dictionaries."""

import uuid
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from nbext.screen import Screen
from nbext.static_files import static_text
from nbext.update import Update, View

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
    ) -> None:
        self._esm = static_text("widget.js")
        self._css = static_text("widget.css")
        super().__init__(view=view, height=height, uid=uuid.uuid4().hex)
        self.on_compute = on_compute
        self.on_message = on_message
        self._screen = Screen(view, lambda message: self.send(message))
        self.on_msg(self._received)

    def push(self, update: Update) -> None:
        """Show a change, and keep the whole view for pages that open later."""
        self._screen.push(update)
        # Set without notifying the trait's observers: open pages have the change already.
        self._trait_values["view"] = self._screen.view

    def _received(self, _widget: object, message: object, _buffers: object) -> None:
        if not isinstance(message, dict):
            return
        match message.get("type"):
            case "compute":
                names = message.get("names")
                if self.on_compute is not None:
                    self.on_compute(None if names is None else [str(name) for name in names])
            case "sync":
                self._screen.send_view()
            case _ if self.on_message is not None:
                self.on_message(message)
