"""A node may change its input in place: the module makes the copy that the notebook makes, by itself."""

from __future__ import annotations

import copy
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.export.module.copies import copy_of, without_copies
from kernel_magics.notebook import read_notebook
from tests.export.notebooks import Export, export
from tests.module_file import import_module
from tests.notebook_file import write_notebook

CELLS = (
    "%%setup\nimport pandas as pd\nimport polars as pl\nfrom dataclasses import dataclass\n\n"
    "@dataclass\nclass Span:\n    low: int\n\ndef add(frame):\n    frame['z'] = 1",
    "%%inputs\ndf: pd.DataFrame = pd.DataFrame({'a': [1, 2]})\nrows: list[int] = [1, 2]\n"
    "nested: list[list[int]] = [[1], [2]]\nnames: dict[str, int] = {'k': 1}\n"
    "cells: pl.DataFrame = pl.DataFrame({'a': [1, 2]})\nspan: Span = Span(1)\ncount: int = 3",
    "%%node frame\n# A frame.\ndf['b'] = df['a'] * 2\ndf",
    '%%node\ndef doc(df):\n    """Doc."""\n    df["c"] = 1\n    return df\n\ndef line(rows): rows.append(3); return rows',
    "%%node helped\nadd(df)\ndf",
    "%%node inner\nnested[0].append(3)\nnested",
    "%%node named\nnames['z'] = 2\nnames",
    "%%node polar\ncells[0, 'a'] = 7\ncells",
    "%%node attribute\nspan.low = 5\nspan.low",
    "%%node total\ncount += 1\ncount",
    "%%node own\ndf = df.copy()\ndf['b'] = 2\ndf",
    "%%node lag_{k} --for k=1,2\ndf['lag'] = k\ndf",
    "%%node last\nlen(df.columns) + len(rows) + len(nested[0]) + len(names) + span.low",
)


def lines(made: Export) -> dict[str, str]:
    """The copy that each function begins with."""
    found: dict[str, str] = {}
    name = ""
    for row in made.text.split("\n"):
        name = row[4:].partition("(")[0] if row.startswith("def ") else name
        if "copy" in row and row.startswith("    "):
            assert name not in found, row
            found[name] = row.strip()
    return found


def test_the_module_leaves_its_inputs_alone(tmp_path: Path) -> None:
    """The kind: values of each type that a node changes; the export succeeds, and a call changes no argument."""
    made = export(tmp_path, *CELLS, run=False)
    deep = {"inner": "nested", "attribute": "span"}
    assert lines(made) == {
        "frame": "df = df.copy()",
        "doc": "df = df.copy()",
        "line": "rows = rows.copy()",
        "helped": "df = df.copy()",
        "named": "names = names.copy()",
        "own": "df = df.copy()",
        "lag_1": "df = df.copy()",
        "lag_2": "df = df.copy()",
        **{function: f"{name} = copy.deepcopy({name})" for function, name in deep.items()},
    }
    assert "cells = cells.clone()" in made.text
    module = import_module(tmp_path, made.text)
    given = {
        "df": pd.DataFrame({"a": [1]}),
        "rows": [1],
        "nested": [[1]],
        "names": {"k": 1},
        "span": module.Span(1),
    }
    for name in ("frame", "doc", "line", "helped", "inner", "named", "attribute", "own", "lag_1"):
        function = getattr(module, name)
        arguments = {
            key: given[key] for key in function.__code__.co_varnames[: function.__code__.co_argcount]
        }
        before = copy.deepcopy(arguments)
        first, second = function(**arguments), function(**arguments)
        for key, value in before.items():
            assert repr(arguments[key]) == repr(value), name
        assert repr(first) == repr(second)


def test_the_proof_agrees(tmp_path: Path) -> None:
    """An export that runs finds the same values in the module, and its tests pass."""
    made = export(tmp_path, CELLS[0], CELLS[1], CELLS[2], CELLS[5], CELLS[12])
    assert made.report.tests
    assert "df = df.copy()" in made.text


def test_the_round_trip_knows_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An edit in the module returns without the copy, which the cell does not have; a new notebook keeps it."""
    inputs = "%%inputs\ndf: pd.DataFrame = pd.DataFrame({'a': [1, 2]})\nrows: list[int] = [1, 2]"
    cells = ["%%setup\nimport pandas as pd", inputs, *CELLS[2:4]]
    notebook, module = write_notebook(tmp_path / "nb.ipynb", cells), tmp_path / "feats.py"
    written = ["export", str(notebook), "-o", str(module), "--no-run"]
    assert main(written) == 0
    text = module.read_text().replace('df["a"] * 2', 'df["a"] * 3').replace('df["c"] = 1', 'df["c"] = 5')
    module.write_text(text)
    assert main(["import", str(module), "--into", str(notebook)]) == 0, capsys.readouterr().err
    edited = [cell.source for cell in read_notebook(notebook).cells]
    assert edited[2] == CELLS[2].replace("* 2", "* 3").replace("'", '"')
    assert "copy" not in edited[3]
    assert main(written) == 0
    assert [row for row in module.read_text().split("\n") if row.startswith(" ")] == [
        row for row in text.split("\n") if row.startswith(" ")
    ]
    assert main(["import", str(module), "-o", str(tmp_path / "new.ipynb")]) == 0
    assert main(["export", str(tmp_path / "new.ipynb"), "-o", str(tmp_path / "again.py"), "--no-run"]) == 0
    again = [row for row in (tmp_path / "again.py").read_text().split("\n") if row.startswith("    ")]
    assert again == [row for row in module.read_text().split("\n") if row.startswith("    ")]


@pytest.mark.parametrize(
    ("hint", "line"),
    [
        ("pd.DataFrame", "x = x.copy()"),
        ("pandas.Series", "x = x.copy()"),
        ("np.ndarray", "x = x.copy()"),
        ("pl.DataFrame", "x = x.clone()"),
        ("polars.Series", "x = x.clone()"),
        ("pl.LazyFrame", ""),
        ("pa.Table", ""),
        ("list[int]", "x = x.copy()"),
        ("dict[str, float]", "x = x.copy()"),
        ("list[list[int]]", "x = copy.deepcopy(x)"),
        ("list", "x = copy.deepcopy(x)"),
        ("dict[str, pd.Series]", "x = copy.deepcopy(x)"),
        ("DataFrame", "x = copy.deepcopy(x)"),
        ("Span", "x = copy.deepcopy(x)"),
        ("pd.DataFrame | None", "x = copy.deepcopy(x)"),
        ("", "x = copy.deepcopy(x)"),
        ("int", ""),
        ("pd.Timestamp", ""),
    ],
)
def test_which_copy_a_type_takes(hint: str, line: str) -> None:
    """One table says it; what it does not know takes a deep copy."""
    assert copy_of("x", hint) == line


def test_what_has_the_name_of_the_copying_module(tmp_path: Path) -> None:
    """A variable `copy` does not hide the module that makes deep copies."""
    made = export(
        tmp_path, "%%inputs\nrows = [[1]]", "%%node a\ncopy = rows\ncopy[0].append(2)\ncopy", run=False
    )
    assert "import copy as _copy" in made.text
    assert "    rows = _copy.deepcopy(rows)" in made.text
    assert without_copies("def f(x):\n    x = x.copy()\n    return x", "") == "def f(x):\n    return x"
