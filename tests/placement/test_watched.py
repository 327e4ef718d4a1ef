"""Nodes that run beside each other are watched, too: none is trusted that can have changed what others read."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from kernel_magics.engine.run.event import Noticed
from kernel_magics.engine.session.session import Session
from kernel_magics.placement.pool import on, opened
from kernel_magics.values import VALUES
from tests.engine.driver import Notebook, notebook, said
from tests.isolation.attacks import PROCESSES
from tests.isolation.attacks import SETUP as ISOLATION

SETUP = "%%setup\nW = [1, 2]\ndef push(x):\n    W.append(x)\n    return len(W)"


def test_on_threads_all_that_can_have_changed_a_value_have_failed() -> None:
    """Others are fresh, and the setup is as its cell says."""
    made = notebook(SETUP, "%%inputs\nx = 3")
    made.session.mode = "lazy"
    for name, body in {"a": "push(x)", "b": "x + 1", "c": "sum(W)"}.items():
        made.run(name, f"%%node {name}\n{body}")
    with opened("threads") as pool:
        events = said(made.session.compute(place=on(pool)))
    assert "failed a DB113" in events
    assert made.state("b") == "fresh"
    assert made.state("c") == "failed"
    assert made.session.runtime.namespace["W"] == [1, 2]
    assert made.compute("c") == ["finished c"]
    assert made.value("c") == 3


def test_on_threads_nothing_is_said_of_nodes_that_keep_to_themselves() -> None:
    """Reading the setup is no change."""
    made = notebook(SETUP, "%%inputs\nx = 3")
    made.session.mode = "lazy"
    made.run("c", "%%node c\nsum(W) + x")
    with opened("threads") as pool:
        assert said(made.session.compute(place=on(pool))) == ["finished c"]


def _lazy(*cells: str) -> Notebook:
    made = Notebook(Session(VALUES))
    made.session.mode = "lazy"
    for number, text in enumerate(cells):
        made.run(str(number), text)
    return made


def test_in_a_worker_process_the_setup_is_watched_as_in_the_kernel() -> None:
    """A node has the same error wherever it runs; its neighbours are not affected by what it did to a copy."""
    bodies = {"a": "push(x)", "b": "x + 1", "c": "sum(W)"}
    made = _lazy(SETUP, "%%inputs\nx = 3", *(f"%%node {name}\n{body}" for name, body in bodies.items()))
    own = "%%node\ndef d(x, acc=[]):\n    acc.append(x)\n    return len(acc)"
    made.run("d", own)
    with opened("processes") as pool:
        events = said(made.session.compute(place=on(pool)))
    assert sorted(events) == ["failed a DB113", "failed d DB113", "finished b", "finished c"]
    assert made.value("c") == 3
    there = [made.error(name) for name in "ad"]
    made.compute("a", "d", force=True)
    assert [made.error(name) for name in "ad"] == there


LOOK = """%%setup
def look():
    return (
        os.getcwd(), sorted(os.environ.items()), locale.setlocale(locale.LC_ALL), str(decimal.getcontext()),
        sys.getrecursionlimit(), list(sys.path), random.getstate(), repr(np.random.get_state()), np.geterr(),
        np.get_printoptions(), pd.get_option("display.max_rows"), pd.get_option("display.precision"),
    )
"""


def test_in_a_worker_process_its_state_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next node on that worker finds folder, environment, options and random state as they were."""
    monkeypatch.setenv("DAGBOOK_HERE", "1")
    told = [each for each in PROCESSES if each.outcome == "told"]
    made = _lazy(ISOLATION, LOOK, "%%node first\nlook()")
    made.run("failing", "%%node failing\nos.chdir('/')\nfirst[0][0] // 0")
    for number, attack in enumerate(told):
        made.run(f"a{number}", f"%%node a{number}\n{attack.body}\nlen(first)")
        made.run(f"l{number}", f"%%node l{number}\nlook() if a{number} else ()")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        events = list(made.session.compute(place=on(pool)))
    notices = [event.line for event in events if isinstance(event, Noticed)]
    assert "failed failing DB301" in said(events)
    first = made.value("first")
    for number, attack in enumerate(told):
        assert repr(made.value(f"l{number}")) == repr(first), attack.name
        assert any(line.startswith(f"'a{number}' changes ") for line in notices), attack.name
    assert any(line.startswith("'failing' changes the working folder") for line in notices)
    assert not any(line.startswith(("'l", "'first")) for line in notices)
