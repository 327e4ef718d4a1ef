"""Names that a file gives, of the notebook, its cells and headings, are never code in what is exported."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.cli.main import main
from kernel_magics.engine.visible import file_name
from kernel_magics.export.module.trace import short_ids

NAMES = [
    'a"""+1.ipynb',
    'end".ipynb',
    "back\\slash\\N.ipynb",
    "two\nlines.ipynb",
    "turned\u202e.ipynb",
    "br{ace}.ipynb",
    'x"""\nimport os\nos.system("touch owned")\n""".ipynb',
]


def write(folder: Path, name: str) -> Path:
    """A notebook whose name, cell ids and heading try to be code."""
    sources = ["%%inputs\nx: int = 1", "%%node y\nx + 1", "%%test y\nassert y(1) == 2"]
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**code, "id": f"c{n}\nimport os", "source": text} for n, text in enumerate(sources)]
    heading = {
        "cell_type": "markdown",
        "id": "m",
        "metadata": {},
        "source": '# Head\rimport os \u202e """ \\N {x}',
    }
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cells[0], heading, *cells[1:]]}
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Module and tests are what they are for any other notebook, but for the name; exporting again is no drift."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, name)
    assert main(["export", name, "-o", "feats.py", "--no-run"]) == 0
    for path in (tmp_path / "feats.py", tmp_path / "test_feats.py"):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        assert "os" not in {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        assert (ast.get_docstring(tree) or "").count("\n") == 2
        assert "\u202e" not in text
    assert main(["export", name, "-o", "feats.py", "--no-run", "--check"]) == 0
    assert main(["import", "feats.py", "-o", "back.ipynb"]) == 0
    assert main(["graph", name]) == 0
    assert "\u202e" not in capsys.readouterr().out


@given(st.text())
def test_a_name_in_a_text_is_plain(name: str) -> None:
    """No sign of it ends a docstring or a line; made twice it is the same; usual names stay."""
    made = file_name(name)
    assert ast.literal_eval(f'"""{made}."""') == f"{made}."
    assert made.splitlines() in ([], [made])
    assert file_name(made) == made
    assert file_name("Größe of Ann's (2).ipynb") == "Größe of Ann's (2).ipynb"


@given(st.lists(st.text(min_size=1), unique=True, max_size=8))
def test_ids_of_cells_are_one_word_each(ids: list[str]) -> None:
    """As comments hold them, and still different."""
    short = short_ids(ids)
    assert len(set(short.values())) == len(ids)
    assert all(text and text.isascii() and text.isprintable() and " " not in text for text in short.values())
