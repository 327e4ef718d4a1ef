"""Notebooks of format 3 are read as nbformat reads them, and those that it cannot read as far as they go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.cli.main import main
from kernel_magics.engine.errors import SourceError
from kernel_magics.notebook.read import Notebook, parse_notebook

TEXTS = st.sampled_from(["", "x = 1", "%%node a\n1", "One heading", "# Two\ntext", "<b>3</b>"])


def source(text: str, listed: bool) -> Any:
    """A text as files hold it."""
    return text.splitlines(keepends=True) if listed else text


def code(text: str, listed: bool = False) -> dict[str, Any]:
    """A code cell."""
    rest: dict[str, Any] = {"language": "python", "outputs": [], "collapsed": False, "metadata": {}}
    return {"cell_type": "code", "input": source(text, listed), **rest}


def other(kind: str, text: str, listed: bool = False) -> dict[str, Any]:
    """A cell of text; of a heading, nbformat reads no list."""
    more: dict[str, Any] = {"level": 2} if kind == "heading" else {}
    listed = listed and kind != "heading"
    return {"cell_type": kind, "source": source(text, listed), "metadata": {}, **more}


CELLS = st.one_of(
    st.builds(code, TEXTS, st.booleans()),
    st.builds(other, st.sampled_from(["markdown", "html", "raw", "heading"]), TEXTS, st.booleans()),
)


def read(worksheets: Any, **more: Any) -> Notebook:
    """The notebook of a file of format 3."""
    document = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": worksheets, **more}
    return parse_notebook(json.dumps(document), Path("old.ipynb"))


@given(st.lists(st.lists(CELLS, max_size=4), max_size=3))
def test_as_nbformat_reads_them(sheets: list[list[dict[str, Any]]]) -> None:
    """The kind: every cell of every worksheet, of each type, as its successor understands it."""
    worksheets = [{"metadata": {}, "cells": cells} for cells in sheets]
    text = json.dumps(
        {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": worksheets}
    )
    upgraded = nbformat.convert(nbformat.reads(text, as_version=3), 4)
    wanted = [(cell.cell_type, cell.source) for cell in upgraded.cells]
    assert [(cell.type, cell.source) for cell in read(worksheets).cells] == wanted


def test_what_nbformat_cannot_read() -> None:
    """The kind: fields that old writers left out or wrote otherwise; nothing else is lost for them."""
    cells: list[Any] = [
        {"cell_type": "heading", "source": ["Clicks\n", "and views"], "level": 9},
        {"cell_type": "heading", "source": "No level"},
        {"cell_type": "code"},
        {"cell_type": "code", "source": "%%node a\n1", "outputs": [{"output_type": "display_data"}]},
        {"cell_type": "markdown"},
    ]
    found = read([{"cells": cells}, {}, {"cells": [code("%%node b\na")]}])
    assert [(cell.type, cell.source) for cell in found.cells] == [
        ("markdown", "###### Clicks and views"),
        ("markdown", "# No level"),
        ("code", ""),
        ("code", "%%node a\n1"),
        ("markdown", ""),
        ("code", "%%node b\na"),
    ]
    assert [(cell.line, cell.label, cell.group) for cell in found.sources()] == [
        ("a", "[2]", "No level"),
        ("b", "[3]", "No level"),
    ]


@pytest.mark.parametrize("worksheets", [3, [3], [{"cells": 3}], [{"cells": [3]}], [{"cells": [{}]}]])
def test_damaged_files(worksheets: Any) -> None:
    """Damage is an error that says what is damaged."""
    with pytest.raises(SourceError) as caught:
        read(worksheets)
    assert (caught.value.code, "damaged" in caught.value.message) == ("DB401", True)


def test_edits_are_not_brought_into_an_old_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever writes into a notebook's file writes format 4; an old one is refused, and stays as it is."""
    old = tmp_path / "old.ipynb"
    text = json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [code("%%node a\n1")]}]})
    old.write_text(text)
    assert main(["export", str(old), "-o", str(tmp_path / "feats.py"), "--no-run"]) == 0
    module = tmp_path / "feats.py"
    module.write_text(module.read_text().replace("return 1", "return 2"))
    assert main(["import", str(module), "--into", str(old)]) == 1
    assert "DB402" in capsys.readouterr().err
    assert old.read_text() == text
