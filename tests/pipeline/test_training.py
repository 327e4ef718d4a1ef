"""How data reaches training is the file's business: inline, a file or a database give the same matrix and model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.sources.database import Batch, store
from kernel_magics.sources.source import Sink
from tests.pipeline.making import make_project
from tests.pipeline.test_run import DAY, record

CELLS = (
    "%%setup\nimport pandas as pd",
    "%%inputs\norders: pd.DataFrame = pd.DataFrame({'customer': ['a', 'a', 'b'], 'euro': [1.0, 2.0, 4.0], 'day': ['2026-01-01'] * 3})",
    "%%node matrix\norders.groupby('customer')['euro'].agg(['sum', 'max'])",
    "%%node model --fitted\n{'mean': matrix.mean().to_dict(), 'rows': len(matrix)}",
)
PIPELINE = """\
name: shop_daily
module: shop.ipynb
inputs: {orders: "data/orders/{day}.csv"}
params: {day: "{{ ds }}"}
stages:
  features: {outputs: [matrix], write: "out/matrix.parquet"}
  train: {outputs: [model, matrix], write: "out/train/", INPUTS}
"""
WAYS = {
    "inline": "after: []",
    "kept": "after: [features]",
    "file": "inputs: {matrix: out/matrix.parquet}",
    "csv": "inputs: {matrix: matrix.csv}",
    "sql": "inputs: {matrix: {sql: \"select * from matrix order by customer\", url: 'duckdb:///shop.duckdb'}}",
    "table": "inputs: {matrix: {table: matrix, url: 'sqlite:///shop.sqlite'}}",
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_matrix_and_model(tmp_path: Path, way: str) -> None:
    """The module does not know where its frame comes from, and its values are equal by digest."""
    path = make_project(tmp_path, PIPELINE.replace("INPUTS", WAYS[way]), *CELLS)
    assert main(["pipeline", "run", str(path), "--day", DAY, "--stage", "features"]) == 0
    matrix = pd.read_parquet(tmp_path / "out" / "matrix.parquet")
    matrix.to_csv(tmp_path / "matrix.csv")
    for url in ("duckdb:///shop.duckdb", "sqlite:///shop.sqlite"):
        store(Sink(table="matrix", url=url, mode="replace"), matrix, tmp_path, Batch("", ""))
    assert main(["pipeline", "run", str(path), "--day", DAY, "--stage", "train"]) == 0
    stages: dict[str, Any] = record(tmp_path)["stages"]
    wanted = stages["features"]["outputs"]["matrix"]
    assert stages["train"]["outputs"]["matrix"] == wanted
    assert stages["train"]["outputs"]["model"]["digest"] == _model_digest(tmp_path)
    assert list(stages["train"]["inputs"]) == {"inline": ["orders"], "kept": []}.get(way, ["matrix"])


def _model_digest(folder: Path) -> str:
    """The digest of the model that is learnt from the matrix."""
    from kernel_magics.values import VALUES  # noqa: PLC0415

    matrix = pd.read_parquet(folder / "out" / "matrix.parquet")
    return str(VALUES.digest({"mean": matrix.mean().to_dict(), "rows": len(matrix)}))
