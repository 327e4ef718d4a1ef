"""What is written reads back to the same value, whatever its types, its index and the format of the file."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal as assert_polars_equal

from kernel_magics.engine.errors import DataflowError, SourceError
from kernel_magics.tables.plain import from_json, to_json, type_of
from kernel_magics.tables.schema import Schema, schema_of
from kernel_magics.tables.values import Expected, expect, read_value, write_value
from tests.examples import examples
from tests.tables.generators import arrays, dates, floats, frames, moments, nanos, series, texts

FORMATS = ["csv", "csv.gz", "tsv", "json", "json.gz", "jsonl", "parquet", "feather"]
KINDS = ["csv", "json", "parquet", "feather"]
many = examples(50, suppress_health_check=list(HealthCheck))


def back(value: Any, path: Path) -> Any:
    """The value when it has been in a file; its schema has been JSON, as in a package."""
    write_value(value, path)
    schema = schema_of(value)
    assert schema is not None
    again = Schema.from_json(json.loads(json.dumps(schema.to_json())))
    assert again == schema
    return read_value("x", str(path), Expected(again), pytest.fail)


def clash(frame: pd.DataFrame, names: Callable[[], list[str]]) -> bool:
    """Whether a level of the index is called like a column."""
    return not {str(name) for name in frame.index.names}.isdisjoint(names())


@pytest.mark.parametrize("suffix", KINDS)
@many
@given(frames())
@example(pd.DataFrame({"a": ["", None], "b": pd.Categorical(["", None])}))
@example(pd.DataFrame({"b": [1.0]}, index=pd.Index(["x"], name="b")))
def test_frames(tmp_path: Path, suffix: str, frame: pd.DataFrame) -> None:
    """A frame keeps every dtype, gap, label, its index and its attributes."""
    if suffix.startswith("json"):
        assume(not clash(frame, lambda: list(map(str, frame.columns))))
    found = back(frame, tmp_path / f"x.{suffix}")
    pd.testing.assert_frame_equal(found, frame, check_exact=True, check_freq=True)
    assert found.attrs == frame.attrs


@pytest.mark.parametrize("suffix", ["csv", "json"])
@many
@given(series())
def test_series(tmp_path: Path, suffix: str, column: pd.Series) -> None:
    """A series keeps its name, too, or has none as before."""
    if suffix == "json":
        assume(str(column.name) not in map(str, column.index.names))
    pd.testing.assert_series_equal(
        back(column, tmp_path / f"x.{suffix}"), column, check_exact=True, check_freq=True
    )


@pytest.mark.parametrize("suffix", ["csv", "json"])
@many
@given(arrays())
def test_arrays(tmp_path: Path, suffix: str, array: Any) -> None:
    """An array keeps its dtype and shape."""
    found = back(array, tmp_path / f"x.{suffix}")
    assert (found.dtype.kind, found.shape) == (array.dtype.kind, array.shape)
    assert np.array_equal(found, array)


POLARS: dict[Any, st.SearchStrategy[Any]] = {
    pl.Int64(): st.integers(-(2**63), 2**63 - 1),
    pl.UInt8(): st.integers(0, 255),
    pl.Float64(): floats,
    pl.Float32(): st.floats(width=32, allow_nan=False),
    pl.Boolean(): st.booleans(),
    pl.String(): texts.filter(lambda text: "\n" not in text),
    pl.Date(): dates,
    pl.Time(): st.times(),
    pl.Datetime("us"): moments,
    pl.Datetime("ms", "Europe/Berlin"): moments.map(
        lambda moment: moment.replace(microsecond=0, tzinfo=datetime.UTC)
    ),
    pl.Duration("us"): st.timedeltas(datetime.timedelta(-999), datetime.timedelta(999)),
    pl.Decimal(20, 2): st.decimals(-(10**6), 10**6, places=2),
    pl.Categorical(): st.sampled_from("abc"),
    pl.Enum(["x", "y"]): st.sampled_from("xy"),
    pl.Binary(): st.binary(max_size=3),
    pl.List(pl.Int64()): st.lists(st.integers(0, 9), max_size=3),
    pl.Struct({"a": pl.Int64(), "b": pl.String()}): st.fixed_dictionaries({"a": st.integers(0, 9), "b": st.text("xyz")}),
}  # fmt: skip


@st.composite
def polars_frames(draw: st.DrawFn) -> pl.DataFrame:
    """A frame of Polars of up to three columns."""
    size = draw(st.integers(0, 4))
    made = []
    for name in "abc"[: draw(st.integers(1, 3))]:
        kind = draw(st.sampled_from(sorted(POLARS, key=str)))
        cells = draw(st.lists(st.one_of(POLARS[kind], st.none()), min_size=size, max_size=size))
        made.append(pl.Series(name, cells, dtype=kind))
    return pl.DataFrame(made)


@pytest.mark.parametrize("suffix", KINDS)
@many
@given(polars_frames())
def test_frames_of_polars(tmp_path: Path, suffix: str, frame: pl.DataFrame) -> None:
    """A frame of Polars stays one, with its own types."""
    assert_polars_equal(back(frame, tmp_path / f"x.{suffix}"), frame, check_exact=True)


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_holds_tables_of_every_library(tmp_path: Path, suffix: str) -> None:
    """Packed or not, frames, lazy frames, series, tables, batches and arrays come back as what they were."""
    path = tmp_path / f"x.{suffix}"
    lazy = pl.LazyFrame({"a": [1, None], "b": ["x", ""]})
    assert_polars_equal(back(lazy, path).collect(), lazy.collect())
    frame = pd.DataFrame({"a": ["", "NA", None], "b": pd.Categorical(["x", "", None])}, index=list("xyx"))
    pd.testing.assert_frame_equal(back(frame, path), frame)
    assert back(pl.Series("s", [1.5, None]), path).equals(pl.Series("s", [1.5, None]), check_names=True)
    moment = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "n": pa.array([1, None], pa.int64()),
            "t": ["NA", ""],
            "when": pa.array([moment, None], pa.timestamp("us", "UTC")),
            "price": pa.array([decimal.Decimal("1.10"), None]),
            "list": [[1, 2], None],
            "flag": [True, None],
            "map": pa.array([[("a", 1), ("b", None)], None], pa.map_(pa.string(), pa.int64())),
            "deep": pa.array(
                [[{"x": [(1, "y")]}], []], pa.list_(pa.struct({"x": pa.map_(pa.int8(), pa.string())}))
            ),
        }
    )
    found = back(table, path)
    assert found.schema == table.schema
    assert found.to_pylist() == table.to_pylist()
    assert back(table.to_batches()[0], path).to_pylist() == table.to_pylist()
    assert back(pa.array([1, None]), path).equals(pa.array([1, None]))


class Mode(enum.Enum):
    """A choice."""

    FAST = "fast"
    SLOW = 2


@dataclass(frozen=True)
class Window:
    """A structure."""

    days: int
    mode: Mode = Mode.FAST
    weights: tuple[float, ...] = ()


class Pair(NamedTuple):
    """Another one."""

    left: int
    right: datetime.date


simple = st.one_of(
    st.booleans(),
    st.integers(),
    floats,
    texts,
    dates,
    st.times(),
    moments,
    nanos.map(lambda count: pd.Timestamp(count, unit="ns")),
    nanos.map(lambda count: pd.Timedelta(count, unit="ns")),
    st.timedeltas(datetime.timedelta(-99), datetime.timedelta(99)),
    st.decimals(allow_nan=False),
    st.complex_numbers(allow_nan=False),
    st.binary(max_size=4),
    st.sampled_from(Mode),
    st.builds(Pair, st.integers(), dates),
    st.builds(Window, st.integers(), st.sampled_from(Mode), st.lists(floats, max_size=2).map(tuple)),
)


@st.composite
def structures(draw: st.DrawFn) -> Any:
    """A plain value, or a list, tuple, set or dict of such."""
    kind = draw(st.sampled_from(["one", "list", "tuple", "set", "dict"]))
    if kind == "one":
        return draw(simple)
    if kind == "tuple":
        return tuple(draw(st.lists(simple, max_size=3)))
    if kind == "set":
        return set(draw(st.lists(st.integers(), max_size=3)))
    seed = draw(st.sampled_from([st.integers(), floats, texts, dates, moments, st.sampled_from(Mode)]))
    if kind == "list":
        return draw(st.lists(st.one_of(seed, st.none()) if draw(st.booleans()) else seed, max_size=3))
    return draw(st.dictionaries(draw(st.sampled_from([texts, st.integers(), dates])), seed, max_size=3))


@many
@given(structures())
def test_plain_values(tmp_path: Path, value: Any) -> None:
    """A plain value is JSON that its own type reads back; a text on the command line gives it, too."""
    assert from_json(json.loads(json.dumps(to_json(value))), type_of(value)) == value
    path = tmp_path / "x.json"
    write_value(value, path)
    if isinstance(value, str):  # of a text input the command line itself is the value
        return
    found = read_value("x", str(path), expect(None, value), pytest.fail)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("value", [["007", "NA"], [1, 2], [1.5, 2.0], [True, False]])
def test_lists_as_tables(tmp_path: Path, suffix: str, value: list[Any]) -> None:
    """A list is the only column of a table."""
    write_value(value, tmp_path / f"x.{suffix}")
    assert read_value("x", str(tmp_path / f"x.{suffix}"), expect(None, value), pytest.fail) == value


@pytest.mark.parametrize(
    ("value", "suffix", "reason"),
    [
        (pd.DataFrame({"a": [object()]}), "csv", "column 'a' holds objects of type"),
        (pd.DataFrame({"a": [(1, 2)]}), "parquet", "column 'a' holds objects of type"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "csv", "two columns are called 'a'"),
        (pd.DataFrame({"b": [1]}, index=pd.Index([1], name="b")), "json", "are called 'b'"),
        ({"a": 1}, "csv", "a dict is no table; .json can hold it"),
        (object(), "json", "JSON has no form for a object"),
    ],
)
def test_what_a_format_cannot_hold(tmp_path: Path, value: Any, suffix: str, reason: str) -> None:
    """A format that would lose something is refused with the column, and no file is there."""
    with pytest.raises(SourceError) as caught:
        write_value(value, tmp_path / f"x.{suffix}")
    assert caught.value.code == "DB409"
    assert reason in caught.value.message
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_when_writing_fails(tmp_path: Path) -> None:
    """The new file takes the place of the old one only when it is complete."""
    path = tmp_path / "x.csv"
    path.write_text("old")
    with pytest.raises(DataflowError):
        write_value(pd.DataFrame({"a": [1], "b": [object()]}), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
