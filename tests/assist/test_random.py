"""For any cells, every question has an answer: nothing but documented errors is raised."""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.assist import (
    Document,
    DocumentCell,
    apply,
    complete,
    definition,
    inspect,
    name_at,
    needs,
    problems,
    rename,
    uses,
)
from kernel_magics.engine.errors import DataflowError
from kernel_magics.notebook import read_notebook
from tests.examples import examples

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
CELLS = [cell for path in NOTEBOOKS for cell in read_notebook(path).cells if cell.type == "code"]
PIECES = st.sampled_from(
    [
        "\n",
        "\r\n",
        "\t",
        "'",
        '"""',
        "(",
        ")",
        "[",
        "{",
        "}",
        "#",
        "\\",
        "%%node ",
        "%%node a, b --for k=1",
        "%",
        "def f(",
        "lambda x: ",
        "é",
        "😀",
        "\x00",
        "�",
        "\u2028",
        "\x0c",
        "f'{",
        "--when",
        "=",
        ".",
        "@x",
        ":",
        "import a\n",
        "class A:\n",
        " for x in ",
        "match x:\n case ",
        "x := ",
        "%time ",
        "!ls",
        "?",
        "global x\n",
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A cell of the example notebooks, cut off somewhere, with pieces put in."""
    text = draw(st.sampled_from(CELLS)).source if draw(st.booleans()) else draw(st.text(max_size=40))
    if draw(st.booleans()):
        text = text[: draw(st.integers(0, len(text)))]
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(PIECES) + text[place:]
    return text


@cache
def example(path: Path) -> Document:
    """An example notebook as a document."""
    cells = read_notebook(path).cells
    return Document.of(DocumentCell(cell.id, cell.type, cell.source) for cell in cells)


@examples(150)
@given(st.lists(damaged(), min_size=1, max_size=4), st.data())
def test_any_text_has_answers(texts: list[str], data: st.DataObject) -> None:
    """Cells cut off and disturbed anywhere are read, linked, completed and described; fixes can be applied."""
    document = Document.of(DocumentCell(f"c{number}", "code", text) for number, text in enumerate(texts))
    for cell in document.cells:
        rows = document.readings[cell.id].rows
        line = data.draw(st.integers(0, len(rows)))
        column = data.draw(st.integers(0, len(rows[line]) if line < len(rows) else 3))
        answers = [
            complete(document, cell.id, line, column),
            inspect(document, cell.id, line, column),
            name_at(document, cell.id, line, column),
        ]
        needs(document, cell.id)
        for item in answers:
            json.dumps(item.to_json() if item is not None else None)
    for name in [*document.graph.nodes, *document.shared]:
        definition(document, name)
        uses(document, name)
    for problem in problems(document):
        json.dumps(problem.to_json())
        where = problem.place.span
        rows = document.readings[problem.place.cell].rows
        assert (0, 0) <= (where.start.line, where.start.column) <= (where.end.line, where.end.column)
        assert where.end.line < len(rows)
        assert where.end.column <= len(rows[where.end.line])
        for fix in problem.fixes:
            apply(document, fix.edits)


@examples(60)
@given(st.integers(0, 10_000), st.data())
def test_one_cell_half_typed(place: int, data: st.DataObject) -> None:
    """While one cell of an example notebook is being typed, the names of all others stay known."""
    document = example(data.draw(st.sampled_from(NOTEBOOKS)))
    cell = data.draw(st.sampled_from([cell for cell in document.cells if cell.kind == "code"]))
    cut = cell.text[: place % (len(cell.text) + 1)]
    after = document.edit([DocumentCell(cell.id, "code", cut)])
    others = [item.id for item in document.cells if item.id != cell.id]
    assert all(after.readings[id].own == document.readings[id].own for id in others)
    problems(after)
    last = cut.split("\n")
    complete(after, cell.id, len(last) - 1, len(last[-1]))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_examples_have_no_problems(path: Path) -> None:
    """The example notebooks are clean, and each cell's needs stand above it or are its inputs."""
    document = example(path)
    assert [item.to_json() for item in problems(document)] == []
    for cell in document.cells:
        assert cell.id not in needs(document, cell.id)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_names_of_the_examples_can_be_renamed(path: Path) -> None:
    """Every name of an example notebook can be renamed and renamed back, but for members of families and imports."""
    document = example(path)
    templates = [
        name for reading in document.readings.values() for name in reading.options.names if "{" in name
    ]
    refused = []
    for name in dict.fromkeys([*document.defined, *sorted(document.shared), *templates]):
        try:
            after = apply(document, rename(document, name, f"new_{name}").edits)
        except DataflowError as error:
            refused.append(error.message.partition(": ")[2])
            continue
        back = apply(after, rename(after, f"new_{name}", name).edits)
        assert [cell.text for cell in back.cells] == [cell.text for cell in document.cells]
    assert set(refused) <= {"it is one of a family.", "an import brings it under that name."}
