"""The Feast repository of a pipeline: its text, and pipelines that can be none. A real Feast runs in `tests/feast`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from tests.pipeline import making
from tests.pipeline.making import make_project
from tests.recorded import check_recorded

PIPELINE = """\
name: shop_daily
schedule: "@daily"
timezone: Europe/Berlin
module: shop.ipynb
inputs:
  customers: data/customers.csv
  orders: {path: "data/orders/{day}.csv"}
params: {day: "{{ ds }}", scale: 2.0}
stages:
  features: {outputs: [spend, count], write: {path: "out/features/{day}.parquet", time: known_at}}
  derived: {outputs: [average, large, score, rank], write: "out/derived/{day}.parquet"}
"""
CELLS = (
    *making.CELLS[:-1],
    "%%params\nlimit: float = 3.0",
    "%%node average\n# Euros of an order.\nspend / count",
    "%%node large\naverage * scale > limit",
    "%%node rank\nspend.rank()",
)
COMPILE = ["pipeline", "compile", "pipeline.yaml", "-o", "repo", "--target", "feast"]


def test_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A view for a stage that writes a time, an on-demand view for what is row-wise in it; settings stay as they are."""
    make_project(tmp_path, PIPELINE, *CELLS)
    monkeypatch.chdir(tmp_path)
    assert main(COMPILE) == 0
    said = capsys.readouterr().err
    assert "'score' is not in the on-demand view: it reads input 'customers'\n" in said
    assert "'rank' is not in the on-demand view: 'rank' is not row-wise" in said
    repo = tmp_path / "repo"
    assert sorted(path.name for path in repo.iterdir()) == [
        "feature_store.yaml",
        "features.py",
        "shop_daily_nodes.py",
    ]
    check_recorded("feast_features.txt", (repo / "features.py").read_text())
    assert "\ndef average(" in (repo / "shop_daily_nodes.py").read_text()
    (repo / "feature_store.yaml").write_text("project: mine\n")
    monkeypatch.setattr("kernel_magics.nature.natures.learn", None)  # natures are kept
    assert main(COMPILE) == 0
    assert (repo / "feature_store.yaml").read_text() == "project: mine\n"
    (repo / "features.py").write_text("mine = 1\n")
    assert main(COMPILE) == 1
    assert (repo / "features.py").read_text() == "mine = 1\n"


def test_a_file_with_a_time(tmp_path: Path) -> None:
    """Its index is a column, and the rows of a day are known when the day is over in the zone of the pipeline."""
    path = make_project(tmp_path, PIPELINE, *CELLS)
    assert main(["pipeline", "run", str(path), "--day", "2026-01-01", "--stage", "features"]) == 0
    found = pd.read_parquet(tmp_path / "out" / "features" / "2026-01-01.parquet")
    assert list(found.columns) == ["customer", "spend", "count", "known_at"]
    assert set(found["known_at"]) == {pd.Timestamp("2026-01-01 23:00", tz="UTC")}


WRONG = {
    "no stage writes a file with a time": PIPELINE.replace(", time: known_at", ""),
    "'out/{day}.parquet' cannot be a feature view": PIPELINE.replace("out/derived/", "out/d").replace(
        "out/features", "out"
    ),
    "'out/features/{day}.csv' cannot be a feature view": PIPELINE.replace(
        "features/{day}.parquet", "features/{day}.csv"
    ),
    "column 'spend' is float64, and no time": PIPELINE.replace("known_at", "spend"),
    "the table of stage 'features' has no key": PIPELINE.replace("[spend, count]", "[loose]"),
    "column 'parts' (object) of stage 'features' can be no feature": PIPELINE.replace(
        "[spend, count]", "[spend, parts]"
    ),
    "'out/features/' is no file of one table, and has no time": PIPELINE.replace(
        "features/{day}.parquet", "features/"
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_can_be_no_view(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """One error with its line; nothing is written."""
    more = (
        "%%node loose\npd.DataFrame({'x': [1.0]})",
        "%%node parts\nspend.map(lambda euro: [euro])",
    )
    make_project(tmp_path, WRONG[text], *CELLS, *more)
    monkeypatch.chdir(tmp_path)
    assert main(COMPILE) == 1
    said = capsys.readouterr().err
    assert said.startswith("DB464 ")
    assert text in said
    assert "pipeline.yaml" in said
    assert not (tmp_path / "repo").exists()
