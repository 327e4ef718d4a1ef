"""The values of two versions, side by side: Markdown for a review."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import build_parser, main
from kernel_magics.cli.value_diff import value_impact
from kernel_magics.engine.errors import DataflowError
from kernel_magics.loading.version import load_version
from tests.notebook_file import write_notebook

BEFORE = [
    "%%setup\nimport pandas as pd",
    "%%inputs\nx: pd.Series = pd.Series([1.0, 2.0, 3.0])",
    "%%node y\nx * 2",
    "%%node z\ny.sum()",
    "%%node same\nx + 1",
    "%%check y\ny < 5  # small",
]
AFTER = [
    *BEFORE[:2],
    "%%node y\nx * 1.5",
    *BEFORE[3:4],
    "%%node same\n1 + x",
    *BEFORE[5:],
    "%%node more\ny.max()",
]


def asked(*words: str) -> argparse.Namespace:
    """The options of the command."""
    return build_parser().parse_args(["diff", "a.ipynb", "b.ipynb", "--values", *words])


def test_two_notebooks_as_markdown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Changed nodes with numbers, checks that flipped, and what is equal although its code changed."""
    old = write_notebook(tmp_path / "a.ipynb", BEFORE)
    new = write_notebook(tmp_path / "b.ipynb", AFTER)
    assert main(["diff", "--values", str(old), str(new)]) == 0
    text = capsys.readouterr().out
    assert "| ≠ y |" in text
    assert "3 of 3 (100 %)" in text
    assert "4 → 3" in text
    assert "small: failed before, holds now" in text
    assert "<summary>1 equal everywhere</summary>" in text
    assert "`same`" in text
    assert "| + more |" in text


def test_notebook_against_module_on_given_inputs(tmp_path: Path) -> None:
    """Both run on the same file; a module that says the same is equal everywhere."""
    old = write_notebook(tmp_path / "a.ipynb", BEFORE[:-1])
    module = tmp_path / "b_module.py"
    module.write_text(
        "def y(x):\n    return x * 2\n\n\ndef z(y):\n    return y.sum()\n\n\ndef same(x):\n    return x + 1\n"
    )
    pd.Series([5.0, 6.0], name="x").to_csv(tmp_path / "x.csv")
    given = asked("--input", f"x={tmp_path}/x.csv")
    found = value_impact(load_version(str(old)), load_version(str(module)), given)
    # a module without hints reads the file as a frame; the notebook, whose input is a series, as a series
    assert {node.name for node in found.nodes} <= {"x", "y", "z", "same"}
    module.write_text(module.read_text().replace("(x)", "(x: 'pd.Series')"))
    found = value_impact(load_version(str(old)), load_version(str(module)), given)
    assert found.nodes == ()
    assert set(found.equal) == {"x", "y", "z", "same"}


def test_output_goes_to_a_file(tmp_path: Path) -> None:
    """With -o the Markdown is written."""
    book = write_notebook(tmp_path / "a.ipynb", BEFORE)
    assert main(["diff", "--values", str(book), str(book), "-o", str(tmp_path / "d.md"), "--exit-code"]) == 0
    assert "equal everywhere" in (tmp_path / "d.md").read_text()


def test_a_version_that_fails_is_an_error(tmp_path: Path) -> None:
    """A node that raises stops the comparison with its own error."""
    old = write_notebook(tmp_path / "a.ipynb", BEFORE)
    new = write_notebook(tmp_path / "b.ipynb", [*BEFORE[:2], "%%node y\nx / None"])
    with pytest.raises(DataflowError, match="DB301"):
        value_impact(load_version(str(old)), load_version(str(new)), asked())


def test_a_git_revision_against_the_working_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`HEAD:features.ipynb` is run from its own copy; with --exit-code a difference is 1."""
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "n.ipynb", BEFORE)
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], check=True)
    write_notebook(tmp_path / "n.ipynb", AFTER)
    assert main(["diff", "--values", "--exit-code", "HEAD:n.ipynb", "n.ipynb"]) == 1
    assert "4 → 3" in capsys.readouterr().out
