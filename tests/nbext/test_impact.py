"""The impact of an edit in the live view: marks at once, details when a page asks, nothing imported before."""

import contextlib
import subprocess
import sys
from typing import Any

import pytest

from kernel_magics.workspace import Workspace
from kernel_magics.workspace.update import stale_nodes
from nbext.follower import Follower
from nbext.update import merged
from tests.engine.driver import Notebook, notebook, source

CELLS = (
    "%%inputs\nx: list = [1.0, 2.0, 3.0, 4.0]",
    "%%node doubled\n[value * 2 for value in x]",
    "%%node total\nsum(doubled)",
    "%%node count\nlen(doubled)",
    "%%node apart\n1",
)


class Page:
    """A page that got every message."""

    def __init__(self, view: dict[str, Any]) -> None:
        self.view = view
        self.messages = 0

    def push(self, update: dict[str, Any]) -> None:
        """Show a change."""
        self.messages += 1
        self.view = merged(self.view, update)

    def impacts(self) -> dict[str, Any]:
        """The marks of the nodes."""
        return {node["name"]: node["impact"] and node["impact"]["verdict"] for node in self.view["nodes"]}

    def details(self, name: str) -> Any:
        """What is known of one node's impact."""
        return next(node["impact"] for node in self.view["nodes"] if node["name"] == name)


class Desk:
    """A notebook, and a page that follows it."""

    def __init__(self, *cells: str) -> None:
        self.book: Notebook = notebook(*cells)
        session = self.book.session
        workspace = Workspace({}, session)
        self.lock = workspace.lock
        self.page = Page(workspace.view())
        self.follower = Follower(workspace, workspace.view, self.page)

    def edit(self, id: str, text: str) -> None:
        """Run an edited cell, as the magics do."""
        session = self.book.session
        changed = session.register(source(id, text))
        wanted = session.stale_after(changed) if session.mode == "auto" else []
        self.follower.begin(stale_nodes(session, wanted))
        for event in session.compute(wanted):
            self.follower.note(event)
        self.follower.refresh()


@pytest.fixture
def desk() -> Desk:
    """The notebook, computed."""
    return Desk(*CELLS)


def test_an_edit_marks_what_changed_and_what_came_out_equal(desk: Desk) -> None:
    """A first run marks nothing; an edit marks itself and everything downstream, and nothing else."""
    assert set(desk.page.impacts().values()) == {None}
    desk.edit("2", "%%node doubled\n[value * 3 for value in x]")
    assert desk.page.impacts() == {
        "x": None,
        "doubled": "changed",
        "total": "changed",
        "count": "equal",
        "apart": None,
    }
    assert desk.page.details("doubled") == {"verdict": "changed", "details": None}
    desk.edit("5", "%%node apart\n2")
    assert desk.page.impacts() == {
        "x": None,
        "doubled": None,
        "total": None,
        "count": None,
        "apart": "changed",
    }


def test_what_is_stale_has_no_mark(desk: Desk) -> None:
    """There is no mark on a value that is not computed yet."""
    desk.book.session.mode = "lazy"
    desk.edit("1", "%%inputs\nx: list = [1.0, 2.0]")
    assert desk.page.impacts() == {
        "x": "changed",
        "doubled": None,
        "total": None,
        "count": None,
        "apart": None,
    }


def test_details_come_when_a_page_asks(desk: Desk) -> None:
    """Rows and values changed, type, nulls, mean, quantiles: before and after, for the node that was asked for."""
    desk.edit("2", "%%node doubled\n[value * 3 for value in x]")
    desk.follower.on_request({"type": "impact", "name": "doubled"})
    details = desk.page.details("doubled")["details"]
    assert details["rows"] == "4"
    facts = dict(map(tuple, details["columns"][0]["facts"]))
    assert facts["values changed"] == "4 of 4 (100 %)"
    assert facts["mean"] == "5 → 7.5"
    assert facts["median"] == "5 → 7.5"
    assert facts["nulls"] == "0 %"
    assert desk.page.details("total")["details"] is None
    desk.follower.on_request({"type": "impact", "name": "count"})
    assert desk.page.details("count") == {"verdict": "equal", "details": None}


def test_a_question_without_an_answer_is_silent(desk: Desk) -> None:
    """A node that was removed or has no mark; and while a cell runs nothing is compared."""
    desk.edit("2", "%%node doubled\n[value * 3 for value in x]")
    before = desk.page.messages
    for name in ("apart", "nobody"):
        desk.follower.on_request({"type": "impact", "name": name})
    desk.lock.attempt = lambda: contextlib.nullcontext(False)  # type: ignore[method-assign]
    desk.follower.on_request({"type": "impact", "name": "doubled"})
    assert desk.page.messages == before


def test_an_evicted_value_says_so(desk: Desk) -> None:
    """The value from before an edit is evicted first when memory is short."""
    desk.edit("2", "%%node doubled\n[value * 3 for value in x]")
    session = desk.book.session
    session.memos.memory.budget = 0
    session.memos.evict()
    desk.follower.on_request({"type": "impact", "name": "doubled"})
    assert "evicted to keep the budget of memory" in desk.page.details("doubled")["details"]["note"]


def test_marks_need_no_pandas() -> None:
    """Only a question imports it."""
    program = (
        "import sys\nfrom tests.nbext.test_impact import *\n"
        "had = 'pandas' in sys.modules\n"
        "desk = Desk(*CELLS)\ndesk.edit('2', '%%node doubled\\n[value * 3 for value in x]')\n"
        "assert desk.page.impacts()['doubled'] == 'changed'\n"
        "assert 'kernel_magics.quality.impact' not in sys.modules\n"
        "assert ('pandas' in sys.modules) == had\n"
        "desk.follower.on_request({'type': 'impact', 'name': 'doubled'})\n"
        "assert 'kernel_magics.quality.impact' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
