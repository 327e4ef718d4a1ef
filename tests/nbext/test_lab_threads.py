"""The lab link with threads that run cells and handle pages at once, and with pages that share a kernel."""

import threading
from typing import Any

import pytest

from kernel_magics.workspace import Workspace
from nbext.lab import connect
from nbext.notebook_sync import states_of_cells
from tests.nbext.page import CELLS, Comm, run


def test_while_a_cell_runs_the_session_is_left_alone(workspace: Workspace, comm: Comm) -> None:
    """A deletion that arrives on another thread during a run is carried out when the run ends."""
    workspace.lock.begin()
    told = threading.Thread(target=lambda: comm.tell(i=CELLS["i"]))
    told.start()
    told.join()
    assert "ctr" in workspace.session.graph.nodes
    workspace.end_cell()
    assert "ctr" not in workspace.session.graph.nodes


def test_a_page_may_go_while_others_are_told(workspace: Workspace) -> None:
    """Pages open and close on another thread; a cell that sends to all of them does not fail."""
    first, other = Comm("1"), Comm("2")
    connect(workspace, first)
    connect(workspace, other)
    for comm in (first, other):
        comm.send = lambda data: other.leave()  # type: ignore[method-assign]
    with workspace.views.followed(["ctr"]):
        connect(workspace, Comm("3"))
    run(workspace, "c", "%%node more\nctr + 1")
    assert len(workspace.views) == 2


def test_the_mode_is_shown_during_a_run_without_a_look_at_the_session(
    workspace: Workspace, comm: Comm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session belongs to the running cell: its progress stays on the screen, and only the mode changes."""
    link = next(iter(workspace.views.values()))
    link.begin(["ctr"])
    monkeypatch.setattr(type(link), "refresh", lambda self: pytest.fail("looked at the session"))
    comm.say(type="mode", mode="lazy")
    update = comm.last("update")
    assert update["mode"] == "lazy"
    assert "progress" not in update


def test_variables_made_by_a_running_cell_do_not_stop_a_page(workspace: Workspace, comm: Comm) -> None:
    """Notes about typed text are sent even while a cell makes variables."""

    class Name(str):
        """A name during whose reading another variable comes to be."""

        def startswith(self, *_: Any) -> bool:
            workspace.publisher.variables[f"new_{len(workspace.publisher.variables)}"] = 1
            return False

    workspace.publisher.variables[Name("mine")] = 1
    comm.tell(**{**CELLS, "b": "%%node percent\nctrr * 100"})
    assert [problem["code"] for problem in comm.last("notes")["problems"]] == ["DB203"]


def test_the_later_of_two_threads_has_the_last_word(
    workspace: Workspace, comm: Comm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run ends while the user types: the last notes are about the newest text."""
    newest = {**CELLS, "b": "%%node percent\nctr * 1000"}
    typed = threading.Thread(target=lambda: comm.tell(**newest))

    def interrupted(*arguments: Any) -> dict[str, str]:
        found = states_of_cells(*arguments)
        if not typed.ident:
            typed.start()
            typed.join(0.2)  # it has to wait until the first one has sent
        return found

    monkeypatch.setattr("nbext.lab.states_of_cells", interrupted)
    comm.tell(**{**CELLS, "a": "%%node ctr\nclicks"})
    typed.join()
    assert comm.last("notes")["cells"] == {"i": "current", "a": "current", "b": "edited"}


def test_a_second_notebook_on_the_kernel_reads_the_nodes_of_the_first(
    workspace: Workspace, comm: Comm
) -> None:
    """What another page defined is known, and neither page moves the cells of the other."""
    run(workspace, "s", "%%setup\nscale = 2")
    other = Comm("2")
    connect(workspace, other)
    order = list(workspace.session.graph.cells)
    other.tell(x="%%node twice\nctr * scale", y="%%node lost\nctrr * 2")
    run(workspace, "x", "%%node twice\nctr * scale")
    workspace.end_cell()
    assert [problem["name"] for problem in other.last("notes")["problems"]] == ["ctrr"]
    assert list(workspace.session.graph.cells) == [*order, "x"]


def test_a_page_that_is_gone_moves_no_cells(workspace: Workspace, comm: Comm) -> None:
    """After a reload cells are moved: the previous page, which never closed its comm, has no part in that."""
    reloaded = Comm("2")
    connect(workspace, reloaded)
    moved = {id: CELLS[id] for id in ("h", "a", "b", "i")}
    reloaded.tell(**CELLS)
    reloaded.tell(**moved)
    heard = len(reloaded.sent)
    workspace.end_cell()
    assert list(workspace.session.graph.cells) == ["a", "b", "i"]
    assert reloaded.sent[heard:] == []


def test_the_page_is_heard_where_it_wants_to_be(workspace: Workspace, comm: Comm) -> None:
    """What a run sends does not make the page's next words wait for the thread that runs."""
    send = comm.send

    def noting(data: Any) -> None:
        comm._reply_subshell_id = None  # type: ignore[attr-defined]
        send(data)

    comm.send = noting  # type: ignore[method-assign]
    run(workspace, "c", "%%node more\nctr + 1")
    comm.ask("needs", cell="b")
    assert not hasattr(comm, "_reply_subshell_id")
