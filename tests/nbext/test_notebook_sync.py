"""Notebook sync: what becomes of the session when cells of the page are deleted, moved, merged or restored."""

import pytest

from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.values import VALUES
from kernel_magics.workspace import Workspace
from nbext.notebook_sync import NotebookSync, states_of_cells

CELLS = {
    "s": "%%setup\nscale = 2",
    "i": "%%inputs\nx: int = 1",
    "a": "%%node a\nx * scale",
    "b": "%%node b\na + 1",
}


class Book:
    """A session whose cells have run, and a page that shows them."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.session = Session(VALUES)
        self.withdrawn: list[str] = []
        workspace = Workspace({}, self.session)
        workspace.show_removed = self.withdrawn.extend  # type: ignore[assignment, method-assign]
        self.sync = NotebookSync(workspace)
        for id, text in texts.items():
            self.run(id, text)
        self.sync.follow(texts)

    def run(self, id: str, text: str) -> None:
        """Run a cell of ours."""
        source = read_cell(text, id, "[1]")
        assert source is not None
        self.session.register(source)
        list(self.session.compute())

    def names(self) -> list[str]:
        """The nodes, in order."""
        return self.session.graph.names()


@pytest.fixture
def book() -> Book:
    """A notebook of four cells."""
    return Book(CELLS)


def test_a_deleted_cell_is_forgotten_at_once(book: Book) -> None:
    """Deleting a cell removes its nodes, takes their variables back, and lets their readers wait."""
    assert book.sync.follow({id: text for id, text in CELLS.items() if id != "a"}) == (False, [])
    assert book.names() == ["x", "b"]
    assert book.withdrawn == ["a"]
    assert book.session.states()["b"] == "waiting"


def test_an_undone_deletion_brings_the_nodes_back(book: Book) -> None:
    """A cell that comes back with its text is registered again; its value is to be computed."""
    book.sync.follow({id: text for id, text in CELLS.items() if id != "a"})
    changed, restored = book.sync.follow(CELLS)
    assert (changed, restored) == (True, ["a"])
    assert book.session.states()["b"] == "stale"
    list(book.session.compute())
    assert book.session.value("b") == 3


def test_a_cut_cell_pasted_under_another_id_is_the_same_cell(book: Book) -> None:
    """What counts is the text: a cell that was cut and pasted keeps the dataflow as it was."""
    book.sync.follow({id: text for id, text in CELLS.items() if id != "b"})
    _, restored = book.sync.follow({"s": CELLS["s"], "i": CELLS["i"], "other": CELLS["b"], "a": CELLS["a"]})
    assert restored == ["b"]
    assert book.session.graph.node("b").cell_id == "other"


def test_a_copied_cell_does_not_take_over(book: Book) -> None:
    """A copy of a cell that is still there defines nothing until it runs."""
    assert book.sync.follow({**CELLS, "copy": CELLS["a"]}) == (False, [])
    assert book.session.graph.node("a").cell_id == "a"


def test_merging_forgets_the_cell_that_went_into_another(book: Book) -> None:
    """Of two merged cells the one with the removed id is forgotten; the other is kept, marked as edited."""
    merged = {"s": CELLS["s"], "i": CELLS["i"], "a": CELLS["a"] + "\n\n" + CELLS["b"]}
    book.sync.follow(merged)
    assert book.names() == ["x", "a"]
    assert states_of_cells(book.session.graph.cells, merged.items()) == {
        "s": "current",
        "i": "current",
        "a": "edited",
    }


def test_a_returning_cell_whose_name_was_taken_stays_out(book: Book) -> None:
    """A cell that comes back after another defined its name changes nothing."""
    book.sync.follow({id: text for id, text in CELLS.items() if id != "a"})
    book.run("new", "%%node a\nx + 100")
    assert book.sync.follow({**CELLS, "new": "%%node a\nx + 100"})[1] == []
    assert book.session.graph.node("a").cell_id == "new"
    assert book.session.value("b") == 102


def test_cells_of_another_notebook_are_left_alone(book: Book) -> None:
    """A second notebook on the same kernel does not lose its nodes because this page never showed them."""
    book.run("elsewhere", "%%node c\nx + 5")
    book.sync.follow({"i": CELLS["i"]})
    assert book.names() == ["x", "c"]


def test_moving_a_cell_moves_its_nodes(book: Book) -> None:
    """The session has the notebook's order; values stay as they are."""
    order = {id: CELLS[id] for id in ("b", "a", "i", "s")}
    assert book.sync.follow(order) == (True, [])
    assert book.names() == ["b", "a", "x"]
    assert set(book.session.states().values()) == {"fresh"}
    assert book.sync.follow(order) == (False, [])


def test_moving_a_setup_cell_decides_which_of_two_constants_counts() -> None:
    """Setup cells share their names in notebook order: the last one wins, and its readers become stale."""
    cells = {"s1": "%%setup\nk = 1", "s2": "%%setup\nk = 2", "i": CELLS["i"], "n": "%%node n\nx * k"}
    book = Book(cells)
    assert book.session.value("n") == 2
    book.sync.follow({id: cells[id] for id in ("s2", "s1", "i", "n")})
    assert book.session.states()["n"] == "stale"
    list(book.session.compute())
    assert book.session.value("n") == 1


def test_an_order_in_which_the_setup_fails_leaves_it_as_it_was() -> None:
    """Moving a constant above its inputs changes nothing until the cells run again."""
    cells = {"s1": "%%setup\nk = 1", "s2": "%%setup\nm = k + 1", "i": CELLS["i"], "n": "%%node n\nx * m"}
    book = Book(cells)
    assert book.sync.follow({id: cells[id] for id in ("s2", "s1", "i", "n")}) == (False, [])
    assert book.session.value("n") == 2
    assert list(book.session.graph.cells) == ["s1", "s2", "i", "n"]


def test_states_of_cells_tells_new_edited_and_current_cells(book: Book) -> None:
    """A cell that never ran is new; one whose text differs, or is no longer ours, is edited; others are not listed."""
    texts = {
        **CELLS,
        "a": "%%node a\nx * 3",
        "b": "a + 1",
        "n": "%%node n\n1",
        "plain": "print(1)",
    }
    expected = {"s": "current", "i": "current", "a": "edited", "b": "edited", "n": "new"}
    assert states_of_cells(book.session.graph.cells, texts.items()) == expected
