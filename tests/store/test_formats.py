"""The store returns the value that was put into it, or nothing."""

import datetime
import sys
import tempfile
from collections import UserDict
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given

from kernel_magics.engine.run.check import CheckResult, Condition
from kernel_magics.engine.session.store import Result
from kernel_magics.store import DiskStore
from kernel_magics.store.entry import read_entry
from kernel_magics.values import VALUES
from tests.values.generators import values

KEY = "ab" * 20
DAYS = pd.date_range("2026-03-28", periods=3, freq="D", tz="Europe/Berlin", name="day")
PAIRS = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["k", None])
FRAME = pd.DataFrame({"x": [1.0, None, 3.0], "s": ["a", None, "c"], "n": pd.array([1, None, 3], "Int64")})
DTYPES = pd.DataFrame(
    {
        "category": pd.Categorical(["a", "b", None], ["b", "a", "c"], ordered=True),
        "zone": DAYS,
        "span": pd.to_timedelta([1, None, 3], unit="s"),
        "small": np.array([1, 2, 3], "f4"),
        "bytes": np.array([1, 2, 3], "u1"),
        "second": np.array([1, 2, 3], "M8[s]"),
        "arrow": pd.array([1, 2, None], "int64[pyarrow]"),
    },
    index=DAYS,
)
NAMED = pd.DataFrame(
    [[1, 2], [3, 4]], columns=pd.Index([("a", 1), ("a", 1)], name="pair", tupleize_cols=False)
)
NAMED.attrs = {"unit": "EUR", 1: (2, 3)}
CHECK = CheckResult("ctr", "warn", (Condition("never negative", False, "1 of 3 rows"),))
KNOWN = [
    (1, ""),
    (1.5, ""),
    ([1, {"a": [None, True, "ü"]}], ""),
    ((1, float("nan"), datetime.date(2026, 1, 31)), ""),
    (CHECK, ""),
    (np.float32(0.1), ""),
    (np.arange(6.0).reshape(2, 3), "numpy"),
    (np.asfortranarray(np.arange(6.0).reshape(2, 3)), "numpy"),
    (np.array(["2026-01-31", "NaT"], "M8[D]"), "numpy"),
    (np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]), "numpy"),
    (np.array([1, "a", None], object), "pickled"),
    (FRAME, "pandas"),
    (DTYPES, "pandas"),
    (NAMED, "pandas"),
    (pd.DataFrame(), "pandas"),
    (pd.DataFrame({"x": range(4)}, index=PAIRS), "pandas"),
    (FRAME["x"].rename(("a", 1)), "pandas"),
    (pd.Series([1, "a", None], dtype=object), "pickled"),
    (DAYS, "pandas"),
    (pd.RangeIndex(2, 8, 3, name="row"), "pandas"),
    (pd.Timestamp("2026-01-31", tz="Europe/Berlin"), ""),
    (pl.DataFrame({"x": [1, None], "s": ["a", "b"]}, schema_overrides={"s": pl.Categorical}), "polars"),
    (pl.Series("x", [[1], None]), "polars"),
    (pa.table({"x": [1, None], "s": ["a", "b"]}).replace_schema_metadata({"k": "v"}), "arrow"),
    (pa.RecordBatch.from_pydict({"x": [1, 2]}), "arrow"),
    (pa.array([1, None]), "arrow"),
    (pa.chunked_array([[1], [2]]), "arrow"),
    ({"a": np.arange(3), "f": FRAME}, "pickled"),
    (list(range(20_000)), "pickled"),
]


def kept(value: object, folder: Path) -> tuple[object, str]:
    """What the store of the next kernel returns, and the format of the file beside the entry."""
    digest = VALUES.digest(value) or "made so"
    store = DiskStore(folder)
    store.put(KEY, "x", Result(value, digest, 1.5, 12.0))
    store.flush()
    result = DiskStore(folder).get(KEY)
    assert result is not None
    assert (result.digest, result.seconds, result.ran_at) == (digest, 1.5, 12.0)
    entry = read_entry(folder / "ab" / f"{KEY}.jsonl", KEY)
    assert entry is not None
    return result.value, entry.file.rpartition(".")[2]


@pytest.mark.parametrize(("value", "suffix"), KNOWN)
def test_each_type_has_its_format(value: object, suffix: str, tmp_path: Path) -> None:
    """A value comes back equal, from a file of its library's format or from the entry itself."""
    found, file = kept(value, tmp_path)
    assert VALUES.equal(value, found)
    assert file == suffix


@given(values)
def test_every_value_comes_back_as_it_was(value: object) -> None:
    """Whatever a node computes is kept exactly: dtypes, indexes, names, attributes."""
    with tempfile.TemporaryDirectory() as folder:
        found, _ = kept(value, Path(folder))
        assert VALUES.equal(value, found)


@pytest.mark.parametrize("value", [FRAME, FRAME["x"], np.arange(3.0), pl.Series([1.0])])
def test_what_comes_back_can_be_written_to(value: object, tmp_path: Path) -> None:
    """Memory of a stored value is not read-only: a copy of it can be changed like any other."""
    found, _ = kept(value, tmp_path)
    found[0 if isinstance(found, np.ndarray) else "x" if isinstance(found, pd.DataFrame) else 0] = 7  # type: ignore[index]


def test_a_value_of_an_unknown_type_is_pickled(tmp_path: Path) -> None:
    """A fitted model, say, has no digest; it is kept as a pickle that is the same when made again."""
    found, file = kept(UserDict({"a": 1}), tmp_path)
    assert found == UserDict({"a": 1})
    assert file == "pickled"


class Changing:
    """Each pickle of it is another one."""

    count = 0

    def __reduce__(self) -> tuple[object, ...]:
        Changing.count += 1
        return Changing, (), {"count": Changing.count}


@pytest.mark.parametrize("value", [lambda: 1, sys.stdout, Changing()])
def test_what_does_not_come_back_as_it_was_is_not_kept(value: object, tmp_path: Path) -> None:
    """A value that cannot be written exactly is left out without a word."""
    store = DiskStore(tmp_path)
    store.put(KEY, "x", Result(value, "made so", 0.0, 0.0))
    store.flush()
    assert store.get(KEY) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_value_that_changed_since_is_not_kept(tmp_path: Path) -> None:
    """What is written in the background must be the value that was given."""
    store, value = DiskStore(tmp_path), [1]
    digest = VALUES.digest(value)
    assert digest is not None
    value.append(2)
    store.put(KEY, "x", Result(value, digest, 0.0, 0.0))
    store.flush()
    assert store.get(KEY) is None
