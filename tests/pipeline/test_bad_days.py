"""What goes wrong on a day is one clear error: nothing is half-written, and the day is done when the cause is gone."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from tests.pipeline.making import DAYS, PIPELINE, make_project, write_orders
from tests.pipeline.test_run import DAY, files, record
from tests.sources.behaviour import read

STORED = PIPELINE.replace('write: "out/score/{day}.parquet"', "write: {sql: scores, url: env:SHOP_URL}")
LARGE = 4000
"""Customers of a day that need more room than there is."""


def _run(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Run the day; the exit code, and the errors that are told."""
    capsys.readouterr()
    code = main(["pipeline", "run", str(path), "--day", DAY])
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return code, [line for line in said.splitlines() if re.match(r"DB\d{3} ", line)]


@contextlib.contextmanager
def _little_room(limit: int) -> Iterator[None]:
    """No file may become larger: as on a full disk, a write fails with a part of it done."""
    import resource  # noqa: PLC0415  # Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _many_customers(folder: Path) -> None:
    names = [f"c{number}" for number in range(LARGE)]
    orders = pd.DataFrame({"customer": names, "euro": [0.1 * number for number in range(LARGE)], "day": DAY})
    orders.to_csv(folder / "data" / "orders" / f"{DAY}.csv", index=False)
    pd.DataFrame({"customer": names, "city": "X"}).to_csv(folder / "data" / "customers.csv", index=False)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files there")
@pytest.mark.parametrize("room", [0, 400, 2000, 20_000])
@pytest.mark.parametrize("sink", ["", "sqlite:///shop.db", "duckdb:///shop.db"])
def test_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], room: int, sink: str
) -> None:
    """Whatever is written when the room ends: the old files and rows are there, and no part of a new one."""
    monkeypatch.setenv("SHOP_URL", sink.replace("///", f"///{tmp_path}/"))
    path = make_project(tmp_path, STORED if sink else PIPELINE)
    assert _run(path, capsys) == (0, [])
    before = files(tmp_path)
    rows = read(f"{sink.replace('///', f'///{tmp_path}/')}", "scores") if sink else None
    _many_customers(tmp_path)
    with _little_room(room):
        code, errors = _run(path, capsys)
    assert code == 1
    assert len(errors) == 1
    assert errors[0].startswith("DB405 cannot write ")
    assert files(tmp_path) == before
    if rows is not None:
        pd.testing.assert_frame_equal(read(f"{sink.replace('///', f'///{tmp_path}/')}", "scores"), rows)
    assert _run(path, capsys) == (0, [])
    assert files(tmp_path) != before


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files there")
@pytest.mark.parametrize("scheme", ["sqlite", "duckdb"])
def test_a_full_disk_of_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], scheme: str
) -> None:
    """The transaction is undone; the stage before it is done, and the day is resumed."""
    url = f"{scheme}:///{tmp_path}/shop.db"
    monkeypatch.setenv("SHOP_URL", url)
    path = make_project(tmp_path, STORED)
    assert _run(path, capsys) == (0, [])
    rows = read(url, "scores")
    _many_customers(tmp_path)
    text = path.read_text().replace('write: "out/features/{day}.parquet"', "description: x")
    path.write_text(text)
    with _little_room(30_000):
        code, errors = _run(path, capsys)
    assert code == 1
    assert len(errors) == 1
    assert errors[0].startswith("DB466 database env:SHOP_URL: ")
    pd.testing.assert_frame_equal(read(url, "scores"), rows)
    assert record(tmp_path)["stages"]["features"]["state"] == "done"
    assert _run(path, capsys) == (0, [])
    assert len(read(url, "scores")) == LARGE


@pytest.mark.parametrize(
    "url", ["postgresql://me:geheim@127.0.0.1:1/x", "duckdb:////no/such/x.db", "sqlite:////no/such/x.db"]
)
def test_a_database_that_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    """Told without its password; the day is done when the database is there, from the stage that failed."""
    monkeypatch.setenv("SHOP_URL", url)
    path = make_project(tmp_path, STORED)
    code, errors = _run(path, capsys)
    assert (code, len(errors)) == (1, 1)
    assert errors[0].startswith("DB466 database env:SHOP_URL: ")
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and b"geheim" in file.read_bytes()]
    features = record(tmp_path)["stages"]["features"]
    monkeypatch.setenv("SHOP_URL", f"sqlite:///{tmp_path}/shop.db")
    assert _run(path, capsys) == (0, [])
    assert record(tmp_path)["stages"]["features"] == features
    assert len(read(f"sqlite:///{tmp_path}/shop.db", "scores")) == 3


def _other(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DELIVERED: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a column that vanished": (
        "column 'euro' (float64) is missing",
        _other(f"customer,day\na,{DAY}\n"),
    ),
    "a type that contradicts": (
        "column 'euro' must be float64",
        _other(f"customer,euro,day\na,much,{DAY}\n"),
    ),
    "an empty partition": ("has no rows", _other("customer,euro,day\n")),
    "an empty file": ("", _other("")),
    "no file": ("", Path.unlink),
    "a folder": ("", _folder),
}


@pytest.mark.parametrize("kind", DELIVERED)
def test_what_was_delivered_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    """One error that names the input's file; what was written for the day before stays, and so it does after."""
    text, deliver = DELIVERED[kind]
    path = make_project(tmp_path)
    assert _run(path, capsys) == (0, [])
    before = files(tmp_path)
    orders = tmp_path / "data" / "orders" / f"{DAY}.csv"
    deliver(orders)
    code, errors = _run(path, capsys)
    assert (code, len(errors)) == (1, 1)
    assert text in errors[0]
    assert f"{DAY}.csv" in errors[0]
    assert files(tmp_path) == before
    if orders.is_dir():
        orders.rmdir()
    write_orders(tmp_path, DAY, DAYS.index(DAY))
    assert _run(path, capsys) == (0, [])
    assert files(tmp_path) == before


def test_a_column_of_a_query_that_vanished(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A database says no more than a file: the input and its column are named."""
    path = make_project(
        tmp_path,
        PIPELINE.replace("data/customers.csv", "{sql: 'select 1 as customer', url: 'sqlite:///shop.db'}"),
    )
    code, errors = _run(path, capsys)
    assert (code, len(errors)) == (1, 1)
    assert "'customers'" in errors[0]
    assert "column 'city'" in errors[0]
    assert list(files(tmp_path)) == [f"out/features/{DAY}.parquet"]
