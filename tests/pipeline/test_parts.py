"""A stage with a key: the workers read their own rows of the files, and the values are those of a run without it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.pipeline import run as running
from kernel_magics.sources import spool
from kernel_magics.sources.database import Batch, store
from kernel_magics.sources.source import Sink
from tests.pipeline.making import DAYS, make_project
from tests.pipeline.test_run import files, record

DAY = DAYS[0]
CELLS = (
    "%%setup\nimport pandas as pd",
    "%%inputs\norders: pd.DataFrame = pd.DataFrame({'customer': ['a', 'a', 'b', 'c'] * 5, 'euro': [1.0, 2.0, 4.0, 3.0] * 5})\n"
    "factor: float = 1.0",
    "%%node spend\norders.groupby('customer')['euro'].sum() * factor",
    "%%check orders\norders['euro'] >= 0",
)
PIPELINE = """\
name: shop_daily
module: shop.ipynb
inputs: {orders: "data/parts/{day}", factor: {value: 2}}
params: {day: "{{ ds }}"}
stages:
  spend: {outputs: [spend], write: "out/{day}.parquet"KEY}
"""


def _project(folder: Path, key: str, suffix: str) -> Path:
    folder.mkdir()
    path = make_project(folder, PIPELINE.replace("KEY", key), *CELLS)
    for day, kept in ((DAY, 300), (DAYS[1], 0)):
        parts = folder / "data" / "parts" / day
        parts.mkdir(parents=True)
        for number in range(3):
            names = [f"c{(number * 7 + row) % 50}" for row in range(kept)]
            rows = pd.DataFrame(
                {"customer": pd.Series(names, dtype="str"), "euro": [float(row) for row in range(kept)]}
            )
            where = parts / f"{number}{suffix}"
            rows.to_csv(where, index=False) if suffix == ".csv" else rows.to_parquet(where, index=False)
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_workers_read_their_own_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """No whole table is read; the file is the same, and the record says how many rows there were."""
    whole = _project(tmp_path / "whole", "", suffix)
    assert main(["pipeline", "run", str(whole), "--day", DAY]) == 0
    path = _project(tmp_path / "parts", ", key: customer", suffix)
    read: list[str] = []
    real = running.read_source

    def note(name: str, *rest: Any) -> Any:
        read.append(name)
        return real(name, *rest)

    monkeypatch.setattr(running, "read_source", note)
    assert main(["pipeline", "run", str(path), "--day", DAY]) == 0
    assert read == ["factor"]
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    assert record(tmp_path / "parts", DAY)["stages"]["spend"]["inputs"]["orders"]["rows"] == 900
    checks = record(tmp_path / "parts", DAY)["stages"]["spend"]["checks"]
    assert checks == record(tmp_path / "whole", DAY)["stages"]["spend"]["checks"]


def test_no_rows_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As without a key."""
    path = _project(tmp_path / "parts", ", key: customer", ".parquet")
    assert main(["pipeline", "run", str(path), "--day", DAYS[1]]) == 1
    assert "DB353 input 'orders' has no rows" in capsys.readouterr().err
    assert files(tmp_path / "parts") == {}


@pytest.mark.parametrize("scheme", ["sqlite", "duckdb"])
def test_rows_of_a_database_are_read_some_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], scheme: str
) -> None:
    """Into files for the workers, which are gone afterwards; the values are those of a run without a key."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setattr(spool, "ROWS", 2048)
    names = [f"c{row % 50}" for row in range(5000)]
    rows = pd.DataFrame({"customer": names, "euro": [row * 0.5 for row in range(5000)], "more": 1})
    url = f"{scheme}:///{tmp_path}/shop.db"
    store(Sink(table="orders", url=url, mode="replace"), rows, tmp_path, Batch("", ""))
    asked = f"orders: {{sql: 'select * from orders where customer <> :day', url: '{url}'}}"
    text = PIPELINE.replace('orders: "data/parts/{day}"', asked)
    for name, key in (("whole", ""), ("parts", ", key: customer")):
        (tmp_path / name).mkdir()
        path = make_project(tmp_path / name, text.replace("KEY", key), *CELLS)
        with monkeypatch.context() as patch:
            if key:
                patch.setattr(running, "read_source", _only_factor)
            assert main(["pipeline", "run", str(path), "--day", DAY]) == 0
        assert capsys.readouterr().err.count("column 'more'") == 1  # it is left out, of all rows alike
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    told = record(tmp_path / "parts", DAY)["stages"]["spend"]["inputs"]["orders"]
    assert told["rows"] == 5000
    store(
        Sink(table="orders", url=url, mode="replace"),
        rows.sort_values("euro", ascending=False),
        tmp_path,
        Batch("", ""),
    )
    assert main(["pipeline", "run", str(path), "--day", DAY]) == 0
    assert record(tmp_path / "parts", DAY)["stages"]["spend"]["inputs"]["orders"]["digest"] != told["digest"]
    assert not list(scratch.glob("dagbook-*"))


def _only_factor(name: str, *rest: Any) -> Any:
    assert name == "factor"
    return 2.0
