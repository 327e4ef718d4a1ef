"""Families over names of the setup: every command reads them, the static ones without running anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from tests.notebook_file import write_notebook


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook with families of several forms."""
    cells = [
        "%%setup\nLAGS = [1, 7]",
        "%%inputs\nx: float = 3.0",
        "%%node lag_{k} --for k=LAGS\nx * k",
        "%%node far_{k} --for k=1..5\nx - k",
        '%%node pair_{a}_{b} --for a=LAGS --for b=-1,0.5 --where "a > 1"\nx * a * b',
    ]
    return write_notebook(tmp_path / "nb.ipynb", cells)


MEMBERS = ["lag_1", "lag_7", *(f"far_{k}" for k in range(1, 6)), "pair_7_minus_1", "pair_7_0_5"]


def test_the_graph_is_read_without_running(notebook: Path, tmp_path: Path) -> None:
    """A setup that would fail is not run, and the members are there."""
    text = notebook.read_text().replace("LAGS = [1, 7]", "trap = 1 / 0\\nLAGS = [1, 7]")
    notebook.write_text(text)
    assert main(["graph", str(notebook), "-o", str(tmp_path / "x.json")]) == 0
    names = [node["name"] for node in json.loads((tmp_path / "x.json").read_text())["nodes"]]
    assert names == ["x", *MEMBERS]


def test_the_module_and_back(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check, export, import, and export again give the same module; consecutive numbers come back as a range."""
    monkeypatch.chdir(tmp_path)
    assert main(["check", str(notebook)]) == 0
    assert main(["export", str(notebook), "-o", "m.py", "--no-run"]) == 0
    assert main(["import", "m.py", "-o", "back.ipynb"]) == 0
    text = (tmp_path / "back.ipynb").read_text()
    assert "--for k=1..5" in text
    assert "%%node lag_{k} --for k=1,7" in text
    assert main(["export", "back.ipynb", "-o", "m2.py", "--no-run"]) == 0
    first, second = ((tmp_path / name).read_text().partition("cell ")[2] for name in ("m.py", "m2.py"))
    assert [line for line in first.split("\n") if not line.startswith("# ")] == [
        line for line in second.split("\n") if not line.startswith("# ")
    ]
