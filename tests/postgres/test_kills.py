"""A month of daily runs of the weather notebook, killed again and again, ends as an undisturbed one."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.dataflow import Dataflow
from tests.pipeline.test_run import files
from tests.processes import kill_session
from tests.sources.behaviour import read

pytestmark = pytest.mark.postgres
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "weather_features.ipynb"
KILLS = int(os.environ.get("DAGBOOK_KILLS", "30"))
DAYS = [f"2013-01-{day:02}" for day in range(1, 32)]
PIPELINE = """\
name: weather_daily
schedule: "@daily"
module: weather_features.ipynb
inputs: {weather: "data/weather/{day}.parquet", flights: "data/flights/{day}.parquet"}
params: {day: "{{ ds }}"}
checks: warn
stages:
  features:
    outputs: [temperature, dew_point, rain_sum_3, crosswind, scheduled, overdue, delay_mean_1, fog_load, storm_pressure]
    write: "out/features/{day}.parquet"
  rows: {outputs: [deicing_load, busyness, delay_elsewhere], write: {sql: loads, url: env:WEATHER_URL}}
  log: {outputs: [target], write: {sql: targets, url: env:WEATHER_URL, mode: append}}
"""
"""One stage writes files, one rows that replace a day's, one rows that are appended once."""


@pytest.fixture(scope="module")
def weather(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the notebook, a pipeline and, for each day, the tables of that day and the one before."""
    folder = tmp_path_factory.mktemp("weather") / "calm"
    folder.mkdir()
    shutil.copy(NOTEBOOK, folder)
    (folder / "pipeline.yaml").write_text(PIPELINE)
    flow = Dataflow.from_notebook(folder / NOTEBOOK.name)
    for name in ("weather", "flights"):
        table: Any = flow.declared(name)[1]
        hours = pd.to_datetime(table["time_hour"], utc=True)
        (folder / "data" / name).mkdir(parents=True)
        for day in DAYS:
            end = pd.Timestamp(day, tz="America/New_York") + pd.DateOffset(days=1)
            part = table[(hours >= end - pd.DateOffset(days=2)) & (hours < end)]
            part.to_parquet(folder / "data" / name / f"{day}.parquet")
    return folder


def _words(folder: Path) -> list[str]:
    return ["pipeline", "run", str(folder / "pipeline.yaml"), "--from", DAYS[0], "--to", DAYS[-1]]


def _killed(words: list[str], environment: dict[str, str], chance: random.Random) -> bool:
    """Run a command and kill all of its processes at a random moment; False where it ended before."""
    command = [sys.executable, "-m", "kernel_magics", *words]
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for _ in range(chance.randrange(2, 16)):
        process.stderr.readline()
    time.sleep(chance.random() * 0.06)
    ended = process.poll() is not None
    kill_session(process)
    process.stderr.close()
    return not ended


def _rows(url: str, table: str) -> pd.DataFrame:
    found = read(url, table)
    return found.sort_values(list(found.columns), ignore_index=True)


@pytest.mark.filterwarnings("ignore::UserWarning")  # winter days of two have what the notebook warns of
def test_a_month_that_is_killed_again_and_again(
    server: str, weather: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and tables are those of an undisturbed month, nothing is half there, and a second run changes nothing."""
    import psycopg  # noqa: PLC0415

    chance = random.Random(17)
    urls = {}
    with psycopg.connect(server, autocommit=True) as connection:
        for name in ("calm", "killed"):
            connection.execute(f"create database {name}")  # type: ignore[arg-type,unused-ignore]
            urls[name] = f"{server.rpartition('/')[0]}/{name}"
    killed = Path(shutil.copytree(weather, weather.with_name("killed")))
    monkeypatch.setenv("WEATHER_URL", urls["calm"])
    assert main(_words(weather)) == 0
    monkeypatch.setenv("WEATHER_URL", urls["killed"])
    kills, days = 0, ["--missing"]
    while kills < KILLS:
        ended = not _killed([*_words(killed), *days], dict(os.environ), chance)
        kills, days = kills + (not ended), [] if ended else ["--missing"]  # all are done: do them again
        assert all(path.suffix in ("", ".parquet") for path in (killed / "out").rglob("*"))
    assert main([*_words(killed), "--missing"]) == 0
    for _ in range(2):
        assert files(killed) == files(weather)
        assert len(files(weather)) == len(DAYS)
        for table in ("loads", "targets"):
            rows = _rows(urls["killed"], table)
            pd.testing.assert_frame_equal(rows, _rows(urls["calm"], table))
            assert len(rows) == sum(len(pd.read_parquet(weather / path)) for path in files(weather))
        assert main(_words(killed)) == 0
