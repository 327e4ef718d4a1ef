"""The listener that logs a run to MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kernel_magics import Dataflow, DataflowError
from tests.notebook_file import write_notebook

pytestmark = pytest.mark.mlflow
CELLS = [
    "%%inputs\nx: int = 1",
    "%%node auc\nx / 2",
    "%%check auc\nauc < 1  # a share",
    "%%node broken\n1 / 0",
]


def test_a_run_is_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Durations, the numbers asked for, checks and failures; within an active run it is a nested one."""
    mlflow: Any = pytest.importorskip("mlflow")
    from kernel_magics.listeners.mlflow import MLflowListener  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # MLflow's small package has no database
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", CELLS))
    with mlflow.start_run() as outer:
        flow.run("auc", listeners=[MLflowListener(metrics=["auc"])])
    with pytest.raises(DataflowError):
        flow.run("broken", listeners=[MLflowListener()])
    assert mlflow.active_run() is None
    runs = mlflow.search_runs(output_format="list")
    by_state = {run.info.status: run for run in runs if run.info.run_id != outer.info.run_id}
    good, bad = by_state["FINISHED"], by_state["FAILED"]
    assert good.data.metrics["auc"] == 0.5
    assert good.data.metrics["held.check_auc"] == 1.0
    assert good.data.metrics["seconds.auc"] >= 0
    assert good.data.tags["mlflow.parentRunId"] == outer.info.run_id
    assert "division by zero" in bad.data.tags["dagbook.failed.broken"]
