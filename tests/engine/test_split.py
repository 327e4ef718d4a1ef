"""A cell's text is split at its magic in one way: for the kernel, files and the editor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import CellError
from kernel_magics.engine.source.cell import cut_below_magic, is_ours, read_cell, running_text, split_cell
from tests.engine.driver import source

ROWS = ["", "  ", "# a comment", "%%time", "%%capture out --no-stderr", "%%node ctr", "%%node\tctr", "x = 1", "%%bash", "%%node?"]  # fmt: skip


@given(st.lists(st.sampled_from(ROWS), max_size=6).map("\n".join))
def test_the_parts_of_a_cell_are_its_text(text: str) -> None:
    """Nothing is lost, the body begins on the line that is told, and what IPython runs says the same."""
    cut = split_cell(text)
    assert cut.above + cut.head + cut.body == text
    assert text.split("\n")[cut.row] + "\n" * (cut.head.endswith("\n")) == cut.head
    assert split_cell(cut_below_magic(text)[0]).magic == cut.magic
    cell = read_cell(text, "a", "[1]")
    assert (cell is not None) == is_ours(text)
    if cell is not None:
        again = split_cell(running_text(text))
        assert (again.magic, again.line, again.body) == (cell.magic, cell.line, cell.body)
        assert (running_text(text).startswith("%%"), again.outer) == (True, cell.outer)
        assert cell.placed.split("\n")[cell.first - 1 :] == text.split("\n")[cell.first - 1 :] or not cut.body
    else:
        assert running_text(text) == text


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ("%%time\n%%node two\n2", 3, "two"),
        ("# comment above\n%%node a\n1", 3, "a"),
        ("\n# one\n\n%%capture out\n# two\n%%time\n\n  %%node b --lazy\n\n1", 9, "b"),
        ("%%prun -q -l 3\n%%node\n# said\ndef c():\n    return 1", 3, "c"),
    ],
)
def test_what_may_stand_above_a_magic(text: str, line: int, name: str) -> None:
    """r16, r17. The kind: what stands above a magic; comments, blank lines and magics that run the rest once."""
    cell = source("1", text)
    assert cell.first == line
    assert [item.name for item in parse_cell(cell).definitions] == [name]


@pytest.mark.parametrize("outer", ["timeit", "timeit -n 3", "memit"])
def test_a_magic_that_runs_a_cell_again_and_again(outer: str) -> None:
    """A cell is registered once: what repeats it is refused with the same error by kernel, files and editor."""
    with pytest.raises(CellError) as caught:
        parse_cell(source("1", f"# x\n%%time\n%%{outer}\n%%node a\n1"))
    assert caught.value.code == "DB104"
    assert f"%%{outer.split()[0]} above it" in caught.value.message


@pytest.mark.parametrize(
    "text", ["%%writefile cell.py\n%%node a\n1", "%%node?", "x = (\n%%node a\n1", "'''\n%%node a\n1'''"]
)
def test_cells_that_only_speak_of_a_magic(text: str) -> None:
    """A text of another language, a question for help and what stands inside brackets are none of ours."""
    assert not is_ours(text)


@pytest.mark.parametrize(
    "text",
    ["x = 1\n%%node a\n1", "# x\n%%time\nx = 1\n\n  %%node a\n1", "!ls\nx = %pwd\n%%bash\n%%node a\n1"],
)
def test_code_above_a_magic(text: str) -> None:
    """The kind: what a kernel refuses and a file's reader passed over; it is one error for both."""
    cell = source("1", text)
    assert cell.outer == ()
    with pytest.raises(CellError) as caught:
        parse_cell(cell)
    assert caught.value.code == "DB114"
