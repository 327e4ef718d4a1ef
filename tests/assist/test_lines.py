"""A line of a cell has the same number, that of the editor, in all messages."""

import re

import pytest

from kernel_magics.assist.document import Document, DocumentCell
from kernel_magics.assist.problems import problems
from kernel_magics.assist.uses import uses
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import CellError
from kernel_magics.engine.run.failure import own_frames
from kernel_magics.view.build import live_view
from tests.engine.driver import notebook, source

HEADS = {"at the top": "%%node a", "below empty lines": "\n\n%%node a"}


def line_of(text: str, row: str) -> int:
    """The number that an editor shows beside a row."""
    return text.split("\n").index(row) + 1


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_all_that_tell_a_line_tell_the_same(head: str) -> None:
    """A node's failure, its traceback, the view, Find Uses, a problem and an error of the text agree."""
    text = f"{head}\n# What it is.\n\nhalf = x / 2\nhalf / (x - 2)"
    line = line_of(text, "half / (x - 2)")
    book = notebook("%%inputs\nx = 2", text)
    error = book.session.memos["a"].error
    assert error is not None
    assert error.line == line
    assert f"on line {line} of cell [2]" in error.message
    assert f"  Cell [2], line {line}, in a" in error.frames
    assert "    half / (x - 2)" in error.frames
    assert error.__cause__ is not None
    assert own_frames(error.__cause__)[-1].lineno == line

    document = Document.of([DocumentCell("1", "code", "%%inputs\nx = 2"), DocumentCell("2", "code", text)])
    assert [place.span.start.line + 1 for place in uses(document, "x")] == [line - 1, line]
    view = {item["name"]: item["line"] for item in live_view(book.session)["nodes"]}
    assert view == {"x": 2, "a": line - 1}

    lacking = text.replace("(x - 2)", "(y - 2)")
    document = Document.of([DocumentCell("2", "code", lacking)])
    found = [item.place.span.start.line + 1 for item in problems(document) if item.place.name == "y"]
    assert found == [line]

    broken = text.replace("half / (x - 2)", "half = = 2")
    with pytest.raises(CellError) as caught:
        parse_cell(source("2", broken))
    assert caught.value.line == line
    assert f"on line {line}" in caught.value.message
    assert caught.value.frames[0] == f"  Cell [2], line {line}"
    document = Document.of([DocumentCell("2", "code", broken)])
    assert [item.place.span.start.line + 1 for item in problems(document)] == [line]


@pytest.mark.parametrize(
    ("cells", "row"),
    [
        (["%%setup\nimport math\n\nmath.sqrt(-1)"], "math.sqrt(-1)"),
        (["%%inputs\n# Given.\nx = 1 / 0"], "x = 1 / 0"),
        (["%%node one\n1", "%%test one\n\nassert one() == 2"], "assert one() == 2"),
        (["%%node\ndef b(x):\n    return 1\ndef b(x):\n    return 2"], "def b(x):"),
        (["%%node b\nx = 1\nglobal z"], "global z"),
        (["%%params\nn = 1\nn += 1"], "n += 1"),
        (["%%node b\n1\n!ls"], "!ls"),
    ],
)
def test_errors_of_other_cells_tell_the_line_of_the_editor(cells: list[str], row: str) -> None:
    """Setup, inputs, params, tests and cells of functions count their lines in the same way."""
    said = ""
    try:
        book = notebook(*cells)
        error = book.test(str(len(cells))).error
        said = error.message if error is not None else ""
    except Exception as error:
        said = str(error)
    rows = cells[-1].split("\n")
    last = len(rows) - rows[::-1].index(row)
    assert re.findall(r"\blines? (?:\d+ and )?(\d+)", said) == [str(last)]
