"""Nodes on threads and processes: the same values, output and errors as in the notebook's own thread."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from kernel_magics.engine.run.event import Event, Failed, Finished
from kernel_magics.engine.session.session import Session
from kernel_magics.placement import placed
from kernel_magics.values import VALUES
from tests.engine.driver import notebook, said, source
from tests.waiting import until

SETUP = """%%setup
from dataclasses import dataclass
@dataclass
class Pot:
    total: int
def pot(v):
    return Pot(v)
"""


def run(executor: Executor | str, *cells: str) -> tuple[Session, list[Event]]:
    """A session whose nodes were all computed on an executor, and what happened."""
    session = notebook().session
    session.register(*(source(str(number), text) for number, text in enumerate(cells)))
    return session, list(computed(session, executor))


def computed(session: Session, executor: Executor | str) -> Iterator[Event]:
    """What happens when all nodes of a session are computed on an executor."""
    with placed(executor) as place:
        yield from session.compute(place=place)


@pytest.fixture(params=["threads", "processes"])
def executor(request: pytest.FixtureRequest) -> str:
    """A name that people pass."""
    return str(request.param)


def test_nodes_use_the_setup_and_each_other(executor: str) -> None:
    """Helpers, classes and constants of the notebook are there, and values are of the notebook's classes."""
    session, _ = run(
        executor,
        SETUP,
        "%%inputs\nx = 2",
        "%%node a\npot(x)",
        "%%node b\na.total + 1",
        "%%node same\nisinstance(a, Pot)",
        "%%node\nasync def later(b):\n    return b * 2",
        "%%check b\nb > 0\nb > 9  # large",
    )
    assert session.value("b") == 3
    assert session.value("same") is True
    assert session.value("later") == 6
    result = session.memos["check_b"].value
    assert [item.held for item in result.conditions] == [True, False]  # type: ignore[attr-defined]


def test_what_a_node_prints_is_shown(executor: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Output of a worker reaches the cell."""
    run(executor, "%%node a\nprint('hello')\n1")
    assert capsys.readouterr().out == "hello\n"


def test_a_failure_names_its_node_and_line(executor: str) -> None:
    """The error is the same as in the notebook's own thread, with the user's lines."""
    cells = "%%inputs\nx = 0", "%%node bad\ny = 1\ny / x", "%%node after\nbad + 1"
    here = notebook(*cells).error("bad")
    session, events = run(executor, *cells)
    assert said(events) == ["failed bad DB301", "skipped after"]
    error = session.memos["bad"].error
    assert error is not None
    shown = [line.replace("[1]", "[2]") for line in error.lines()]
    assert shown == here
    assert "    y / x" in here


@pytest.mark.parametrize(
    ("cell", "what"), [("lambda: open(0)", ""), ("__import__('threading').Lock()", "its value")]
)
def test_what_cannot_leave_a_process_is_said(cell: str, what: str) -> None:
    """Functions are sent; a lock cannot be, and the error contains what to do."""
    session, events = run("processes", f"%%node a\n{cell}")
    if not what:
        assert said(events) == ["finished a"]
        return
    error = session.memos["a"].error
    assert error is not None
    assert f"cannot run in another process, because {what} cannot be sent" in error.message
    assert "threads" in error.hint


def test_arguments_that_cannot_leave_are_said() -> None:
    """The same for what a node reads."""
    session, events = run("processes", "%%inputs\nx = __import__('threading').Lock()", "%%node a\nbool(x)")
    assert said(events) == ["failed a DB301"]
    error = session.memos["a"].error
    assert error is not None
    assert "because its inputs cannot be sent" in error.message


def test_a_node_on_another_process_cannot_change_its_input() -> None:
    """Arguments are copies there, too."""
    session, _ = run("processes", "%%inputs\nx = [1]", "%%node a\nx.append(2)\nx", "%%node b\nlen(x)")
    assert session.value("b") == 1
    assert session.value("x") == [1]


def test_times_are_those_of_the_call(executor: str) -> None:
    """A node that waits for a worker is not slow."""
    cells = [f"%%node n{number}\nimport time\ntime.sleep(0.2)" for number in range(3)]
    start = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        _, events = run(pool, *cells)
    seconds = [event.seconds for event in events if isinstance(event, Finished)]
    assert len(seconds) == 3
    assert 0.6 <= sum(seconds) <= time.monotonic() - start


class Counting(Executor):
    """A foreign executor: runs each call at once, and counts them."""

    def __init__(self) -> None:
        self.calls = 0

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        self.calls += 1
        future: Future[object] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def test_any_executor_will_do() -> None:
    """Only `submit` is used; a chain and a fan of nodes give the same results as here."""
    pool = Counting()
    cells = ["%%inputs\nx = 1", "%%node a\nx + 1", "%%node b\na + 1", "%%node c\na / 0", "%%node d\nb + c"]
    session, events = run(pool, *cells)
    assert said(events) == ["finished a", "finished b", "failed c DB301", "skipped d"]
    assert (pool.calls, session.value("b")) == (3, 3)


class Waiting:
    """Sends Ctrl-C as soon as a node runs, which leaves a file then."""

    def __init__(self, begun: Path) -> None:
        self.thread = threading.Thread(target=self.interrupt, args=(begun,))

    def interrupt(self, begun: Path) -> None:
        """What the stop button does."""
        until(begun.exists, "a node runs")
        os.kill(os.getpid(), signal.SIGINT)

    def heard(self, events: Iterator[Event]) -> list[Event]:
        """Events until Ctrl-C."""
        # A shell that starts the tests in the background lets them ignore Ctrl-C.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.thread.start()
        found = []
        try:
            for event in events:
                found.append(event)
        except KeyboardInterrupt:
            return found
        finally:
            self.thread.join()
            signal.signal(signal.SIGINT, before)
        raise AssertionError("the run went on to its end")


SLOW = """%%node slow{}
import time
from pathlib import Path
Path(folder, "begun").touch()
for _ in range(6000):
    if Path(folder, "go on").exists():
        break
    time.sleep(0.01)
else:
    Path(folder, "waited for").touch()
quick"""


def test_ctrl_c_stops_at_once(executor: str, tmp_path: Path) -> None:
    """Running nodes are not waited for; what finished before is kept, the rest is stale and computes later."""
    session = notebook("%%node quick\n1").session
    session.mode = "lazy"
    session.register(*(source(f"s{number}", SLOW.format(number)) for number in range(3)))
    session.register(source("x", f"%%inputs\nfolder = {str(tmp_path)!r}"))
    events = Waiting(tmp_path / "begun").heard(computed(session, executor))
    assert not (tmp_path / "waited for").exists()
    (tmp_path / "go on").touch()
    assert not [event for event in events if isinstance(event, Failed)]
    assert session.states() == {
        "quick": "fresh",
        "folder": "fresh",
        **{f"slow{n}": "stale" for n in range(3)},
    }
    assert said(session.compute())[-1].startswith("finished slow")
    assert VALUES.equal(session.value("slow1"), 1)
