"""A run can fail, be interrupted, await, or be very long: the state after it is always consistent."""

import ast
import asyncio
import sys
from collections.abc import Callable

import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Failed, Finished, Started
from kernel_magics.engine.source.tree import copied
from tests.engine import world
from tests.engine.driver import Notebook, notebook, said, source

TICK = "%%setup\nfrom tests.engine import world\ndef tick(v):\n    world.tick()\n    return v"


def test_a_failure_stops_only_what_needs_it() -> None:
    """Other nodes are computed, readers are skipped, and the cause is named."""
    book = notebook("%%inputs\nx = 0", "%%node b\n1 / x", "%%node c\nb", "%%node d\nc", "%%node e\nx + 1")
    assert book.compute(force=True) == ["failed b DB301", "skipped c", "skipped d", "finished e"]
    assert book.session.states() == {"x": "fresh", "b": "failed", "c": "stale", "d": "stale", "e": "fresh"}
    with pytest.raises(KeyError):
        book.value("b")


def test_a_failed_node_is_tried_again_when_asked() -> None:
    """Auto mode leaves it alone; %compute and running its cell try again, as does a change upstream."""
    book = notebook("%%inputs\nx = 0\nz = 1", "%%node b\n1 / x", "%%node c\nb + z")
    assert book.run("1", "%%inputs\nx = 0\nz = 2") == []
    assert book.compute("c") == ["failed b DB301", "skipped c"]
    assert book.run("2", "%%node b\n1 / x") == ["failed b DB301", "skipped c"]
    assert book.run("1", "%%inputs\nx = 1\nz = 2") == ["finished b", "finished c"]


def test_a_failure_far_downstream_is_tried_again_after_an_edit() -> None:
    """The edit need not be right above the node that failed."""
    book = notebook("%%inputs\nx = 0", "%%node a\nx * 2", "%%node b\n1 / a", "%%node c\nb")
    assert book.state("b") == "failed"
    assert book.run("1", "%%inputs\nx = 1") == ["finished a", "finished b", "finished c"]


@pytest.mark.parametrize("calls", range(4))
def test_an_interrupt_keeps_what_was_finished(calls: int) -> None:
    """After Ctrl-C the finished nodes are fresh, the others stale, and the next run goes on from there."""
    world.reset()
    names = ["a", "b", "c", "d"]
    book = notebook(TICK)
    book.session.mode = "lazy"
    for before, name in zip(["1", *names], names, strict=False):
        book.run(name, f"%%node {name}\ntick({before} + 1)")
    world.calls_left = calls
    with pytest.raises(KeyboardInterrupt):
        book.compute()
    assert list(book.session.states().values()) == ["fresh"] * calls + ["stale"] * (4 - calls)
    assert book.compute() == [f"finished {name}" for name in names[calls:]]
    assert book.value("d") == 5


def test_an_interrupt_while_a_cell_is_registered() -> None:
    """The cell counts as not run: setup and inputs are as before."""
    world.reset()
    book = notebook(TICK, "%%setup\nK = tick(1)", "%%inputs\nx = tick(K)", "%%node a\nx + K")
    for id, text in {"2": "%%setup\nK = tick(5)", "3": "%%inputs\nx = tick(7)"}.items():
        world.calls_left = 0
        with pytest.raises(KeyboardInterrupt):
            book.run(id, text)
        assert (book.compute("a", force=True), book.value("a")) == (["finished a"], 2)


def test_a_run_that_nobody_listens_to_any_more() -> None:
    """Closing the stream of events stops the run; what was finished stays."""
    book = notebook()
    book.session.mode = "lazy"
    book.run("1", "%%node a\n1")
    book.run("2", "%%node b\na")
    events = book.session.compute()
    seen = [next(events), next(events)]
    events.close()  # type: ignore[attr-defined]
    assert [type(event) for event in seen] == [Started, Finished]
    assert book.session.states() == {"a": "fresh", "b": "stale"}


ASYNC = "%%node\nasync def got(n):\n    import asyncio\n    await asyncio.sleep(0)\n    return n * 2"


def test_async_nodes_run_with_and_without_a_loop() -> None:
    """A coroutine is finished where it is computed, also inside the notebook's running loop."""
    book = notebook(
        "%%inputs\nn = 2",
        ASYNC,
        "%%node after\nawait later(got)",
        "%%setup\nasync def later(v):\n    return v + 1",
    )
    assert book.value("after") == 5

    async def inside() -> list[str]:
        return book.compute("after", "got", force=True)

    assert sorted(asyncio.run(inside())) == ["finished after", "finished got"]
    book.run("5", "%%node broken\nawait later(None)")
    assert "line 2 of cell [5]" in "\n".join(book.error("broken"))


@pytest.mark.parametrize(
    "body", ["map(str, [n])", "zip([n], [n])", "(v for v in [n])", "iter([n])", "open(__file__)"]
)
def test_what_can_be_read_only_once_is_refused(body: str) -> None:
    """A second reader would find it empty."""
    book = notebook("%%inputs\nn = 2", f"%%setup\n__file__ = {__file__!r}", f"%%node a\n{body}")
    assert book.error("a")[-2].startswith("DB304 'a' in cell [3] is of type")


def test_lines_of_a_moved_body() -> None:
    """When only the place of the code changes, a later failure still names the right line."""
    book = notebook("%%inputs\nx = 1", "%%node a\n1 / x")
    book.run("2", "%%node a\n\n\n1 / x")
    book.run("1", "%%inputs\nx = 0")
    assert "failed on line 4 of cell [2]" in "\n".join(book.error("a"))
    assert "    1 / x" in book.error("a")


def test_tests_pass_fail_and_wait() -> None:
    """A test calls nodes as functions; it may use helpers, pytest and async nodes, and sees no values."""
    book = notebook(
        "%%setup\nfrom math import isclose",
        "%%node ctr\nclicks / views",
        "%%node\nasync def slow(ctr):\n    return ctr",
        "%%test ctr\nassert isclose(ctr(1, 2), 0.5)\nwith pytest.raises(ZeroDivisionError):\n    ctr(1, 0)",
        "%%test ctr\nx = ctr(1, 2)\n\nassert x == 3, 'three'",
        "%%test later\nassert later(1) == ctr(1, 1)",
        "%%test slow\nassert await slow(3) == 3",
        "%%test ctr\nwith pytest.raises(KeyError):\n    ctr(1, 1)",
        "%%test ctr\npytest.skip('not now')",
        "%%test ctr\nraise SystemExit(1)",
    )
    results = {id: book.test(id) for id in ("4", "5", "6", "7", "8", "9", "10")}
    assert [id for id, result in results.items() if result.error] == ["5", "8", "10"]
    assert results["6"].waiting == ("later",)
    error = results["5"].error
    assert error is not None
    assert error.lines()[0] == "  Cell [5], line 4, in test_ctr"
    assert "DB303 the test of 'ctr' fails on line 4 of cell [5]: AssertionError: three." in error.lines()
    did_not_raise = results["8"].error
    assert did_not_raise is not None
    assert "DID NOT RAISE" in did_not_raise.message
    book.run("2", "%%node ctr\n(clicks * 3, views)[0]")
    assert book.test("5").error is None


def test_a_test_that_is_interrupted() -> None:
    """Ctrl-C in a test is Ctrl-C, not a failed test."""
    book = notebook("%%node a\nx", "%%test a\nraise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        book.test("2")


CHECKED = "%%setup\nclass Rows(list):\n    shape = (3,)\n    def all(self):\n        return all(list(self))\n"


@pytest.mark.parametrize(
    ("condition", "held", "detail"),
    [
        ("x > 0", True, ""),
        ("x > 9", False, "it is 3"),
        ("x - 1 == x + 1", False, "2 against 4"),
        ("x + 1", False, "this is no condition but int 4: compare it with something"),
        ("str(x)", False, "this is no condition but str '3': compare it with something"),
        ("list((x, 2))", False, "this is no condition but list of 2: write one condition on each line"),
        (
            "x.bit_length",
            False,
            "this is no condition but a method that is not called: write `.bit_length()`",
        ),
        ("Rows([True, True, False])", False, "1 of 3 rows (33 %)"),
        ("Rows([True, True, True])", True, ""),
        ("x.missing", False, "AttributeError: 'int' object has no attribute 'missing'"),
        ("1 / 0", False, "ZeroDivisionError: division by zero"),
    ],
)
def test_conditions(condition: str, held: bool, detail: str) -> None:
    """A condition holds by its truth, or row by row; one that raises has failed, and hides no other."""
    book = notebook("%%inputs\nx = 3", CHECKED, f"%%check x --warn\n{condition}  # said\nx == 3")
    result = book.value("warn_x")
    assert isinstance(result, CheckResult)
    assert [(item.message, item.held, item.detail) for item in result.conditions] == [
        ("said", held, detail),
        ("x == 3", True, ""),
    ]
    assert (result.held, result.severity) == (held, "fail" if "no condition" in detail else "warn")


def test_checks_are_numbered_in_notebook_order() -> None:
    """The second check of a node has its own name; deleting the first one makes it the first."""
    book = notebook("%%inputs\nx = 3", "%%check x\nx > 0", "%%check x\nx > 1", "%%check x --warn\nx > 2")
    assert book.session.graph.names() == ["x", "check_x", "check_x_2", "warn_x"]
    book.delete("2")
    assert book.session.graph.names() == ["x", "check_x", "warn_x"]
    assert book.compute("check_x") == ["finished check_x"]


@pytest.mark.parametrize("length", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_chain_of_thousands_of_nodes(length: int) -> None:
    """No walk over the graph is recursive, whichever end is written first: Python's limit is a thousand calls."""
    cells = ["%%inputs\nx0 = 0", *(f"%%node x{n}\nx{n - 1} + 1" for n in range(1, length))]
    book = Notebook()
    sources = [source(str(number), text) for number, text in enumerate(cells)]
    names = book.session.register(*reversed(sources))
    assert len(said(book.session.compute(book.session.stale_after(names)))) == length - 1
    assert book.value(f"x{length - 1}") == length - 1
    assert set(book.session.states().values()) == {"fresh"}
    with pytest.raises(DataflowError, match="DB202"):
        book.run("1", f"%%node x1\nx{length - 1}")


def calls_during(action: Callable[[], object]) -> int:
    """How many Python functions are called: a measure of work that no busy machine can change."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("linked", [False, True])
def test_one_more_cell_costs_the_same_in_a_big_notebook(linked: bool) -> None:
    """Registering a cell takes as many calls after five hundred cells as after fifty."""
    book = notebook("%%inputs\nx0 = 0")

    def add(number: int) -> None:
        book.run(f"cell {number}", f"%%node x{number}\nx{number - 1 if linked else 0} + 1")

    counts = [calls_during(lambda n=n: add(n)) for n in range(1, 501)]  # type: ignore[misc]
    assert set(book.session.states().values()) == {"fresh"}
    assert max(counts[450:]) <= max(counts[40:90]) * 1.2


def test_events_carry_values_and_errors() -> None:
    """A stream of events is all that a listener needs."""
    book = notebook("%%node a\n1", "%%node b\na / 0")
    events = list(book.session.compute(force=True))
    assert [type(event).__name__ for event in events] == ["Started", "Finished", "Started", "Failed"]
    assert isinstance(events[1], Finished)
    assert (events[1].value, events[1].seconds >= 0) == (1, True)
    assert isinstance(events[3], Failed)
    assert isinstance(events[3].error.__cause__, ZeroDivisionError)


def test_marks_that_tools_leave_on_syntax_trees_harm_nobody() -> None:
    """Renderers of tracebacks link nodes to their parents; contexts such as `Load` are one object in all trees."""
    tree = ast.parse("def f(a: int = 2, *b, c=None) -> str:\n    return [x for x in a.b[c] if -x] or f'{a}'")
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            child.parent = parent  # type: ignore[attr-defined]
    try:
        again = copied(tree)
        assert ast.dump(again, include_attributes=True) == ast.dump(tree, include_attributes=True)
        shared = {id(item) for item in ast.walk(again)} & {id(item) for item in ast.walk(tree)}
        assert shared == {id(item) for item in ast.walk(tree) if not item._fields}
        assert not any(hasattr(item, "parent") for item in ast.walk(again) if item._fields)
        book = notebook("%%node a --check 'value == 1'\n1")
        assert book.state("check_a") == "fresh"
    finally:
        for item in ast.walk(tree):
            vars(item).pop("parent", None)


def test_an_error_that_holds_a_whole_value_is_cut() -> None:
    """Its message may be as large as the data; what is printed says how large, and stays readable."""
    made = notebook("%%node n\nif True:\n    raise ValueError('x' * 1_000_000)\n1")
    assert made.compute("n") == ["failed n DB301"]
    lines = made.error("n")
    assert sum(map(len, lines)) < 10_000
    assert "x… (1000000 characters)" in "\n".join(lines)
