"""Cells are linked by name, owned by their id, and isolated from everything but their inputs and the setup."""

from dataclasses import replace

import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.plan import waiting_error
from kernel_magics.engine.session.session import Session
from tests.engine.driver import Notebook, notebook, source

CTR = "%%node ctr\nclicks / views"
INPUTS = "%%inputs\nclicks: int = 10\nviews: int = 5"


def test_cells_may_be_written_in_any_order() -> None:
    """A node waits for its inputs, and is computed as soon as the last of them is there."""
    book = Notebook()
    assert book.run("1", "%%node twice\nctr * 2") == []
    assert book.run("2", CTR) == []
    assert book.session.waiting() == {"ctr": ("clicks", "views"), "twice": ("clicks", "views")}
    assert book.run("3", INPUTS) == ["finished ctr", "finished twice"]
    assert (book.value("ctr"), book.value("twice"), book.session.waiting()) == (2.0, 4.0, {})


def test_a_waiting_node_says_for_what() -> None:
    """The error names the node, the missing name and a similar name, but not the node's own."""
    book = notebook(INPUTS, "%%node ctr\nclicks / veiws", "%%node sale\nsales")
    with pytest.raises(DataflowError, match=r"DB203 'ctr' needs 'veiws'.*did you mean 'views'"):
        book.compute("ctr")
    assert book.state("ctr") == "waiting"
    assert "did you mean" not in waiting_error(book.session.graph, "sales").hint


def test_the_hint_knows_notebook_variables() -> None:
    """Where a notebook variable has the missing name, the hint says how to declare it."""
    graph = replace(notebook(CTR).session.graph, outside=lambda: {"views": "variable"})
    assert "`views = …`" in waiting_error(graph, "views").hint


def test_editing_a_cell_replaces_what_it_defined() -> None:
    """A name that an edited cell no longer defines is removed, and its readers wait."""
    book = notebook(INPUTS, CTR, "%%node twice\nctr * 2")
    assert book.run("2", "%%node rate\nclicks / views") == ["finished rate"]
    assert "ctr" not in book.session.graph.nodes
    assert book.session.waiting() == {"twice": ("ctr",)}
    assert book.run("2", CTR) == ["finished ctr", "finished twice"]


def test_deleting_a_cell_removes_what_it_defined() -> None:
    """A deleted cell's nodes are gone, with their values; unknown ids are ignored."""
    book = notebook(INPUTS, CTR, "%%node twice\nctr * 2")
    assert book.delete("2", "never seen") == ["ctr"]
    assert book.session.waiting() == {"twice": ("ctr",)}
    with pytest.raises(KeyError):
        book.value("ctr")


def test_a_second_definition_is_refused() -> None:
    """Both cells are named, and the first is kept; when it is deleted the second may run."""
    book = notebook(INPUTS, CTR)
    with pytest.raises(DataflowError, match=r"two cells: \[2\] and \[9\]"):
        book.run("9", "%%node ctr\n1")
    assert book.value("ctr") == 2.0
    book.delete("2")
    assert book.run("9", "%%node ctr\n1") == ["finished ctr"]


def test_an_unused_helper_belongs_to_its_cell_only_while_it_is_there() -> None:
    """A private helper's name is free again when the cell that wrote it is edited or deleted."""
    book = notebook("%%node\ndef _h(): return 1\ndef a(): return 2")
    book.run("1", "%%node\ndef a(): return 2")
    assert book.run("2", "%%node\ndef _h(): return 1\ndef b(): return 2") == ["finished b"]
    book.delete("2")
    assert book.run("3", "%%node\ndef _h(): return 1\ndef c(): return _h()") == ["finished c"]


def test_a_node_sees_inputs_setup_and_builtins_only() -> None:
    """The globals of a function are the setup names that it uses, whatever else the setup holds."""
    book = notebook(
        "%%setup\nimport math\nSECRET = 1\ndef area(r):\n    return math.pi * r\n", "%%inputs\nr = 2"
    )
    book.run("3", "%%node\ndef a(r):\n    return area(r)")
    function = book.session.runtime.function(book.session.graph, book.session.graph.node("a"))
    assert function.__globals__.keys() - {"__name__", "__builtins__"} == {"a", "area"}


def test_notebook_variables_are_never_seen() -> None:
    """A variable of the interpreter around is no input: the node waits for a declaration."""
    globals()["hidden_state"] = 3
    book = notebook("%%node a\nhidden_state + 1")
    assert book.session.waiting() == {"a": ("hidden_state",)}


@pytest.mark.parametrize("change", ["xs.append(9)", "xs[0] = 9", "xs[1]['k'] = 9", "xs.clear()", "del xs[0]"])
def test_a_node_cannot_change_its_input(change: str) -> None:
    """Lists and dicts are handed over as copies, nested ones too; so the order of nodes does not matter."""
    book = notebook(
        "%%inputs\nraw = 1", "%%node xs\n[raw, {'k': 2}]", f"%%node a\n{change}\nlen(xs)", "%%node b\nxs"
    )
    assert book.value("xs") == book.value("b") == [1, {"k": 2}]


def test_reading_a_value_cannot_change_it() -> None:
    """What an ordinary cell gets is a copy."""
    book = notebook("%%node xs\n[1, 2]", "%%node n\nlen(xs)")
    xs = book.value("xs")
    assert isinstance(xs, list)
    xs.append(3)
    assert book.compute("n", force=True) == ["finished n"]
    assert (book.value("xs"), book.value("n")) == ([1, 2], 2)


def test_a_cell_with_an_error_leaves_no_trace() -> None:
    """Of several cells registered at once, all or none are taken."""
    book = notebook(INPUTS, CTR)
    graph = book.session.graph
    with pytest.raises(DataflowError):
        book.session.register(source("3", "%%node a\n1"), source("4", "%%node b\n= 1"))
    assert book.session.graph is graph


def test_what_happens_in_lazy_mode() -> None:
    """Registered and edited nodes only become stale; a request computes one and what it needs."""
    book = Notebook()
    book.session.mode = "lazy"
    assert [*book.run("1", INPUTS), *book.run("2", CTR), *book.run("3", "%%node twice\nctr * 2")] == []
    assert book.session.states() == {"clicks": "fresh", "views": "fresh", "ctr": "stale", "twice": "stale"}
    assert book.compute("twice") == ["finished ctr", "finished twice"]
    assert book.run("1", INPUTS.replace("10", "20")) == []
    assert book.state("twice") == "stale"
    assert book.value("twice") == 4.0


def test_a_lazy_node_waits_to_be_asked_for() -> None:
    """Auto mode leaves a stale lazy node alone, and what is downstream of it; once fresh it is no obstacle."""
    book = notebook("%%inputs\nx = 1\nz = 1", "%%node slow --lazy\nx + 1")
    assert book.run("3", "%%node fast\nslow + z") == []
    assert (book.state("slow"), book.state("fast")) == ("stale", "stale")
    assert book.compute("fast") == ["finished slow", "finished fast"]
    assert book.run("4", "%%node other\nslow * 2") == ["finished other"]
    assert book.run("1", "%%inputs\nx = 1\nz = 2") == ["reused slow", "finished fast", "reused other"]
    assert book.run("1", "%%inputs\nx = 2\nz = 2") == []
    assert (book.state("slow"), book.state("fast")) == ("stale", "stale")


def test_without_cell_ids_the_last_one_wins() -> None:
    """Where the front end gives no ids, a new definition takes the place of the old one."""
    session = Session()
    for number, text in enumerate(
        [
            INPUTS,
            "%%node\ndef a(clicks): return clicks\ndef b(a): return a",
            "%%node\ndef a(views): return views",
        ]
    ):
        session.register(source(f"prompt-{number}", text), last_wins=True)
    list(session.compute())
    assert (session.value("a"), session.value("b")) == (5, 5)
    session.register(source("prompt-9", "%%setup\nK = 1"), last_wins=True)
    session.register(source("prompt-10", "%%setup\nK = 2"), last_wins=True)
    assert [cell.id for cell in session.graph.setup.cells] == ["prompt-10"]
    session.register(source("prompt-11", "%%inputs\nclicks: int = 7"), last_wins=True)
    assert (session.sample("clicks"), session.sample("views")) == (7, 5)


def test_arranged_keeps_values_under_the_order_of_the_notebook() -> None:
    """Put in notebook order, nothing is recomputed, and checks are numbered in that order."""
    book = notebook("%%inputs\nx = 1", "%%check x\nx > 0", "%%check x\nx < 9", "%%node a\nx + 1")
    order = [source(id, f"%%{book.session.graph.cells[id].magic} x\n1") for id in ("4", "3", "2", "1")]
    arranged = book.session.arranged(order)
    assert [node.name for node in arranged.graph] == ["a", "check_x", "check_x_2", "x"]
    assert arranged.graph.owned["3"][0].name == "check_x"
    assert arranged.value("a") == 2
    assert [type(event).__name__ for event in arranged.compute(["a"])] == ["Reused"]


def test_reset_forgets_everything() -> None:
    """After a reset the session is as new."""
    book = notebook("%%setup\nK = 1", INPUTS, CTR)
    book.session.reset()
    assert (book.session.graph.names(), book.session.states(), book.session.runtime.namespace.get("K")) == (
        [],
        {},
        None,
    )
    assert book.run("1", CTR) == []
