"""The lab link among others: threads that run cells and hear pages at once, and pages that share a kernel."""

import threading
from typing import Any

import pytest

from kernel_magics.magics.extension import DagbookMagics
from nbext.lab import connect
from nbext.notebook_sync import standing
from tests.nbext.page import CELLS, Comm, run


def test_while_a_cell_runs_the_session_is_left_alone(magics: DagbookMagics, comm: Comm) -> None:
    """A deletion told on another thread during a run is carried out when the run ends."""
    magics.turn.begin()
    told = threading.Thread(target=lambda: comm.tell(i=CELLS["i"]))
    told.start()
    told.join()
    assert "ctr" in magics.session.graph.nodes
    magics.after_cell(None)
    assert "ctr" not in magics.session.graph.nodes


def test_a_page_may_go_while_others_are_told(magics: DagbookMagics) -> None:
    """Pages come and go on another thread; a cell that tells all of them does not fail for that."""
    first, other = Comm("1"), Comm("2")
    connect(magics, first)
    connect(magics, other)
    for comm in (first, other):
        comm.send = lambda data: other.leave()  # type: ignore[method-assign]
    with magics.views.followed(["ctr"]):
        connect(magics, Comm("3"))
    run(magics, "c", "%%node more\nctr + 1")
    assert len(magics.views) == 2


def test_the_mode_is_shown_during_a_run_without_a_look_at_the_session(
    magics: DagbookMagics, comm: Comm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session belongs to the running cell: its progress stays on the screen, and only the mode changes."""
    link = next(iter(magics.views.values()))
    link.begin(["ctr"])
    monkeypatch.setattr(type(link), "refresh", lambda self: pytest.fail("looked at the session"))
    comm.say(type="mode", mode="lazy")
    update = comm.last("update")
    assert update["mode"] == "lazy"
    assert "progress" not in update


def test_variables_made_by_a_running_cell_do_not_stop_a_page(magics: DagbookMagics, comm: Comm) -> None:
    """What is typed while a cell makes variables is told all the same."""

    class Name(str):
        """A name during whose reading another variable comes to be."""

        def startswith(self, *_: Any) -> bool:
            magics.publisher.variables[f"new_{len(magics.publisher.variables)}"] = 1
            return False

    magics.publisher.variables[Name("mine")] = 1
    comm.tell(**{**CELLS, "b": "%%node percent\nctrr * 100"})
    assert [problem["code"] for problem in comm.last("notes")["problems"]] == ["DB203"]


def test_the_later_of_two_threads_has_the_last_word(
    magics: DagbookMagics, comm: Comm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run ends while the page types: what is told last is about the newest text."""
    newest = {**CELLS, "b": "%%node percent\nctr * 1000"}
    typed = threading.Thread(target=lambda: comm.tell(**newest))

    def interrupted(*arguments: Any) -> dict[str, str]:
        found = standing(*arguments)
        if not typed.ident:
            typed.start()
            typed.join(0.2)  # it has to wait for the first to have told
        return found

    monkeypatch.setattr("nbext.lab.standing", interrupted)
    comm.tell(**{**CELLS, "a": "%%node ctr\nclicks"})
    typed.join()
    assert comm.last("notes")["cells"] == {"i": "current", "a": "current", "b": "edited"}


def test_a_second_notebook_on_the_kernel_reads_the_nodes_of_the_first(
    magics: DagbookMagics, comm: Comm
) -> None:
    """What another page defined is known, and neither page moves the cells of the other."""
    run(magics, "s", "%%setup\nscale = 2")
    other = Comm("2")
    connect(magics, other)
    order = list(magics.session.graph.cells)
    other.tell(x="%%node twice\nctr * scale", y="%%node lost\nctrr * 2")
    run(magics, "x", "%%node twice\nctr * scale")
    magics.after_cell(None)
    assert [problem["name"] for problem in other.last("notes")["problems"]] == ["ctrr"]
    assert list(magics.session.graph.cells) == [*order, "x"]


def test_a_page_that_is_gone_moves_no_cells(magics: DagbookMagics, comm: Comm) -> None:
    """After a reload cells are moved: the page before it, which never said that it left, keeps out of that."""
    reloaded = Comm("2")
    connect(magics, reloaded)
    moved = {id: CELLS[id] for id in ("h", "a", "b", "i")}
    reloaded.tell(**CELLS)
    reloaded.tell(**moved)
    heard = len(reloaded.sent)
    magics.after_cell(None)
    assert list(magics.session.graph.cells) == ["a", "b", "i"]
    assert reloaded.sent[heard:] == []


def test_the_page_is_heard_where_it_wants_to_be(magics: DagbookMagics, comm: Comm) -> None:
    """What a run sends does not make the page's next words wait for the thread that runs."""
    send = comm.send

    def noting(data: Any) -> None:
        comm._reply_subshell_id = None  # type: ignore[attr-defined]
        send(data)

    comm.send = noting  # type: ignore[method-assign]
    run(magics, "c", "%%node more\nctr + 1")
    comm.ask("needs", cell="b")
    assert not hasattr(comm, "_reply_subshell_id")
