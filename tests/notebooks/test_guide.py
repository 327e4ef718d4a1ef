"""The guides "A pipeline in ten minutes" and "Into production" run from top to bottom, and show what they say."""

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
    assert "nobody pays that much fails in 1 requests" in said["rolled_back"]
    assert f"production: {first} rolled back from {second}" in said["rolled_back"]


@pytest.mark.parametrize("name", ["pipeline", "production"])
def test_the_committed_guide_is_clean(name: str) -> None:
    """No outputs and no counters."""
    notebook = nbformat.read(GUIDES / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
