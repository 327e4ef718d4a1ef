"""What a notebook's code prints never stands in the JSON that a command answers with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from tests.notebook_file import write_notebook


def test_prints_of_nodes_are_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads what `dagbook check --json` says; without `--json`, prints are where they were."""
    cells = ["%%setup\nprint('setting up')", "%%inputs\nx: int = 1", "%%node y\nprint('computing')\nx + 1"]
    notebook = str(write_notebook(tmp_path / "n.ipynb", cells))
    assert main(["check", notebook, "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["ok"]
    assert "computing" in said.err
    assert main(["check", notebook]) == 0
    assert "computing" in capsys.readouterr().out


def test_prints_of_imported_modules_are_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where a module prints when it is imported."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(
            f"print('importing')\n\n\ndef y(x: int) -> int:\n    return x{name == 'two':+d}\n"
        )
    command = ["diff", str(tmp_path / "one.py"), str(tmp_path / "two.py"), "--import", "--json"]
    assert main(command) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)
    assert "importing" in said.err
