"""A real Feast applies the repository of a pipeline: what it stores and computes is what the pipeline computed.

`DAGBOOK_FEAST` is the path of the Python of an environment that has Feast.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from tests.pipeline.making import DAYS, make_project
from tests.pipeline.test_feast import CELLS, PIPELINE
from tests.pipeline.test_run import record
from tests.pipeline.test_training import CELLS as TRAINING
from tests.pipeline.test_training import PIPELINE as TRAINED

pytestmark = pytest.mark.feast
PYTHON = os.environ.get("DAGBOOK_FEAST", "")
READ = """\
import datetime as dt, json, sys
import pandas as pd
from feast import FeatureStore

sys.path.insert(0, ".")
store, rows = FeatureStore(repo_path="."), json.load(sys.stdin)
columns = ["features:spend", "features:count", "shop_daily_on_demand:average", "shop_daily_on_demand:large"]
frame = pd.DataFrame(rows).assign(event_timestamp=lambda rows: pd.to_datetime(rows["event_timestamp"], utc=True))
past = store.get_historical_features(entity_df=frame, features=columns).to_df()
store.materialize(dt.datetime(2025, 12, 1), dt.datetime(2026, 2, 1))
keys = [{"customer": name} for name in sorted(set(frame["customer"]))]
now = store.get_online_features(features=columns, entity_rows=keys).to_dict()
past["event_timestamp"] = past["event_timestamp"].map(str)
print("\\n" + json.dumps({"past": past.to_dict("list"), "now": now}))
"""
_WRITTEN = TRAINED.replace('"out/matrix.parquet"', '{path: "out/features/{day}.parquet", time: known_at}')
INLINE = _WRITTEN.replace("INPUTS", "after: []")
FROM_FEAST = _WRITTEN.replace(
    "INPUTS",
    "inputs: {matrix: {feast: feature_repo, view: features, rows: 'out/features/{day}.parquet', time: known_at, "
    "python: 'env:DAGBOOK_FEAST'}}",
)
NAMES = ["spend", "count", "average", "large"]


@pytest.fixture(autouse=True)
def _needed() -> None:
    if not PYTHON:  # set in the gate, where a path that is none fails
        pytest.skip("DAGBOOK_FEAST does not name a Python")


def _do(folder: Path, *words: str, given: str = "") -> str:
    """Do a command of the environment of Feast in its repository."""
    done = subprocess.run(
        [str(Path(PYTHON).parent / words[0]), *words[1:]],
        cwd=folder,
        env={**os.environ, "FEAST_USAGE": "False"},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _repository(path: Path) -> Path:
    """Compile a pipeline's repository and apply it."""
    folder = path.parent / "feature_repo"
    assert main(["pipeline", "compile", str(path), "-o", str(folder), "--target", "feast"]) == 0
    _do(folder, "feast", "apply")
    return folder


def test_features_are_those_of_the_pipeline(tmp_path: Path) -> None:
    """Historical ones as they were known at the end of each day, online ones of the last day, all equal by value."""
    path = make_project(tmp_path, PIPELINE, *CELLS)
    assert main(["pipeline", "run", str(path), "--from", DAYS[0], "--to", DAYS[-1]]) == 0
    days = {day: _batch(tmp_path, day) for day in DAYS}
    rows = [
        {"customer": customer, "event_timestamp": str(_end(day) + shift), "day": day}
        for day in DAYS
        for customer in "abc"
        for shift in (pd.Timedelta(0), pd.Timedelta(hours=23))  # the next day is not over yet
    ]
    found = json.loads(_do(_repository(path), "python", "-c", READ, given=json.dumps(rows)).splitlines()[-1])
    past = pd.DataFrame(found["past"])
    assert len(past) == len(rows)
    for (day, _), of_day in past.groupby(["day", "event_timestamp"]):
        _equal(of_day, days[str(day)])
    _equal(pd.DataFrame(found["now"]), days[DAYS[-1]])


def _end(day: str) -> pd.Timestamp:
    return (pd.Timestamp(day, tz="Europe/Berlin") + pd.DateOffset(days=1)).tz_convert("UTC")


def _batch(folder: Path, day: str) -> pd.DataFrame:
    """What the stages wrote for a day."""
    features = pd.read_parquet(folder / "out" / "features" / f"{day}.parquet").set_index("customer")
    return features.join(pd.read_parquet(folder / "out" / "derived" / f"{day}.parquet"))[NAMES]


def _equal(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    rows: Any = found.set_index("customer")[NAMES].sort_index()
    pd.testing.assert_frame_equal(rows, wanted, check_exact=True, check_index_type=False)


def test_training_reads_the_same_matrix_from_feast(tmp_path: Path) -> None:
    """By the pipeline file alone; its digest, and that of the model, are those of a matrix computed in place."""
    path = make_project(tmp_path, FROM_FEAST, *TRAINING)
    words = ["pipeline", "run", str(path), "--day", DAYS[1], "--stage"]
    assert main([*words, "features"]) == 0
    _repository(path)
    assert main([*words, "train"]) == 0
    stages = record(tmp_path, DAYS[1])["stages"]
    assert list(stages["train"]["inputs"]) == ["matrix"]
    assert stages["train"]["outputs"]["matrix"] == stages["features"]["outputs"]["matrix"]
    (tmp_path / "plain").mkdir()
    plain = make_project(tmp_path / "plain", INLINE, *TRAINING)
    assert main(["pipeline", "run", str(plain), "--day", DAYS[1], "--stage", "train"]) == 0
    inline = record(tmp_path / "plain", DAYS[1])["stages"]["train"]["outputs"]
    assert stages["train"]["outputs"] == inline


def test_what_feast_says_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A repository that was not applied is one error; nothing is written."""
    path = make_project(tmp_path, FROM_FEAST, *TRAINING)
    words = ["pipeline", "run", str(path), "--day", DAYS[1], "--stage"]
    assert main([*words, "features"]) == 0
    folder = tmp_path / "feature_repo"
    assert main(["pipeline", "compile", str(path), "-o", str(folder), "--target", "feast"]) == 0
    capsys.readouterr()
    assert main([*words, "train"]) == 1
    assert "DB466 feature view features (feature_repo): " in capsys.readouterr().err
    assert not (tmp_path / "out" / "train").exists()
