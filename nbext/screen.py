"""A screen shows one view: it gets the whole of it once, then small numbered changes."""

from collections.abc import Callable
from typing import Any

from nbext.update import Update, View, merged


class Screen:
    """One page's copy of a view, updated by messages.

    A gap in their numbers shows the page that one was lost; it then requests the whole view.

    Args:
        view: the first view.
        send: sends a message to the page.
    """

    def __init__(self, view: View, send: Callable[[dict[str, Any]], None]) -> None:
        self.view = view
        self._send = send
        self._seq = 0

    def push(self, update: Update) -> None:
        """Show a change."""
        self.view = merged(self.view, update)
        self._seq += 1
        self._send({"type": "update", "seq": self._seq, **update})

    def send_view(self) -> None:
        """Send the whole view."""
        self._seq += 1
        self._send({"type": "view", "seq": self._seq, "view": self.view})
