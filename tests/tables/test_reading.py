"""Inputs are read to the schema of their sample, or one message names the column, what was expected and what came."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.tables.values import expect, read_value


def read(path: Path | str, sample: Any, notes: list[str] | None = None) -> Any:
    """The value of a file as the sample has it."""
    return read_value("x", str(path), expect(None, sample), pytest.fail if notes is None else notes.append)


def write(folder: Path, name: str, text: str) -> Path:
    """A text file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path | str, sample: Any, code: str = "DB408") -> str:
    """The message with which a file is refused."""
    with pytest.raises(DataflowError) as caught:
        read(path, sample)
    assert caught.value.code == code
    return caught.value.message


SHOPS = pd.DataFrame({"id": ["007"], "country": ["NA"], "n": [1]}).set_index("id")
CASES: list[tuple[str, Any, Any]] = [
    ("id,country,n\n010,NA,3\n", SHOPS, pd.DataFrame({"country": ["NA"], "n": [3]}, index=pd.Index(["010"], name="id"))),
    ("n,id,country\n3,010,DE\n", SHOPS, pd.DataFrame({"country": ["DE"], "n": [3]}, index=pd.Index(["010"], name="id"))),
    ("a\nNA\nx\n", pd.DataFrame({"a": ["x"]}), pd.DataFrame({"a": ["NA", "x"]})),
    ("a\nNA\nx\n", pd.DataFrame({"a": ["x", None]}), pd.DataFrame({"a": [None, "x"]}, dtype="str")),
    ("a,b\n,1\n", pd.DataFrame({"a": [""], "b": [1]}), pd.DataFrame({"a": [""], "b": [1]})),
    ("a,b\nNULL,1\n", pd.DataFrame({"a": [1.5], "b": [1]}), pd.DataFrame({"a": [np.nan], "b": [1]})),
    ("when,v\n2024-05-01,1\n", pd.Series([2.0], pd.DatetimeIndex(["2024-01-01"])), pd.Series([1.0], pd.DatetimeIndex(["2024-05-01"]))),
    (",v\n2024-05-01T10:00:00Z,1\n", pd.Series([2], pd.DatetimeIndex(["2024-01-01"], tz="UTC")), pd.Series([1], pd.DatetimeIndex(["2024-05-01 10:00"], tz="UTC"))),
    ("t\n2024-03-31 00:00+01:00\n2024-04-01 00:00+02:00\n", pd.DataFrame({"t": pd.DatetimeIndex(["2024-01-01"], tz="Europe/Berlin")}), pd.DataFrame({"t": pd.DatetimeIndex(["2024-03-31", "2024-04-01"], tz="Europe/Berlin")})),
    ("c\nb\n\"\"\n", pd.DataFrame({"c": pd.Categorical(["a"], ["a", "b"], ordered=True)}), pd.DataFrame({"c": pd.Categorical(["b", None], ["a", "b"], ordered=True)})),
    ("c\n2\n", pd.DataFrame({"c": pd.Categorical([1, 2])}), pd.DataFrame({"c": pd.Categorical([2], [1, 2])})),
    ("a,b\n9007199254740993,yes\n,no\n", pd.DataFrame({"a": pd.array([1], "Int64"), "b": [True]}), pd.DataFrame({"a": pd.array([9007199254740993, None], "Int64"), "b": [True, False]})),
    ("a,b\n1.10,2024-01-31\n", pd.DataFrame({"a": [decimal.Decimal(1)], "b": [datetime.date(2024, 1, 1)]}), pd.DataFrame({"a": [decimal.Decimal("1.10")], "b": [datetime.date(2024, 1, 31)]})),
    ("k,day,v\na,2024-01-01,1\n", pd.Series([1.0], pd.MultiIndex.from_tuples([("a", pd.Timestamp("2024-01-01"))], names=["k", "day"]), name="v"), pd.Series([1.0], pd.MultiIndex.from_tuples([("a", pd.Timestamp("2024-01-01"))], names=["k", "day"]), name="v")),
    (",a\n5,1\n7,2\n", pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1, 2]}, index=[5, 7])),
    ("0,1\n1.5,x\n", pd.DataFrame([[0.5, "a"]]), pd.DataFrame([[1.5, "x"]])),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sample", "expected"), CASES)
def test_csv_files_are_read_as_the_sample_is(tmp_path: Path, text: str, sample: Any, expected: Any) -> None:
    """Leading zeros, "NA", dates, zones, categories, gaps, indexes, and labels that are numbers."""
    found = read(write(tmp_path, "x.csv", text), sample)
    check: Any = (
        pd.testing.assert_frame_equal if isinstance(sample, pd.DataFrame) else pd.testing.assert_series_equal
    )
    check(found, expected, check_index_type=False)
    assert found.index.dtype == expected.index.dtype


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1, "b": "x"}, {"a": 2, "b": null}]',
        '{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": null}}',
        '{"a": [1, 2], "b": ["x", null]}',
        '{"columns": ["a", "b"], "index": [0, 1], "data": [[1, "x"], [2, null]]}',
        '{"schema": {"fields": []}, "data": [{"index": 0, "a": 1, "b": "x"}, {"index": 1, "a": 2, "b": null}]}',
    ],
)
def test_every_layout_of_json_is_read(tmp_path: Path, text: str) -> None:
    """What `DataFrame.to_json` writes in each orientation is the same table."""
    sample = pd.DataFrame({"a": [1], "b": ["x"]})
    expected = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    pd.testing.assert_frame_equal(
        read(write(tmp_path, "x.json", text), sample), expected, check_index_type=False
    )


def test_columnar_files_of_other_programs(tmp_path: Path) -> None:
    """Whole numbers with gaps, dates without times, and an index that is only a column are what the sample has."""
    frame = pl.DataFrame(
        {"id": ["a", "b"], "n": [2**60 + 1, None], "day": [datetime.date(2024, 1, 1)] * 2, "c": ["u", "v"]}
    )
    sample = pd.DataFrame(
        {
            "n": pd.array([1], "Int64"),
            "day": pd.DatetimeIndex(["2020-01-01"]),
            "c": pd.Categorical(["u"], ["u", "v"]),
        },
        index=pd.Index(["z"], name="id"),
    )
    for suffix, put in (("parquet", frame.write_parquet), ("feather", frame.write_ipc)):
        put(tmp_path / f"x.{suffix}")
        found = read(tmp_path / f"x.{suffix}", sample)
        assert found["n"].tolist() == [2**60 + 1, pd.NA]
        assert found.dtypes.equals(sample.dtypes)
        assert found.index.tolist() == ["a", "b"]


WRONG: list[tuple[str, Any, str]] = [
    ("b\n1\n", pd.DataFrame({"spend": [1.0]}), "column 'spend' (float64) is missing: the file has 'b'"),
    ("spent\n1\n", pd.DataFrame({"spend": [1.0]}), "column 'spend' (float64) is missing (did you mean 'spent'?)"),
    ("a\n1\nx\n\ny\n3\nz\n", pd.DataFrame({"a": [1]}), "column 'a' must be int64, and 3 of 5 values are not: 'x' (row 2), 'y' (row 3), 'z' (row 5)"),
    ("a,b\n1.5,1\n2,1\n", pd.DataFrame({"a": [1], "b": [1]}), "column 'a' must be int64, and 1 of 2 values is not: '1.5' (row 1)"),
    ("a,b\n,1\n2,1\n", pd.DataFrame({"a": [1], "b": [1]}), "column 'a' must be int64, and 1 of 2 values is not: a gap (row 1)"),
    ("a\n300\n", pd.DataFrame({"a": np.array([1], "int8")}), "column 'a' must be int8, and 1 of 1 values of type int64 is not: 300 (row 1)"),
    ("a\n-1\n5\n", pd.DataFrame({"a": np.array([1], "uint64")}), "column 'a' must be uint64, and 1 of 2 values of type int64 is not: -1 (row 1)"),
    ("a\n-1\n\n7\n", pd.DataFrame({"a": pd.array([1], "UInt8")}), "column 'a' must be UInt8, and 1 of 2 values of type Int64 is not: -1 (row 1)"),
    ("a\n1\n1e300\n", pd.DataFrame({"a": np.array([1], "float32")}), "column 'a' must be float32, and 1 of 2 values of type float64 is not: 1e+300 (row 2)"),
    ("a\n1\n-1e300\n", pd.DataFrame({"a": pd.array([1], "Float32")}), "column 'a' must be Float32, and 1 of 2 values of type Float64 is not: -1e+300 (row 2)"),
    ("a\n1e300\n", pl.DataFrame({"a": pl.Series([1.0], dtype=pl.Float32)}), "column 'a' must be Float32, and 1 of 1 values is not: '1e300' (row 1)"),
    ("a\n300\n", pl.DataFrame({"a": pl.Series([1], dtype=pl.Int8)}), "column 'a' must be Int8, and 1 of 1 values is not: '300' (row 1)"),
    ("a\n1e300\n", pa.table({"a": pa.array([1.0], pa.float32())}), "column 'a' must be"),
    ("a\n300\n", pa.table({"a": pa.array([1], pa.int8())}), "column 'a' must be"),
    ("a\nmaybe\n", pd.DataFrame({"a": [True]}), "column 'a' must be bool, and 1 of 1 values is not: 'maybe' (row 1)"),
    ("a\n31.12.2024\n", pd.DataFrame({"a": pd.DatetimeIndex(["2024-01-01"])}), "column 'a' must be datetime64[us], and 1 of 1 values is not: '31.12.2024' (row 1)"),
    ("a\n2024-01-01 10:00\n", pd.DataFrame({"a": pd.DatetimeIndex(["2024-01-01"], tz="UTC")}), "column 'a' must be datetime64[us, UTC], and 1 of 1 values is not: '2024-01-01 10:00' (row 1)"),
    ("a\n2024-01-01 10:00+01:00\n", pd.DataFrame({"a": pd.DatetimeIndex(["2024-01-01"])}), "column 'a' must be datetime64[us], and 1 of 1 values of type datetime64[us, UTC+01:00] is not: 2024-01-01 10:00:00+01:00 (row 1)"),
    ("a\nc\na\n", pd.DataFrame({"a": pd.Categorical(["a", "b"])}), "column 'a' must be category, and 1 of 2 values is not: 'c' (row 1)"),
    ("v\n1\n", pd.Series([1], pd.DatetimeIndex(["2024-01-01"])), "the index (datetime64[us]) is missing"),
    ("v\n1\n", pd.DataFrame({"v": [1, 2, 3, 4]}).query("v != 3"), "is missing; end the sample with .reset_index(drop=True)"),
    ("d,v\nx,1\n", pd.Series([1], pd.DatetimeIndex(["2024-01-01"])), "the index must be datetime64[us], and 1 of 1 values is not: 'x' (row 1)"),
    ("a,a\n1,2\n", pd.DataFrame({"a": [1]}), "column 'a' is there 2 times"),
    ("a,b\nx,y\n", pd.DataFrame({"a": [1], "b": [1.0]}), "column 'a' must be int64, and 1 of 1 values is not: 'x' (row 1); column 'b' must be float64"),
    ("a,b\n1,2\n", np.array([[1, 2, 3]]), "it must have 3 columns, and has 2"),
    ("a\nx\n", pl.DataFrame({"a": [1]}), "column 'a' must be Int64, and 1 of 1 values is not: 'x' (row 1)"),
    ("b\nx\n", pl.DataFrame({"a": [1]}), "column 'a' (Int64) is missing: the file has 'b'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sample", "message"), WRONG)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, sample: Any, message: str) -> None:
    """One message has the column, the type that was expected, how many values differ and the first three."""
    assert message in refusal(write(tmp_path, "x.csv", text), sample)


def test_types_of_a_columnar_file_are_not_bent(tmp_path: Path) -> None:
    """A number is no text: the zeros before it are lost already."""
    pd.DataFrame({"id": [7], "n": [1.5]}).to_parquet(tmp_path / "x.parquet")
    message = refusal(tmp_path / "x.parquet", pd.DataFrame({"id": ["007"], "n": [1]}))
    assert "column 'id' must be str, and 1 of 1 values of type int64 is not: 7 (row 1)" in message
    assert "column 'n' must be int64, and 1 of 1 values of type float64 is not: 1.5 (row 1)" in message


def test_other_columns_are_left_out_and_said(tmp_path: Path) -> None:
    """What the sample does not have is no part of the value."""
    notes: list[str] = []
    found = read(write(tmp_path, "x.csv", "b,a,c\n1,2,3\n"), pd.DataFrame({"a": [1]}), notes)
    assert found.to_dict("list") == {"a": [2]}
    assert notes == [
        f"input 'x': columns 'b', 'c' of '{tmp_path / 'x.csv'}' are not in the sample, and left out."
    ]
    read(write(tmp_path, "y.csv", ",a\nx,1\n"), pd.DataFrame({"a": [1]}), notes)
    assert "the index of" in notes[1]


def test_folders_and_patterns_are_one_table(tmp_path: Path) -> None:
    """Files in the order of their names, whatever their formats; folders such as `day=…` are a column."""
    sample = pd.DataFrame({"day": pd.DatetimeIndex(["2020-01-01"]), "v": [1]})
    for day, rows in (("2024-01-02", "3\n"), ("2024-01-01", "1\n2\n")):
        write(tmp_path, f"parts/day={day}/p.csv", f"v\n{rows}")
    write(tmp_path, "parts/_SUCCESS", "")
    write(tmp_path, "parts/.hidden.csv", "nonsense")
    pd.DataFrame({"v": [4]}).to_parquet(tmp_path / "parts" / "day=2024-01-02" / "q.parquet")
    for place in (tmp_path / "parts", f"{tmp_path}/parts/*/*.*"):
        found = read(place, sample)
        assert found["v"].tolist() == [1, 2, 3, 4]
        assert found["day"].dt.day.tolist() == [1, 1, 2, 2]
        assert found.index.equals(pd.RangeIndex(4))
    assert read(f"{tmp_path}/parts/*/*.csv", pl.DataFrame({"v": [1]})).equals(pl.DataFrame({"v": [1, 2, 3]}))
    assert "no file is" in refusal(f"{tmp_path}/none*.csv", sample, "DB403")
    (tmp_path / "empty").mkdir()
    assert "no file is" in refusal(tmp_path / "empty", sample, "DB403")


def test_arrays_and_lists_from_tables(tmp_path: Path) -> None:
    """An array takes the columns by their places, a list the only one."""
    path = write(tmp_path, "x.csv", ",p,q\n0,1,2\n1,3,4\n")
    assert read(path, np.array([[0.5, 1.0]])).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert read(write(tmp_path, "y.csv", "name\n007\n"), ["a"]) == ["007"]
    assert read(write(tmp_path, "y.jsonl", "1\n2\n"), [1]) == [1, 2]
    assert read(write(tmp_path, "y.json", '{"a": [1]}'), {"b": [2.0]}) == {"a": [1.0]}
    assert "it must hold list[int]: [1] must be int" in refusal(write(tmp_path, "z.json", '[1, "x"]'), [1])
    assert "it must hold float" in refusal(write(tmp_path, "z.csv", "a\n1\n"), 1.5)


def test_damaged_files(tmp_path: Path) -> None:
    """What is not what its name says is one message."""
    sample = pd.DataFrame({"a": [1]})
    for name, data in [
        ("x.json", b"{"), ("x.parquet", b"PAR1"), ("x.feather", b"x"), ("x.csv.gz", b"x"), ("x.csv", b""),
        ("y.csv", b"a\n\xff\xfe\n"), ("y.jsonl", b"{}\n{"), ("z.json", b"3"),
    ]:  # fmt: skip
        (tmp_path / name).write_bytes(data)
        assert "is not valid" in refusal(tmp_path / name, sample, "DB406"), name
        if name != "x.csv.gz":
            assert "is not valid" in refusal(tmp_path / name, pl.DataFrame({"a": [1]}), "DB406"), name
    assert "cannot read" in refusal(tmp_path / "none.csv", sample, "DB403")
    assert "no known suffix" in refusal(tmp_path / "x.xyz", sample, "DB002")


def test_without_a_sample_files_say_what_they_are(tmp_path: Path) -> None:
    """Of a module's input only the hint is known: pandas guesses the types; a value without a hint is what it looks like."""
    path = write(tmp_path, "x.csv", ",a\n5,1\n")
    notes: list[str] = []
    for hint in (None, pd.DataFrame):
        found = read_value("x", str(path), expect(hint), notes.append)
        assert found.index.tolist() == [5]
        assert found["a"].tolist() == [1]
    assert read_value("x", str(path), expect(pd.Series), notes.append).tolist() == [1]
    assert read_value("x", str(path), expect(pl.DataFrame), notes.append)["a"].to_list() == [1]
    assert read_value("x", str(write(tmp_path, "l.json", "[1, 2]")), expect(), notes.append) == [1, 2]
    assert (
        len(read_value("x", str(write(tmp_path, "r.json", '[{"a": 1}]')), expect(), notes.append).columns)
        == 1
    )
    assert read_value("x", "3", expect(), notes.append) == 3
    assert read_value("x", "abc", expect(), notes.append) == "abc"
    assert {note.partition(": ")[2].partition(",")[0] for note in notes} == {
        "no sample says the types of its columns"
    }
