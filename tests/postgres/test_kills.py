"""A month of daily runs, killed again and again, ends as an undisturbed one: the same files, the same rows."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from tests.pipeline.making import PIPELINE, make_project, write_orders
from tests.pipeline.test_run import files
from tests.processes import kill_session
from tests.sources.behaviour import read

pytestmark = pytest.mark.postgres
KILLS = int(os.environ.get("DAGBOOK_KILLS", "10"))
DAYS = [f"2026-01-{day:02}" for day in range(1, 32)]
TEXT = PIPELINE.replace(
    'write: "out/score/{day}.parquet"',
    "write: {sql: scores, url: env:SHOP_URL}\n  log: {outputs: [spend], write: {sql: log, url: env:SHOP_URL, mode: append}}",
)


def _project(folder: Path) -> list[str]:
    folder.mkdir()
    path = make_project(folder, TEXT)
    for number, day in enumerate(DAYS):
        write_orders(folder, day, number)
    return ["pipeline", "run", str(path), "--from", DAYS[0], "--to", DAYS[-1]]


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


def test_a_month_that_is_killed_again_and_again(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of Parquet, rows that replace a day's, and rows that are appended once."""
    import psycopg  # noqa: PLC0415

    chance = random.Random(17)
    urls = {}
    with psycopg.connect(server, autocommit=True) as connection:
        for name in ("calm", "killed"):
            connection.execute(f"create database {name}")  # type: ignore[arg-type,unused-ignore]
            urls[name] = f"{server.rpartition('/')[0]}/{name}"
    monkeypatch.setenv("SHOP_URL", urls["calm"])
    calm = _project(tmp_path / "calm")
    assert main(calm) == 0
    words = _project(tmp_path / "killed")
    monkeypatch.setenv("SHOP_URL", urls["killed"])
    kills, days = 0, ["--missing"]
    while kills < KILLS:
        killed = _killed([*words, *days], dict(os.environ), chance)
        kills, days = kills + killed, ["--missing"] if killed else []  # all days are done: do them again
        assert not [
            path for path in (tmp_path / "killed" / "out").rglob("*") if path.suffix not in ("", ".parquet")
        ]
    assert main([*words, "--missing"]) == 0
    for _ in range(2):
        assert files(tmp_path / "killed") == files(tmp_path / "calm")
        assert len(files(tmp_path / "calm")) == len(DAYS)
        for table in ("scores", "log"):
            pd.testing.assert_frame_equal(_rows(urls["killed"], table), _rows(urls["calm"], table))
        assert len(_rows(urls["calm"], "scores")) == 3 * len(DAYS)
        assert main(words) == 0
