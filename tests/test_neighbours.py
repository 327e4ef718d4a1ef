"""Neighbours: pandera schemas as checks, and exported modules under Apache Hamilton's driver."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pandas as pd
from hamilton import driver

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from kernel_magics.engine.cell import read_cell
from kernel_magics.engine.check import CheckResult
from kernel_magics.engine.session import Session
from kernel_magics.values import VALUES
from tests.notebook_file import write_notebook

FEATURES = [
    "%%setup\nimport pandas as pd",
    "%%inputs\nspend: pd.Series = pd.Series([10.0, 20.0, 40.0])\nsignups: pd.Series = pd.Series([1, 10, 50])",
    "%%params\nwindow: int = 2",
    "%%node cost\nspend / signups",
    "%%node mean\nspend.rolling(window, min_periods=1).mean()",
    "%%node lag_{k} --for k=1,2\nsignups.shift(k)",
    "%%node low, high\nlow = cost.min()\nhigh = cost.max()",
]


def test_a_pandera_schema_is_a_check() -> None:
    """A schema among a check's expressions validates the value, and its failure is one condition's failure."""
    session = Session(VALUES)
    cells = [
        "%%setup\nimport pandas as pd\nimport pandera.pandas as pa\nSCHEMA = pa.SeriesSchema(float, pa.Check.ge(0))",
        "%%inputs\nx: pd.Series = pd.Series([1.0, -1.0])",
        "%%node y\nx * 2",
        "%%node z\nx.abs()",
        "%%check y\nSCHEMA  # floats from zero up\ny.notna()",
        "%%check z\nSCHEMA",
    ]
    sources = [read_cell(text, f"c{number}", f"[{number}]") for number, text in enumerate(cells, start=1)]
    session.register(*(source for source in sources if source is not None))
    list(session.compute())
    result = session.memos["check_y"].value
    assert isinstance(result, CheckResult)
    assert [(item.message, item.held) for item in result.conditions] == [
        ("floats from zero up", False),
        ("y.notna()", True),
    ]
    held = session.memos["check_z"].value
    assert isinstance(held, CheckResult)
    assert held.held


def test_an_exported_module_runs_under_hamilton(tmp_path: Path) -> None:
    """Without variants and checks the module is a Hamilton module as it is, with equal values."""
    notebook = write_notebook(tmp_path / "spend.ipynb", FEATURES)
    assert main(["export", str(notebook), "-o", str(tmp_path / "spend_features.py")]) == 0
    spec = importlib.util.spec_from_file_location("spend_features", tmp_path / "spend_features.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["spend_features"] = module
    spec.loader.exec_module(module)
    inputs = {"spend": pd.Series([3.0, 5.0, 7.0]), "signups": pd.Series([1, 2, 4])}
    wanted = ["cost", "mean", "lag_1", "lag_2", "low", "high"]
    theirs = driver.Builder().with_modules(module).build().execute(wanted, inputs=inputs)
    ours = Dataflow.from_module(module).run(wanted, inputs=inputs)
    notebooks = Dataflow.from_notebook(notebook).run(wanted, inputs=inputs)
    for name in wanted:
        assert VALUES.equal(theirs[name], ours[name]), name
        assert VALUES.equal(ours[name], notebooks[name]), name
