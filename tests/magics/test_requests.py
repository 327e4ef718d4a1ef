"""A cell's identity comes with its request: interrupts before it begins, threads and cells inside cells keep it."""

from __future__ import annotations

import _thread
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from kernel_magics.magics.extension import DagbookMagics, load_ipython_extension
from kernel_magics.workspace.session_lock import SessionLock
from tests.waiting import PATIENCE, until


@pytest.fixture
def shell() -> Iterator[Any]:
    """A shell of its own with the magics; `magics` is their object."""
    shell: Any = InteractiveShell()  # type: ignore[no-untyped-call]
    load_ipython_extension(shell)
    shell.magics = shell.magics_manager.registry["DagbookMagics"]
    assert isinstance(shell.magics, DagbookMagics)
    yield shell
    shell.history_manager.end_session()


def cells(shell: Any) -> dict[str, str]:
    """The magic of each cell of the dataflow."""
    return {id: cell.magic for id, cell in shell.magics.session.graph.cells.items()}


def run(shell: Any, text: str, id: str | None = None) -> Any:
    """Run a cell as a front end does."""
    return shell.run_cell(text, cell_id=id, store_history=True)


def test_an_interrupt_while_a_cell_waits_keeps_the_cell_before(shell: Any) -> None:
    """A page holds the lock, Ctrl-C comes, IPython continues with the cell: it is registered under its own id."""
    run(shell, "%%inputs\nx = 2", "in")
    run(shell, "%%setup\nK = 10", "setup")
    held, main = threading.Event(), threading.get_ident()

    def page() -> None:
        with shell.magics.workspace.lock.cell, shell.magics.workspace.lock.change:
            held.set()
            until(lambda: sys._current_frames()[main].f_code is SessionLock.begin.__code__, "the cell waits")
            _thread.interrupt_main()

    thread = threading.Thread(target=page)
    thread.start()
    held.wait()
    run(shell, "%%node y\nx + K", "node")
    thread.join()
    assert cells(shell) in (
        {"in": "inputs", "setup": "setup"},
        {"in": "inputs", "setup": "setup", "node": "node"},
    )
    assert shell.magics.session.runtime.namespace["K"] == 10
    run(shell, "%%node y\nx + K", "node")
    assert shell.user_ns["y"] == 12


@pytest.mark.parametrize("method", ["note_cell", "begin_cell", "end_cell"])
def test_an_interrupt_around_a_cell_loses_nothing(
    shell: Any, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Whatever is interrupted before or after a cell, it gets its own id, and deleted cells are removed."""
    run(shell, "%%inputs\nx = 2", "in")
    run(shell, "%%node old\nx + 1", "old")
    real = getattr(shell.magics.workspace, method)

    def interrupted(*given: object) -> object:
        monkeypatch.setattr(shell.magics.workspace, method, real)
        raise KeyboardInterrupt

    monkeypatch.setattr(shell.magics.workspace, method, interrupted)
    monkeypatch.setattr(shell.magics.cells, "deleted", lambda: ["old"])
    run(shell, "%%node new\nx + 2", "new")
    monkeypatch.setattr(shell.magics.cells, "deleted", list)
    run(shell, "1 + 1", "other")
    assert cells(shell) == {"in": "inputs", "new": "node"}
    assert "old" not in shell.user_ns
    taken = []

    def attempt() -> None:
        with shell.magics.workspace.lock.attempt() as free:
            taken.append(free)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert taken == [True]


def test_a_cell_that_becomes_an_ordinary_one_leaves_though_interrupted(
    shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Definitions of a cell are removed when it is no longer one of ours, even after Ctrl-C in between."""
    run(shell, "%%inputs\nx = 2", "in")
    run(shell, "%%node y\nx + 1", "node")
    real = shell.magics.workspace.note_cell

    def interrupted(*given: object) -> object:
        monkeypatch.setattr(shell.magics.workspace, "note_cell", real)
        raise KeyboardInterrupt

    monkeypatch.setattr(shell.magics.workspace, "note_cell", interrupted)
    run(shell, "plain = 1", "node")
    run(shell, "1 + 1", "other")
    assert cells(shell) == {"in": "inputs"}


def test_a_magic_on_a_thread_of_the_users_takes_the_lock(shell: Any) -> None:
    """It waits for a change that is going on, and its cell never replaces the one that runs."""
    run(shell, "%%inputs\nx = 2", "in")
    run(shell, "%%node y\nx + 1", "node")
    order: list[str] = []

    def own() -> None:
        shell.run_cell_magic("node", "z", "y * 10")
        order.append("thread")

    thread = threading.Thread(target=own)
    with shell.magics.workspace.lock.change:
        thread.start()
        time.sleep(0.1)
        order.append("change")
    thread.join()
    assert order == ["change", "thread"]
    assert list(cells(shell).values()) == ["inputs", "node", "node"]
    assert shell.magics.session.value("z") == 30


def test_a_cell_may_wait_for_its_own_thread(shell: Any) -> None:
    """No deadlock: a cell starts a thread that calls magics, and joins it; the cell keeps nothing of it."""
    run(shell, "%%inputs\nx = 2", "in")
    shell.user_ns |= {"shell": shell, "PATIENCE": PATIENCE}
    run(
        shell,
        "import threading\n"
        "def work():\n    for number in (1, 2):\n        shell.run_cell_magic('node', f'z{number}', f'x * {number}')\n"
        "    shell.run_line_magic('compute', '')\n"
        "threads = [threading.Thread(target=work)]\n"
        "for thread in threads: thread.start()\nfor thread in threads: thread.join(PATIENCE)\n"
        "alive = any(thread.is_alive() for thread in threads)",
        "cell",
    )
    assert shell.user_ns["alive"] is False
    assert {name: shell.magics.session.value(name) for name in ("z1", "z2")} == {"z1": 2, "z2": 4}


def test_a_cell_inside_a_cell_keeps_both_ids(shell: Any) -> None:
    """A program that runs cells inside a cell gives them ids of their own; the one around keeps its own."""
    run(shell, "%%inputs\nx = 2", "in")
    shell.user_ns["shell"] = shell
    run(
        shell,
        "shell.run_cell('%%node inner\\nx + 1', cell_id='one')\nshell.run_cell_magic('node', 'outer', 'x + 2')",
        "two",
    )
    assert cells(shell) == {"in": "inputs", "one": "node", "two": "node"}


def test_a_cache_that_cannot_be_written_is_told_once(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Below the cell, and in the status as long as it is so."""
    shell.magics.workspace.store.trouble = "cannot write 'there': Permission denied."
    run(shell, "1", "a")
    assert "results are not kept on disk: cannot write 'there': Permission denied." in capsys.readouterr().err
    run(shell, "%dataflow cache disk", "b")
    run(shell, "%dataflow status", "c")
    shown = capsys.readouterr()
    assert "results are not kept on disk" not in shown.err
    assert "results are not kept: cannot write 'there'" in shown.out
