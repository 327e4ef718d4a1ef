"""A real PostgreSQL: rows by COPY, days that replace themselves, two writers at once, a pipeline into it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.sources.database import Batch, batches, query, store
from kernel_magics.sources.source import Source
from tests.pipeline.making import PIPELINE, make_project, write_orders
from tests.sources.behaviour import ALL, read, sink

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("behaviour", ALL, ids=lambda each: each.__name__)
def test_a_database(url: str, behaviour: Callable[[str], None]) -> None:
    """It behaves as all do."""
    behaviour(url)


def test_days_are_written_at_the_same_time(url: str) -> None:
    """The table is made once, and each day's rows are there once."""
    days = [f"2026-01-{day:02}" for day in range(1, 9)]
    frame = pd.DataFrame({"x": range(50)})
    threads = [
        threading.Thread(
            target=store, args=(sink(url, "replace-partition"), frame, Path(), Batch("p.s", day))
        )
        for day in days * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(url).groupby("day").size().to_dict() == dict.fromkeys(days, 50)


def test_a_pipeline_into_a_database(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Customers come from a table, scores go to one; the URL is in the environment only."""
    monkeypatch.setenv("SHOP_URL", url)
    store(
        sink(url, "replace", "customers"),
        pd.DataFrame({"customer": list("abc"), "city": list("XYX")}),
        Path(),
        Batch("", ""),
    )
    text = PIPELINE.replace(
        "customers: data/customers.csv",
        'customers: {sql: "select * from customers where city <> :day", url: env:SHOP_URL}',
    )
    text = text.replace('write: "out/score/{day}.parquet"', "write: {sql: scores, url: env:SHOP_URL}")
    path = make_project(tmp_path, text)
    words = ["pipeline", "run", str(path), "--from", "2026-01-01", "--to", "2026-01-03"]
    assert main(words) == 0
    first = read(url, "scores").sort_values(["day", "customer"], ignore_index=True)
    assert first["score"].tolist()[:3] == [-1.5, 0.0, 1.5]
    assert first.groupby("day").size().tolist() == [3, 3, 3]
    assert main(words) == 0
    pd.testing.assert_frame_equal(
        read(url, "scores").sort_values(["day", "customer"], ignore_index=True), first
    )
    said = capsys.readouterr()
    assert url not in said.out + said.err
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and url.encode() in file.read_bytes()]


def test_a_server_that_ends_the_connection(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the middle of the rows of a day: one error, the old rows are there, and the next run makes it right."""
    import psycopg  # noqa: PLC0415

    monkeypatch.setenv("SHOP_URL", url)
    text = PIPELINE.replace('write: "out/score/{day}.parquet"', "write: {sql: scores, url: env:SHOP_URL}")
    words = ["pipeline", "run", str(make_project(tmp_path, text)), "--day", "2026-01-01"]
    assert main(words) == 0
    before = read(url, "scores")
    write_orders(tmp_path, "2026-01-01", 5)
    end = (
        "create function end_it() returns trigger language plpgsql as "
        "'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(end)
        connection.execute("create trigger ends before insert on scores execute function end_it()")
        capsys.readouterr()
        assert main(words) == 1
        said = capsys.readouterr().err
        assert "DB466 database env:SHOP_URL: " in said
        assert "Traceback" not in said
        pd.testing.assert_frame_equal(read(url, "scores"), before)
        connection.execute("drop trigger ends on scores")
    assert main(words) == 0
    assert len(read(url, "scores")) == len(before)
    assert not read(url, "scores").equals(before)


def test_rows_come_some_at_a_time(url: str) -> None:
    """By a cursor of the server; together they are the rows that one query gives."""
    rows = pd.DataFrame({"x": range(5000), "name": [f"n{number}" for number in range(5000)]})
    store(sink(url, "replace"), rows, Path(), Batch("", ""))
    source = Source(sql="select * from rows where x <> :left order by x", url=url)
    found = list(batches(source, {"left": 7}, Path(), 1000))
    assert [len(frame) for frame in found] == [1000, 1000, 1000, 1000, 999]
    whole = query(source, {"left": 7}, Path())
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), whole)
