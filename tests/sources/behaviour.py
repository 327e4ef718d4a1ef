"""What every database does, to be tried on each: rows come back, days replace themselves, failures undo all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.sources.database import Batch, opened, query, store
from kernel_magics.sources.read import read_source
from kernel_magics.sources.source import Mode, Sink, Source
from kernel_magics.tables.values import expect

ROWS = pd.DataFrame(
    {
        "name": pd.Series(["a", "", 'it\'s "x", \\N\n', None, "é"], dtype="str"),
        "euro": [1.5, np.nan, -0.1, 1e300, 2.0],
        "count": pd.Series([1, 2, 3, 4, 2**53 + 1], dtype="int64"),
        "paid": [True, False, True, False, True],
        "since": pd.to_datetime(
            ["2026-01-01 10:00:00.123456", None, "1970-01-01", "2030-12-31", "2026-06-01"], format="ISO8601"
        ),
    }
)
BATCH = Batch("shop.features", "2026-01-01")


def sink(url: str, mode: Mode, table: str = "rows") -> Sink:
    """A table of a database."""
    return Sink(table=table, url=url, mode=mode)


def read(url: str, table: str = "rows") -> pd.DataFrame:
    """The rows of a table, in the order of their numbers."""
    found: pd.DataFrame = query(Source(table=table, url=url), {}, Path())
    return found


def rows_come_back(url: str) -> None:
    """What was written is read equal, to the types of the sample."""
    store(sink(url, "replace"), ROWS, Path(), BATCH)
    source = Source(sql='select * from rows order by "count"', url=url)
    found = read_source("rows", source, expect(None, ROWS), {}, Path(), lambda note: None)
    pd.testing.assert_frame_equal(found, ROWS)
    some = Source(sql="select count(*) from rows where euro > :least and name <> ':least'", url=url)
    assert read_source("n", some, expect(int), {"least": 1, "other": 2}, Path(), lambda note: None) == 2
    names = Source(sql='select name from rows where "count" < 3 order by "count"', url=url)
    assert read_source("n", names, expect(list[str]), {}, Path(), lambda note: None) == ["a", ""]


def a_day_replaces_itself(url: str) -> None:
    """Only the rows of the day are replaced; the index is a column, and the day, too."""
    series = pd.Series([1.0, 2.0], index=pd.Index(["a", "b"], name="customer"), name="spend")
    for day in ("2026-01-01", "2026-01-02", "2026-01-01"):
        store(sink(url, "replace-partition", "spend"), series, Path(), Batch("p.s", day))
    assert sorted(read(url, "spend").itertuples(index=False, name=None)) == [
        (name, value, f"2026-01-0{day}") for name, value in (("a", 1.0), ("b", 2.0)) for day in (1, 2)
    ]
    store(sink(url, "replace-partition", "spend"), series[:0], Path(), Batch("p.s", "2026-01-01"))
    assert set(read(url, "spend")["day"]) == {"2026-01-02"}
    other = series.to_frame().assign(day="2026-01-03")
    with pytest.raises(DataflowError) as caught:
        store(sink(url, "replace-partition", "spend"), other, Path(), Batch("p.s", "2026-01-01"))
    assert caught.value.code == "DB354"


def a_day_is_appended_once(url: str) -> None:
    """The same rows again change nothing; other rows of a day are refused."""
    table = sink(url, "append", "log")
    for day in ("2026-01-01", "2026-01-02", "2026-01-01"):
        store(table, pd.DataFrame({"x": [1, 2], "day": day}), Path(), Batch("p.s", day))
    assert len(read(url, "log")) == 4
    with pytest.raises(DataflowError) as caught:
        store(table, pd.DataFrame({"x": [1, 3], "day": "2026-01-01"}), Path(), Batch("p.s", "2026-01-01"))
    assert caught.value.code == "DB352"
    store(table, pd.DataFrame({"x": [1, 3], "day": "2026-01-01"}), Path(), Batch("p.other", "2026-01-01"))
    assert len(read(url, "log")) == 6


def a_failure_undoes_all(url: str) -> None:
    """Nothing of a transaction stays: not the rows removed, not a table made."""
    store(sink(url, "replace-partition"), pd.DataFrame({"x": [1, 2]}), Path(), BATCH)
    for table, frame in (("rows", pd.DataFrame({"y": [1]})), ("rows", pd.DataFrame({"x": [3], "y": [1]}))):
        with pytest.raises(DataflowError) as caught:
            store(sink(url, "replace-partition", table), frame, Path(), BATCH)
        assert caught.value.code == "DB466"
    with pytest.raises(ZeroDivisionError):
        _begin_and_fail(url)
    assert sorted(read(url)["x"]) == [1, 2]
    with pytest.raises(DataflowError) as caught:
        read(url, "more")
    assert caught.value.code == "DB466"


def _begin_and_fail(url: str) -> None:
    with opened(url, Path()) as database:
        database.do("delete from rows", {})
        database.create("more", pd.DataFrame({"x": [1]}))
        raise ZeroDivisionError


ALL = [rows_come_back, a_day_replaces_itself, a_day_is_appended_once, a_failure_undoes_all]
