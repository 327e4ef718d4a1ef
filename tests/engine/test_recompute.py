"""Only what is stale and requested is computed, and an equal value stops the recompute."""

import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.run.runtime import shipped_text
from tests.engine import world
from tests.engine.driver import Notebook, notebook

CHAIN = ["%%inputs\nx: int = 5", "%%node a\nx % 2", "%%node b\na * 10", "%%node c\nb + x"]


def test_what_is_fresh_is_not_touched() -> None:
    """Asking again computes nothing; force computes what is named, and readers of an equal value stay fresh."""
    book = notebook(*CHAIN)
    assert book.compute() == []
    assert book.compute("a", force=True) == ["finished a"]
    assert book.session.states() == dict.fromkeys("xabc", "fresh")
    assert book.compute() == ["reused b", "reused c"]
    assert book.compute() == []


def test_an_equal_value_stops_the_recompute() -> None:
    """Only nodes whose inputs changed are computed; below an equal value nothing runs."""
    book = notebook(*CHAIN)
    assert book.run("1", "%%inputs\nx: int = 7") == ["finished a", "reused b", "finished c"]
    assert book.run("1", "%%inputs\nx: int = 7  # a comment") == ["reused a", "reused b", "reused c"]
    assert book.run("1", "%%inputs\nx: int = 8") == ["finished a", "finished b", "finished c"]


def test_only_what_is_asked_for_is_computed() -> None:
    """A request computes its nodes and what they need, no more."""
    book = Notebook()
    book.session.mode = "lazy"
    for number, text in enumerate([*CHAIN, "%%node d\nx"], start=1):
        book.run(str(number), text)
    assert book.compute("b") == ["finished a", "finished b"]
    assert book.compute("c", "b") == ["finished c"]
    assert book.state("d") == "stale"


def test_the_same_code_is_not_run_again() -> None:
    """Running a cell again, moving its lines or changing a tag keeps the value."""
    book = notebook(*CHAIN)
    assert book.run("2", CHAIN[1]) == []
    assert book.run("2", "%%node a --tag owner=ads\n\nx % 2") == []
    assert book.session.graph.node("a").tags == {"owner": "ads"}
    assert book.run("2", "%%node a\nx % 3") == ["finished a", "finished b", "finished c"]


SETUP = "%%setup\nimport math\nRATE = 2\nOTHER = 3\ndef helper(v):\n    return v * RATE"
USERS = ["%%inputs\nx: int = 1", "%%node uses\nhelper(x)", "%%node plain\nx + 1", "%%node other\nx + OTHER"]


@pytest.mark.parametrize(
    ("edited", "computed"),
    [
        (SETUP.replace("RATE = 2", "RATE = 4"), {"uses"}),
        (SETUP.replace("v * RATE", "v + RATE"), {"uses"}),
        (SETUP.replace("OTHER = 3", "OTHER = 5"), {"other"}),
        (SETUP.replace("OTHER = 3", "OTHER = 1 + 2"), {"other"}),
        (SETUP + "\nNEW = 1", set()),
        (SETUP.replace("RATE = 2", "RATE = 2  # a comment"), set()),
        (SETUP.replace("import math", "import os"), set()),
    ],
)
def test_a_setup_edit_recomputes_what_uses_it(edited: str, computed: set[str]) -> None:
    """Nodes whose closure of setup code changed run again; no others, and inputs are not loaded again."""
    book = notebook(SETUP, *USERS)
    events = book.run("1", edited)
    assert {event.split()[1] for event in events if event.startswith("finished")} == computed


def test_a_setup_value_that_changed_outside() -> None:
    """A setup cell that is run again with the same text recomputes the users of values that differ."""
    world.reset()
    book = notebook(
        "%%setup\nfrom tests.engine import world\nRATE = world.rate\ndef f(v, by=world.rate):\n    return v + by",
        "%%node a\nRATE * 2",
        "%%node b\nf(1)",
        "%%node c\n3",
    )
    text = "%%setup\n" + book.session.graph.cells["1"].body
    assert not any(event.startswith("finished") for event in book.run("1", text))
    world.rate = 5
    assert sorted(event for event in book.run("1", text) if event.startswith("finished")) == [
        "finished a",
        "finished b",
    ]
    assert (book.value("a"), book.value("b")) == (10, 6)


@pytest.mark.parametrize("more", ["BOX.append(2)", "fill()", "LAST = BOX.pop()", "BOX += [3]"])
def test_a_later_setup_cell_may_change_what_is_there(more: str) -> None:
    """Values that a new setup cell changes in place are noticed, through functions too, and aliases of them."""
    first = "%%setup\nBOX = [1]\ndef fill():\n    BOX.append(5)"
    book = notebook(first, "%%node alias\nBOX", "%%node total\nsum(alias)", "%%node size\nlen(BOX)")
    book.run("5", f"%%setup\n{more}")
    fresh = notebook(first, f"%%setup\n{more}", "%%node total\nsum(BOX)", "%%node size\nlen(BOX)")
    assert [book.value("total"), book.value("size")] == [fresh.value("total"), fresh.value("size")]


def test_names_that_the_setup_loses() -> None:
    """A bare body then takes the name as an input, a function waits for it, and both come back."""
    book = notebook("%%setup\nK = 1", "%%node a\nK + 1", "%%node\ndef b():\n    return K")
    book.run("1", "%%setup\nJ = 1")
    assert book.session.waiting() == {"a": ("K",), "b": ("K",)}
    assert sorted(book.run("1", "%%setup\nK = 2")) == ["finished a", "finished b"]
    assert (book.value("a"), book.value("b")) == (3, 2)


def test_a_failing_setup_rolls_back() -> None:
    """Functions and constants are the ones from before, even those that the failed cell had changed."""
    book = notebook("%%setup\nBOX = [1]\nK = 1", "%%node a\nsum(BOX) + K")
    with pytest.raises(DataflowError, match="DB305"):
        book.run("3", "%%setup\nBOX.append(5)\nK2 = 1 // 0")
    with pytest.raises(DataflowError, match="DB305"):
        book.run("1", "%%setup\nK = 9\n1 // 0")
    assert book.compute("a", force=True) == ["finished a"]
    assert (book.value("a"), "K2" in book.session.runtime.namespace) == (2, False)


def test_deleting_a_setup_cell_that_another_needs() -> None:
    """The other one cannot run any more: it is removed with a message, as a fresh kernel would lack it."""
    book = notebook("%%setup\nK = 1", "%%setup\nJ = K + 1", "%%node a\nJ")
    with pytest.raises(DataflowError, match=r"DB305 cell \[2\] failed"):
        book.delete("1")
    assert book.session.waiting() == {"a": ("J",)}


def test_inputs_that_use_the_setup() -> None:
    """They are loaded again when what they use changed; a failure is theirs, and the rest is computed."""
    book = notebook("%%setup\nK = 2", "%%inputs\nx = 6 // K", "%%node a\nx + 1", "%%node b\n1")
    assert book.run("1", "%%setup\nK = 3") == ["finished a"]
    assert book.run("1", "%%setup\nK = 0") == ["failed x DB305", "skipped a"]
    assert (book.state("x"), book.state("a")) == ("failed", "stale")
    assert book.compute() == ["failed x DB305", "skipped a", "reused b"]
    assert book.run("1", "%%setup\nK = 1") == ["finished a"]
    assert book.value("a") == 7


def test_params_are_the_defaults_of_what_ships() -> None:
    """The header of each function holds the param's default, as source; the value computed is the same."""
    book = notebook(
        "%%setup\nWEEK = 7",
        "%%params\nwindow: int = WEEK\ncols: list = [\n  'a',\n]\nscale = 2",
        "%%node\ndef a(window, scale: int = 9):\n    return window * scale\ndef b(window, ctr):\n    return ctr",
        "%%node n\nlen(cols) + window",
    )
    graph = book.session.graph
    assert (book.value("a"), book.value("n")) == (14, 8)
    assert shipped_text(graph, graph.node("a")).source.startswith("def a(window=WEEK, scale: int = 2):")
    assert shipped_text(graph, graph.node("b")).source.startswith("def b(window, ctr):")
    assert shipped_text(graph, graph.node("n")).source.startswith("def n(cols=['a'], window=WEEK):")
    assert book.session.runtime.function(graph, graph.node("a"))() == 14


def test_a_param_switches_variants() -> None:
    """The node is the variant for the param's value; without one it waits."""
    book = notebook(
        "%%params\nregion = 'US'",
        "%%node price --when region=US\n1",
        "%%node price --when region=EU\n2 + vat",
        "%%node total\nprice * 10",
    )
    assert (book.value("total"), book.state("total")) == (10, "fresh")
    assert book.run("1", "%%params\nregion = 'EU'") == []
    assert book.session.waiting() == {"price": ("vat",), "total": ("vat",)}
    assert book.run("5", "%%inputs\nvat = 1") == ["finished price", "finished total"]
    book.run("1", "%%params\nregion = 'FR'")
    assert book.session.waiting() == {"price": ("price",), "total": ("price",)}
    with pytest.raises(DataflowError, match="no variant for region='FR'"):
        book.compute("total")
    assert book.run("1", "%%params\nregion = 'US'") == ["finished price", "finished total"]
    book.delete("1")
    assert book.session.waiting()["total"] == ("region",)


def test_families_and_several_outputs() -> None:
    """Members are nodes of their own, siblings read each other, and one computation gives several nodes."""
    book = notebook(
        "%%inputs\nsales = [1, 2, 4]",
        "%%node lag_{k} --for k=1,2\nsales[-1 - k]",
        "%%node grow_{k} --for k=1,2 --uses lag_{k}\nsales[-1] - lag_k + k",
        "%%node lo, hi\nlo = min(sales)\nhi = max(sales)",
    )
    assert [book.value(n) for n in ("lag_1", "lag_2", "grow_1", "grow_2", "lo", "hi")] == [2, 1, 3, 5, 1, 4]
    assert book.run("2", "%%node lag_{k} --for k=1\nsales[-1 - k] + 0") == ["finished lag_1", "reused grow_1"]
    assert book.session.waiting() == {"grow_2": ("lag_2",)}
    events = book.run("1", "%%inputs\nsales = [1, 3, 4]")
    assert events[-3:] == ["finished lo_and_hi", "reused hi", "reused lo"]


def test_an_optional_input_appears_and_disappears() -> None:
    """The default counts while nothing defines the name; both changes are followed in auto mode."""
    book = notebook("%%node\ndef a(x=1, *, y=2):\n    return (x, y)")
    assert book.value("a") == (1, 2)
    assert book.run("2", "%%node y\n20") == ["finished y", "finished a"]
    assert book.run("3", "%%node x\n10") == ["finished x", "finished a"]
    assert book.value("a") == (10, 20)
    assert book.run("3", "%%node z\n10") == ["finished z", "finished a"]
    book.delete("2")
    assert book.compute() == ["finished a"]
    assert book.value("a") == (1, 2)


def test_a_constant_that_was_gone_may_come_back_as_another() -> None:
    """The same line gives another value after the world changed, although it did not exist in between."""
    world.reset()
    reads = "%%setup\nfrom tests.engine import world\nRATE = world.rate\ndef f(v, by=world.rate):\n    return v + by"
    book = notebook(reads, "%%node a\nRATE * 10", "%%node b\nf(1)")
    assert (book.value("a"), book.value("b")) == (10, 2)
    book.run("1", "%%setup\nOTHER = 1")
    world.rate = 5
    book.run("1", reads)
    assert (book.value("a"), book.value("b")) == (50, 6)
    world.reset()


def test_a_refused_setup_cell_that_ran_the_others_again() -> None:
    """What the setup binds may be another object then: nothing is held for fresh that is stale."""
    book = notebook(
        "%%setup\nimport functools\n@functools.lru_cache\ndef twice(x):\n    return 2 * x",
        "%%node n\ntwice(1)",
    )
    assert book.state("n") == "fresh"
    with pytest.raises(DataflowError, match="DB305"):
        book.run("9", "%%setup\nL = MISSING + 1")
    book.compute()
    assert book.state("n") == "fresh"
    assert book.value("n") == 2
