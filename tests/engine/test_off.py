"""`--cache off`: a node that is made each time it is needed, because it reads what changes by itself."""

from tests.engine.driver import Notebook, notebook

TICKS = "%%setup\nimport time"
NOW = "%%node now --cache off\ntime.perf_counter_ns()"


def test_it_is_computed_each_time_it_is_asked_for() -> None:
    """`%compute` does not call it fresh and leave it."""
    made = notebook(TICKS, NOW)
    before = made.value("now")
    assert made.compute("now") == ["finished now"]
    assert made.value("now") != before


def test_its_readers_follow_its_value() -> None:
    """All that hangs on it is computed from one and the same value."""
    made = notebook(TICKS, NOW, "%%node once\nnow + 100", "%%node twice\nnow + once")
    before = made.value("now")
    assert made.compute("twice") == ["finished now", "finished once", "finished twice"]
    now = made.value("now")
    assert now != before
    assert made.value("twice") == 2 * now + 100
    assert set(made.session.states().values()) == {"fresh"}


def test_an_equal_value_stops_there() -> None:
    """Its readers are reused where it came out as before."""
    made = notebook("%%inputs\nx = 1", "%%node same --cache off\nx + 1", "%%node after\nsame + 1")
    assert made.compute("after") == ["finished same", "reused after"]


def test_other_readers_become_stale() -> None:
    """A node that was not requested does not keep a result of the previous value."""
    made = notebook(TICKS, NOW, "%%node one\nnow", "%%node two\nnow")
    made.compute("one")
    assert made.state("two") == "stale"
    made.compute()
    assert made.value("one") == made.value("two") == made.value("now")


def test_a_session_can_be_off() -> None:
    """`%dataflow cache off` holds for all nodes that say nothing else."""
    made = Notebook()
    made.session.memos.cache.mode = "off"
    for id, text in enumerate(
        ["%%inputs\nx = 1", "%%node a\nx", "%%node b --cache memory\nx", "%%node c\na + b"]
    ):
        made.run(str(id), text)
    assert made.compute() == ["finished a", "finished c"]
    assert made.compute("b") == []
