"""The example with a model: its envelope opens, scores rows that came later, and is as good as the notebook says."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from kernel_magics import Envelope
from tests.notebooks.running import Run, dagbook

pytestmark = pytest.mark.slow


def test_the_envelope_scores_what_the_notebook_scored(example: Callable[[str], Run]) -> None:
    """The notebook's own rows get the notebook's scores, and rows that came later get some."""
    run = example("churn_model")
    envelope = Envelope.open(run.folder / "churn")
    scores = envelope.run(inputs={"fleet": run.values["fleet"]})["score"]
    pd.testing.assert_series_equal(scores, run.values["score"])
    assert run.text("open").startswith("[0.")
    assert envelope.record["values"]["model"]["format"] == "skops"
    assert envelope.record["metrics"]["auc"] == run.values["auc"] > 0.85
    assert set(envelope.record["values"]) == {"maker_rates", "usual_age", "usual_rate", "model"}


def test_the_command_exports_the_same_envelope(example: Callable[[str], Run]) -> None:
    """A kernel and the command line give one digest."""
    run = example("churn_model")
    words = (
        "export",
        "churn_model.ipynb",
        "-o",
        "churn",
        "--target",
        "envelope",
        "--outputs",
        "score",
        "--check",
    )
    done = dagbook(*words, cwd=run.folder)
    assert done.returncode == 0, done.stdout + done.stderr
