"""An exported module without variants and checks runs under Apache Hamilton, unchanged."""

from pathlib import Path

import pandas as pd
import pytest

from tests.export.notebooks import QUICK, export, run_python

pytest.importorskip("hamilton")

DRIVER = """
import pickle
import features
from hamilton import driver
flow = driver.Builder().with_modules(features).build()
inputs = pickle.load(open("inputs.pickle", "rb"))
names = [item.name for item in flow.list_available_variables() if not item.is_external_input]
result = flow.execute(sorted(names), inputs=inputs)
pickle.dump(result, open("result.pickle", "wb"))
"""


def test_the_quick_notebook_under_the_driver(tmp_path: Path) -> None:
    """Every node has the value that the notebook has, in a process without dagbook."""
    cells = [cell for cell in QUICK if not cell.startswith("%%check")]
    export(tmp_path, *cells)
    spend = pd.Series([10.0, 20.0, 40.0, 0.0, 50.0, 60.0], name="s")
    inputs = {"spend": spend, "signups": pd.Series([1, 4, 8, 0, 9, 7])}
    pd.to_pickle(inputs, tmp_path / "inputs.pickle")
    done = run_python(DRIVER, tmp_path)
    assert done.returncode == 0, done.stderr
    result = pd.read_pickle(tmp_path / "result.pickle")
    assert set(result) == {
        "rolling_mean", "cost", "weekly", "lag_1", "lag_2", "low_and_high", "low", "high",
    }  # fmt: skip
    expected = spend * 1.25 / inputs["signups"].replace(0, float("nan"))
    pd.testing.assert_series_equal(result["cost"], expected)
    pd.testing.assert_series_equal(result["lag_1"], expected.shift(1))
    assert result["low"] == float(expected.min())
