"""Ordinary notebooks with public data, in the style people write: each converts, and nothing changes its value."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.convert import convert
from kernel_magics.convert.file import given_cells
from kernel_magics.notebook import read_notebook
from tests.recorded import check_recorded

FOLDER = Path(__file__).parents[2] / "notebooks" / "ordinary"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
QUICK = {"flight_delays", "text_features"}
SOME = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
"""Whole notebooks run, twice each: most of them in the gate."""
SHARE = 0.8
"""At least this share of the cells that compute something becomes part of the dataflow."""


def computes(source: str) -> bool:
    """Whether a cell assigns or changes something that is no figure."""
    rows = [row for row in source.split("\n") if not row.startswith(("%", "!"))]
    for node in ast.parse("\n".join(rows)).body:
        if isinstance(node, ast.Assign | ast.AugAssign):
            names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            if not names & {"ax", "fig", "axes", "plt"}:
                return True
    return False


def test_there_are_enough_of_them() -> None:
    """Seven notebooks of 15 to 25 cells."""
    assert len(NAMES) >= 7
    for name in NAMES:
        assert 15 <= len(read_notebook(FOLDER / f"{name}.ipynb").cells) <= 25


@pytest.mark.parametrize("name", SOME)
def test_every_value_is_equal(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table of the report: every value was compared and is equal; nothing was dropped."""
    source = Path(shutil.copy(FOLDER / f"{name}.ipynb", tmp_path))
    assert main(["convert", str(source)]) == 0
    said = capsys.readouterr().out.replace(str(tmp_path), "FOLDER")
    assert "not comparable" not in said
    check_recorded(f"ordinary/{name}.txt", said)
    converted = given_cells(read_notebook(tmp_path / f"{name}_dataflow.ipynb"))
    assert not convert(converted).changed, "converting once more changes nothing"


@pytest.mark.parametrize("name", NAMES)
def test_most_computing_cells_become_nodes(name: str) -> None:
    """Cells that compute something become part of the dataflow, unless they only prepare a picture."""
    given = given_cells(read_notebook(FOLDER / f"{name}.ipynb"))
    flow = {
        id
        for cell in convert(given).cells
        if cell.role in ("setup", "inputs", "params", "node")
        for id in cell.origin
    }
    computing = [cell for cell in given if cell.type == "code" and computes(cell.source)]
    left = [cell.source for cell in computing if cell.id not in flow]
    assert len(left) <= (1 - SHARE) * len(computing), left
