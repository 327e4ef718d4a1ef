"""A page at the other end of a comm, and the notebook that it shows."""

from collections.abc import Callable
from typing import Any

from kernel_magics.engine.source.cell import read_cell
from kernel_magics.workspace import Workspace

Message = dict[str, Any]
CELLS = {
    "h": "# Clicks",
    "i": "%%inputs\nclicks: int = 10\nviews: int = 40",
    "a": "%%node ctr\n# Clicks per view.\nclicks / views",
    "b": "%%node percent\nctr * 100",
}


class Comm:
    """A comm that keeps what is sent."""

    def __init__(self, comm_id: str = "1") -> None:
        self.comm_id = comm_id
        self.sent: list[Message] = []
        self.closed = False
        self._handler: Callable[[Message], None] = lambda message: None
        self._ended: Callable[[Message], None] = lambda message: None

    def send(self, data: Message) -> None:
        self.sent.append(data)

    def on_msg(self, handler: Callable[[Message], None]) -> None:
        self._handler = handler

    def on_close(self, handler: Callable[[Message], None]) -> None:
        self._ended = handler

    def close(self) -> None:
        self.closed = True

    def leave(self) -> None:
        """The page closes the comm."""
        self._ended({})

    def say(self, **data: Any) -> None:
        """Send a message from the page."""
        self._handler({"content": {"data": data}})

    def tell(self, **texts: str) -> None:
        """Send all cells, in this order."""
        cells = [
            {"id": id, "kind": "markdown" if text.startswith("# ") else "code", "text": text, "count": None}
            for id, text in texts.items()
        ]
        self.say(type="cells", cells=cells, order=list(texts))

    def last(self, type: str) -> Message:
        """The newest message of a type."""
        return [message for message in self.sent if message["type"] == type][-1]

    def ask(self, what: str, **arguments: Any) -> Message:
        """Send a question and return the answer."""
        self.say(type="ask", id=7, what=what, **arguments)
        return self.last("answer")


def run(workspace: Workspace, id: str, text: str) -> None:
    """Run a cell of ours, as far as the session is concerned."""
    source = read_cell(text, id, "[1]")
    if source is not None:
        workspace.session.register(source)
        list(workspace.session.compute())
        workspace.views.refresh()
