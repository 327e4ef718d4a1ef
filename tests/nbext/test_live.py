"""The live view: the messages to the screen while cells change and run."""

from collections.abc import Iterator
from typing import Any

import pytest

from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.values import VALUES
from kernel_magics.view import Outcomes, live_view
from kernel_magics.workspace import Workspace
from kernel_magics.workspace.update import stale_nodes
from nbext.live import LiveView
from nbext.update import merged

pytestmark = pytest.mark.usefixtures("built")

Messages = list[dict[str, Any]]
INPUTS = CellSource("i", "[1]", "inputs", "", "x: int = 1")


def node(name: str, body: str) -> CellSource:
    """The cell of one node; its id is the node's name."""
    return CellSource(name, "[2]", "node", name, body)


class Book:
    """A session with one live view, and the screen that its messages make."""

    def __init__(self, sent: Messages, *cells: CellSource) -> None:
        self.session = Session(VALUES)
        self.session.register(INPUTS, *cells)
        self.outcomes = Outcomes()
        self.asked: list[list[str] | None] = []
        workspace = Workspace({}, self.session)
        workspace.update_for_view = self.asked.append  # type: ignore[assignment, method-assign]
        self.live = LiveView(workspace, lambda: live_view(self.session, outcomes=self.outcomes))
        workspace.views["cell"] = self.live
        self.sent = sent
        self._first = self.live.widget.view

    def run(self) -> Iterator[dict[str, str]]:
        """Compute everything; gives the states on the screen after each event."""
        self.live.begin(stale_nodes(self.session, None))
        for event in self.session.compute():
            self.live._last = 0.0  # as if each event came after the pause
            self.live.note(event)
            yield self.states()
        self.live.refresh()

    def screen(self) -> dict[str, Any]:
        """The view as a page shows it that opened at the beginning and got every message."""
        view: dict[str, Any] = self._first
        for message in self.sent:
            view = merged(view, message)
        return view

    def states(self) -> dict[str, str]:
        """The states on the screen."""
        return {node["name"]: node["state"] for node in self.screen()["nodes"]}


@pytest.fixture
def book(sent: Messages) -> Book:
    """Two nodes in a row, computed."""
    book = Book(sent, node("a", "x + 1"), node("b", "a * 2"))
    list(book.run())
    return book


def test_messages_alone_keep_a_page_up_to_date(book: Book) -> None:
    """A page that got every message shows the same as a page that opens now."""
    book.session.register(node("c", "b + 1"))
    book.live.refresh()
    book.session.forget("a")
    book.live.refresh()
    assert book.screen() == book.live.widget.view == live_view(book.session, outcomes=book.outcomes)


def test_only_what_changed_is_sent(book: Book) -> None:
    """A refresh after an edit sends the nodes whose view differs, and no order when that is the same."""
    book.session.register(node("b", "a * 3"))
    book.sent.clear()
    book.live.refresh()
    assert [item["name"] for item in book.sent[0]["nodes"]] == ["b"]
    assert (book.sent[0]["removed"], book.sent[0]["order"]) == ([], None)


def test_a_run_lights_up_node_by_node(book: Book) -> None:
    """What a run will compute is stale before it begins; then one node after the other runs and is fresh."""
    book.session.register(CellSource("i", "[1]", "inputs", "", "x: int = 5"))
    seen = [(states["a"], states["b"]) for states in book.run()]
    assert seen == [("running", "stale"), ("fresh", "stale"), ("fresh", "running"), ("fresh", "fresh")]


def test_a_new_node_is_there_while_it_runs(book: Book) -> None:
    """A cell that was just added appears with its run, not after it."""
    book.session.register(node("late", "b + x"))
    assert [states.get("late") for states in book.run()] == ["running", "fresh"]


def test_progress_counts_and_ends(book: Book) -> None:
    """The bar counts the nodes that run, with the time left, and is removed after the run."""
    book.session.register(CellSource("i", "[1]", "inputs", "", "x: int = 5"))
    shown = [book.screen()["progress"] for _ in book.run()]
    assert [(bar["done"], bar["total"]) for bar in shown] == [(0, 2), (1, 2), (1, 2), (2, 2)]
    assert all(bar["seconds_left"] >= 0 for bar in shown)
    assert book.screen()["progress"] is None


def test_events_in_quick_succession_share_a_message(sent: Messages, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred nodes within the pause need no hundred messages, and the last state wins."""
    monkeypatch.setattr("nbext.follower._PAUSE", 3600.0)
    book = Book(sent, *[node(f"n{number}", f"x + {number}") for number in range(100)])
    book.live.begin(stale_nodes(book.session, None))
    sent.clear()
    for event in book.session.compute():
        book.live.note(event)
    book.live.refresh()
    assert len(sent) <= 2
    assert set(book.states().values()) == {"fresh"}


def test_requests_reach_the_workspace(book: Book) -> None:
    """Compute and the mode come from the screen; any other mode is ignored."""
    book.live.widget._handle_custom_msg({"type": "compute", "names": ["b"]}, [])
    assert book.asked == [["b"]]
    for mode in ("lazy", "never"):
        book.live.widget._handle_custom_msg({"type": "mode", "mode": mode}, [])
    assert book.session.mode == "lazy"
    assert book.screen()["mode"] == "lazy"


def test_readers_without_a_kernel_get_a_picture(book: Book) -> None:
    """The output carries the widget, an SVG and plain text."""
    bundle = book.live._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert "b(a) -> int" in bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
