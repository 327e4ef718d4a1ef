"""The guide "A pipeline in ten minutes" runs from top to bottom, and shows what it says."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.notebooks.running import ENVIRONMENT, NOTEBOOKS

GUIDE = NOTEBOOKS / "guide" / "pipeline.ipynb"


@pytest.mark.slow
def test_a_pipeline_in_ten_minutes(tmp_path: Path) -> None:
    """Three days are run, a mistake is stopped and mended, a DAG file is written."""
    notebook = nbformat.read(GUIDE, as_version=4)
    nbformat.write(notebook, tmp_path / "pipeline.ipynb")
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute(
        env=ENVIRONMENT
    )
    said = {
        cell.id: "\n".join(
            item.get("text", "") or item.get("data", {}).get("text/plain", "") for item in cell.outputs
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    assert "MISSING" not in said["check_file"]
    assert "2026-01-03 scores: 3 rows" in said["run_days"]
    assert len(said["read"].splitlines()) == 10
    assert "nobody is paid for an order" in said["mistake"]
    assert "2026-01-02 scores: 3 rows" in said["mended"]
    assert "@task.external_python" in said["compile"]
    assert sorted(path.name for path in (tmp_path / "out" / "spend").iterdir()) == [
        f"2026-01-0{day}.parquet" for day in (1, 2, 3)
    ]


def test_the_committed_guide_is_clean() -> None:
    """No outputs and no counters."""
    notebook = nbformat.read(GUIDE, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
