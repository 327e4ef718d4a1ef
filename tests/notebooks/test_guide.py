"""The guides run from top to bottom, and show what they say."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from kernel_magics import Envelope
from tests.notebooks.running import ENVIRONMENT, NOTEBOOKS

GUIDES = NOTEBOOKS / "guide"


def said_by(name: str, folder: Path) -> dict[str, str]:
    """What the code cells of a guide say when it runs in a folder, by their ids."""
    notebook = nbformat.read(GUIDES / name, as_version=4)
    nbformat.write(notebook, folder / name)
    NotebookClient(
        notebook, timeout=300, startup_timeout=300, resources={"metadata": {"path": str(folder)}}
    ).execute(env=ENVIRONMENT)
    return {
        cell.id: "\n".join(
            item.get("text", "") or item.get("data", {}).get("text/plain", "") for item in cell.outputs
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


@pytest.mark.slow
def test_a_pipeline_in_ten_minutes(tmp_path: Path) -> None:
    """Three days are run, a mistake is stopped and mended, a DAG file is written."""
    said = said_by("pipeline.ipynb", tmp_path)
    assert "MISSING" not in said["check_file"]
    assert "2026-01-03 scores: 3 rows" in said["run_days"]
    assert len(said["read"].splitlines()) == 10
    assert "nobody is paid for an order" in said["mistake"]
    assert "2026-01-02 scores: 3 rows" in said["mended"]
    assert "@task.external_python" in said["compile"]
    assert sorted(path.name for path in (tmp_path / "out" / "spend").iterdir()) == [
        f"2026-01-0{day}.parquet" for day in (1, 2, 3)
    ]


@pytest.mark.slow
def test_into_production(tmp_path: Path) -> None:
    """The guide exports itself, comes into production, keeps out a worse version, and comes back after a bad one."""
    said = said_by("production.ipynb", tmp_path)
    first = Envelope.open(tmp_path / "pay").digest[:12]
    second = Envelope.open(tmp_path / "next" / "pay").digest[:12]
    assert f"{first} published in registry" in said["published"]
    assert f"staging: {first} promoted" in said["promoted"]
    assert "'warnings': []" in said["served"]
    assert "✗ 1 approval from risk (by nobody yet)" in said["monitored"]
    assert f"production: {first} promoted" in said["approved"]
    assert "nothing moves" in said["worsened"]
    assert "✗ metrics.error <= champion.metrics.error + 0.01" in said["worsened"]
    assert f"production: {second} promoted instead of {first}" in said["next"]
    assert "nobody pays that much fails in 1 request" in said["rolled_back"]
    assert f"production: {first} rolled back from {second}" in said["rolled_back"]


@pytest.mark.slow
def test_the_first_feature(tmp_path: Path) -> None:
    """The check warns about the ad that nobody saw, and the exported module is printed."""
    said = said_by("first_feature.ipynb", tmp_path)
    assert "✗ each ad has a share (1 of 4 rows" in said["check"]
    assert "module and notebook agree on all 2 nodes" in said["export"]
    assert "def is_good(ctr: pd.Series, expected: float = 0.04)" in said["module"]


@pytest.mark.slow
def test_time_series(tmp_path: Path) -> None:
    """Pairs are left out, only the target reads ahead, and the frame has a column for each feature."""
    said = said_by("time_series.ipynb", tmp_path)
    assert "ratio_1_7(euro_lag_1, euro_mean_7)" in said["ratio"]
    assert "ratio_7_7" not in said["ratio"]
    natures = {line.split()[0]: line for line in said["nature"].splitlines() if line.strip()}
    assert "ahead: what the model predicts" in said["nature"]
    assert "point-in-time" in natures["weekday"]
    assert "target" in said["frame"]


@pytest.mark.slow
def test_checks_and_trust(tmp_path: Path) -> None:
    """A draft is made, natures are found, and a delivery in cents is told by check and drift."""
    said = said_by("checks_and_trust.ipynb", tmp_path)
    assert "drafted" in said["suggest"]
    assert "whole" in said["nature"]
    assert "a typical order (370 of 400 rows" in said["delivery"]
    assert "'spend': distributed differently" in said["delivery"]
    assert "1 warning" in said["ci"]


@pytest.mark.slow
def test_from_an_old_notebook(tmp_path: Path) -> None:
    """Every computing cell is converted with proof, and the new notebook exports."""
    said = said_by("from_an_old_notebook.ipynb", tmp_path)
    assert "4 of 4 computing cells are in the dataflow" in said["convert"]
    assert "proof: 4 values equal to the notebook's" in said["convert"]
    assert "module and notebook agree on all 3 nodes" in said["export"]


@pytest.mark.slow
def test_reviewing_an_export(tmp_path: Path) -> None:
    """The export is up to date, a proposed change is told, and an edit of the module returns to its cell."""
    said = said_by("reviewing_an_export.ipynb", tmp_path)
    assert "3 passed" in said["tests"]
    assert "up to date" in said["ci"]
    assert "+    return base + 0.6 * weight" in said["diff"]
    assert "changed cell" in said["edit"]
    assert "weight > 10.0" in said["back"]


@pytest.mark.parametrize("name", sorted(path.stem for path in GUIDES.glob("*.ipynb")))
def test_the_committed_guide_is_clean(name: str) -> None:
    """No outputs and no counters."""
    notebook = nbformat.read(GUIDES / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
