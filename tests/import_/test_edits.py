"""A property of bringing back: whatever is edited in a module, an export of the notebook then gives it."""

from __future__ import annotations

import ast
import re
import tempfile
from pathlib import Path
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.cli.main import main
from kernel_magics.export.module import tables
from kernel_magics.export.module.checksum import Part, read_parts
from kernel_magics.notebook import read_notebook
from tests.examples import examples
from tests.import_.books import Book, books
from tests.notebook_file import write_notebook


def edited(part: Part, draw: st.DataObject) -> str:
    """The part's text with a line added to its first function, or with another message of a check."""
    text = part.text
    function = ast.parse(text).body[0]
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return text
    if "lambda:" in text:
        return text.replace('"above"', '"above all"')
    rows = text.split("\n")
    last = function.body[-1].lineno - 1
    line = draw.draw(
        st.sampled_from(("    # by hand", "    by_hand = [\n        1,\n    ]", "    print('by hand')"))
    )
    return "\n".join([*rows[:last], *line.replace("'", '"').split("\n"), *rows[last:]])


def plain(text: str) -> str:
    """A module without its checksums."""
    return re.sub(
        r"^# cell (.+?) [0-9a-f]{6}$", r"# cell \1", re.sub("Source hash .*", "", text), flags=re.MULTILINE
    )


@given(books(), st.data(), st.sampled_from((0, 20)))
@examples(40)
def test_an_export_gives_the_edited_module(book: Book, draw: st.DataObject, large: int) -> None:
    """The edited part comes back, and every cell that it did not come from keeps its text."""
    with tempfile.TemporaryDirectory() as name, mock.patch.object(tables, "MOST", large):
        notebook, module = Path(name) / "nb.ipynb", Path(name) / "features.py"
        write_notebook(notebook, book.cells)
        assert main(["export", str(notebook), "-o", str(module), "--no-run"]) == 0
        before, text = read_notebook(notebook), module.read_text()
        part = draw.draw(st.sampled_from(read_parts(text).parts))
        new = text.replace(part.text, edited(part, draw))
        module.write_text(new)
        assert main(["import", str(module), "--into", str(notebook)]) == 0
        after = read_notebook(notebook)
        assert [cell for cell in before.cells if cell.id != part.cell] == [
            cell for cell in after.cells if cell.id != part.cell
        ]
        assert main(["export", str(notebook), "-o", str(module), "--no-run"]) == 0
        assert plain(module.read_text()) == plain(new)
