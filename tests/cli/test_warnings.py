"""Warnings of a command are lines like its other notes: literal, each time, without a place in Dagbook's code."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from tests.notebook_file import write_notebook

CELLS = (
    "%%setup\nimport warnings",
    "%%inputs\nx: int = 1",
    "%%node loud\nwarnings.warn('odd \\x1b[31m' + str(x))\nx + 1",
    "%%check loud --warn\nloud > 2  # larger than two",
)


def test_warnings_of_checks_and_of_nodes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of a node are shown as Python shows them, but without control sequences."""
    notebook = write_notebook(tmp_path / "n.ipynb", list(CELLS))
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"^odd \\u001b\[31m1$"):
            assert main(["run", str(notebook), "-o", str(tmp_path / "out.json"), "--samples"]) == 0
        said = capsys.readouterr().err
        assert "warning: DB302 'loud' fails 1 of 1 conditions" in said
        assert "larger than two" in said
        assert "\nHint: " in said
        assert "kernel_magics" not in said
