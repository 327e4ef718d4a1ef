"""A document follows the notebook edit by edit, and keeps the rest linked while a cell is broken."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.assist import Document, DocumentCell, problems
from kernel_magics.assist.edit import Insert, Replace, apply
from kernel_magics.assist.place import span
from tests.assist.books import book
from tests.examples import examples

TEXTS = [
    "",
    "x = 1",
    "# heading",
    "%%setup\nimport math\nRATE = 2",
    "%%setup\nRATE = (",
    "%%inputs\na: int = 1",
    "%%inputs\na: int = 1\nb: int = ",
    "%%node c\na * RATE",
    "%%node c\nd + 1",
    "%%node d\nc + 1",
    "%%node d\nc +",
    "%%node a\n1",
    "%%node\ndef e(c):\n    return c * RATE",
    "%%check c\nc > 0",
    "%%check c\nc > 1",
    "%%test e\nassert e(1)",
    "%%node f_{k} --for k=1,2\nc * k",
    "%%node g --when a=1\n1",
    "%%node g --when a=2\n2",
    "%%node h --check not_null\n2",
    "%%check h\nh > 0",
]

edits = st.lists(
    st.tuples(st.sampled_from("pqrst"), st.sampled_from([None, *TEXTS]), st.integers(0, 9)), max_size=12
)


@examples(100)
@given(edits)
def test_edits_give_what_a_fresh_document_has(steps: list[tuple[str, str | None, int]]) -> None:
    """After any edits the same cells are broken, and where none contradicts another the graph is the same."""
    document = Document.of([])
    for id, text, place in steps:
        order = [cell.id for cell in document.cells if cell.id != id]
        if text is None:
            document = document.edit(order=order)
            continue
        order.insert(min(place, len(order)), id)
        document = document.edit([DocumentCell(id, "code", text)], order)
        assert [cell.id for cell in document.cells] == order
    fresh = Document.of(document.cells)
    assert bool(document.draft.refused) == bool(fresh.draft.refused)
    if not fresh.draft.refused:
        assert {name: _facts(document, name) for name in document.graph.nodes} == {
            name: _facts(fresh, name) for name in fresh.graph.nodes
        }
        assert list(document.graph.cells) == list(fresh.graph.cells)
        assert document.graph.setup.cells == fresh.graph.setup.cells
        assert [item.to_json() for item in problems(document)] == [item.to_json() for item in problems(fresh)]


def _facts(document: Document, name: str) -> list[tuple[object, ...]]:
    return [(node.cell_id, node.kind, node.input_names, node.digest) for node in document.graph.nodes[name]]


def test_one_edit_reads_one_cell() -> None:
    """An edit parses only the changed cells again."""
    document = book("%%inputs\na = 1", "%%node b\na", "%%node c\nb")
    after = document.edit([DocumentCell("b", "code", "%%node b\na + 1")])
    same = {id for id, reading in after.readings.items() if reading is document.readings[id]}
    assert same == {"a", "c"}


def test_a_family_over_a_name_of_the_setup() -> None:
    """Its members follow an edit of the setup; without the values its cell is in error, and nothing else."""
    document = book(
        "%%setup\nLAGS = [1, 2]", "%%inputs\na = 1", "%%node b_{k} --for k=LAGS\na * k", "%%node c\nb_1"
    )
    assert "b_2" in document.graph.nodes
    assert document.defined["b_1"] == ("c",)
    edited = document.edit([replace(document.cells[0], text="%%setup\nLAGS = [1, 3]")])
    assert {"b_1", "b_3"} <= edited.graph.nodes.keys()
    assert "b_2" not in edited.defined
    lost = edited.edit([replace(document.cells[0], text="%%setup\nDAYS = [1, 3]")])
    assert "DB210" in [item.code for item in problems(lost)]
    assert problems(lost.edit([replace(document.cells[0], text="%%setup\nLAGS = [1, 3]")])) == ()


def test_a_broken_cell_keeps_its_names() -> None:
    """While a cell is incomplete, its definitions are known, and nothing downstream waits."""
    document = book("%%inputs\na = 1", "%%node b\nx = a\nx +", "%%node c\nb + 1")
    assert [item.code for item in problems(document)] == ["DB101"]
    assert document.graph.reads("b") == ("a",)


BROKEN = {
    "%%node\ndef b(a):\n    return a +\n\ndef c(b):\n    return b": "b(a) c(b)",
    "%%node\ndef c(b):\n    return b\n\ndef b(a, x": "c(b) b()",
    "%%node b\nx = a\nx.\n": "b(a)",
    "%%node b, c\nb = a\nc = (": "b_and_c(a) b(b_and_c) c(b_and_c)",
    "%%node b_{k} --for k=1,2\na *": "b_1() b_2()",
    "%%node b --when": "b()",
    "%%node b --check 'x": "b()",
    "%%node b --check '0 <'": "b()",
    "%%node b\nif a:\n    x = (\nelse:\n    y": "b()",
    "%%node b\nx = '''\na": "b(a)",
    "%%inputs\nb: int = 1\nc: list[": "b() c()",
    "%%inputs\nlist: int = 1\nb: int = 1": "b()",
    "%%node\nimport math\n\ndef _help():\n    return 1\n\ndef b(a):\n    return _help()": "b(a)",
    "%%node\ndef b(a):\n    return a\n\ndef b(a):\n    return 2": "b(a)",
    "%%inputs\nb = [": "b()",
    "%%params\nb: int = 1\nc: int": "b()",
    "%%inputs x\nb: int = 1": "b()",
    "%%check a\na >": "",
    "%%node": "",
    "%%node (": "",
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_a_broken_cell_defines(text: str) -> None:
    """For an incomplete cell, the names on its line, of functions and of declarations are known, and its reads."""
    document = book("%%inputs\na: int = 1", text)
    nodes = document.graph.owned.get("b", ())
    assert " ".join(f"{node.name}({', '.join(node.input_names)})" for node in nodes) == BROKEN[text]
    assert document.readings["b"].error is not None


def test_a_cell_becomes_text() -> None:
    """A code cell that is made a markdown cell, its text unchanged, is no node any more."""
    document = book("%%node a\n1", "%%node b\na").edit([DocumentCell("a", "markdown", "%%node a\n1")])
    assert list(document.graph.nodes) == ["b"]


def test_the_setup_follows_the_notebook() -> None:
    """When setup cells are moved, their statements stand in the new order."""
    document = book("%%setup\nRATE = 1", "%%setup\nRATE = 2", "%%node a\nRATE").edit(order=["b", "c", "a"])
    assert [item.code for item in document.graph.setup.statements] == ["RATE = 2", "RATE = 1"]
    document = document.edit([DocumentCell("d", "code", "%%setup\nRATE = 3")], ["d", "b", "c", "a"])
    assert [item.code for item in document.graph.setup.statements] == ["RATE = 3", "RATE = 2", "RATE = 1"]


def test_a_broken_setup_keeps_its_other_names() -> None:
    """A half-typed line of the setup takes nothing but itself away."""
    document = book("%%setup\nimport math\nx = (\ndef f(y):\n    return y", "%%node b\nmath.pi + f(x)")
    assert [item.code for item in problems(document)] == ["DB101"]
    assert document.shared == {"math", "x", "f"}


def test_the_edited_cell_stands_aside() -> None:
    """Of two cells that contradict each other, the one edited last is left out of the graph."""
    document = book("%%node a\n1", "%%node b\na", "%%node c\nb")
    document = document.edit([DocumentCell("a", "code", "%%node c\n2")])
    assert list(document.draft.refused) == ["a"]
    document = document.edit([DocumentCell("c", "code", "%%node d\n3")])
    assert not document.draft.refused


def test_labels_are_those_on_the_screen() -> None:
    """A cell that ran has its execution count, another one its place in the notebook; messages follow."""
    document = book("%%node a\n1", "# text", "%%node b\n2", "%%node a\n3")
    assert [document.label(cell.id) for cell in document.cells] == ["[1]", "[2]", "[3]", "#4"]
    assert "[1] and #4" in problems(document)[0].message
    document = document.edit([DocumentCell("d", "code", "%%node a\n3", 7)])
    assert "[1] and [7]" in problems(document)[0].message


def test_edits_are_those_of_the_text_before() -> None:
    """Several edits of a cell mean its text before all of them; line breaks stay as they are."""
    document = Document.of([DocumentCell("a", "code", "one two\r\nthree")])
    after = apply(
        document,
        [
            Replace("a", span(0, 0, 3), "1"),
            Replace("a", span(0, 4, 7), "2"),
            Replace("a", span(1, 0, 5), "3"),
            Insert("a", "before", "zero"),
            Insert("a", "after", "four"),
        ],
    )
    assert [cell.text for cell in after.cells] == ["zero", "1 2\r\n3", "four"]


def test_cells_from_json() -> None:
    """A front end sends cells as JSON; missing fields have the values of a cell that has not run."""
    assert DocumentCell.from_json({"id": "a"}) == DocumentCell("a", "code", "")
    full = {"id": "a", "kind": "markdown", "text": "x", "count": 3}
    assert DocumentCell.from_json(full) == DocumentCell("a", "markdown", "x", 3)
