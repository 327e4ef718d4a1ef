"""Strictness: what makes two library values different, and what does not."""

import copy
import datetime
import decimal
import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from kernel_magics.values import VALUES


def frame(**changes):
    return pd.DataFrame({"day": [1, 1, 2], "spend": [1.0, 2.0, 3.0]}).assign(**changes)


def categories(*names, ordered=False):
    return pd.Series(pd.Categorical(["a", "b"], categories=list(names), ordered=ordered))


def with_attrs(**attrs):
    column = pd.Series([1.0])
    column.attrs = attrs
    return column


def frame_with_attrs(**attrs):
    table = frame()
    table.attrs = attrs
    return table


SQUARE = np.arange(4.0).reshape(2, 2)
DATES = pd.date_range("2026-01-01", periods=3, freq="D")
LIBRARY_DIFFERENCES = {
    "text and number": (pd.Series([1], dtype=object), pd.Series(["1"], dtype=object)),
    "number and truth in an object column": (pd.Series([1, "a"]), pd.Series([True, "a"])),
    "column names": (frame(), frame().rename(columns={"spend": "cost"})),
    "column order": (frame(), frame()[["spend", "day"]]),
    "type of column names": (pd.DataFrame([[1]], columns=[0]), pd.DataFrame([[1]], columns=["0"])),
    "name of the column index": (frame(), frame().rename_axis(columns="what")),
    "earlier duplicate of a panel": (
        pd.Series([1.0, 2.0, 3.0], index=[0, 0, 1]),
        pd.Series([9.0, 2.0, 3.0], index=[0, 0, 1]),
    ),
    "row order": (frame(), frame().iloc[[1, 0, 2]]),
    "index name": (frame(), frame().rename_axis("row")),
    "index kind": (pd.Series([1, 2], index=pd.RangeIndex(2)), pd.Series([1, 2], index=pd.Index([0, 1]))),
    "series name": (pd.Series([1], name="a"), pd.Series([1], name="b")),
    "int32 and int64": (pd.Series([1], dtype="int32"), pd.Series([1], dtype="int64")),
    "int64 and Int64": (pd.Series([1], dtype="int64"), pd.Series([1], dtype="Int64")),
    "str and string": (pd.Series(["a"], dtype="str"), pd.Series(["a"], dtype="string")),
    "str and object": (pd.Series(["a"], dtype="str"), pd.Series(["a"], dtype="object")),
    "empty text and gap": (pd.Series(["", "a"]), pd.Series([None, "a"])),
    "zero and gap": (pd.Series([0, 1], dtype="Int64"), pd.Series([None, 1], dtype="Int64")),
    "frequency": (DATES, pd.DatetimeIndex(DATES, freq=None)),
    "time zone": (DATES.tz_localize("UTC"), DATES.tz_localize("Europe/London")),
    "resolution": (DATES.as_unit("s"), DATES.as_unit("ns")),
    "categories' order": (categories("a", "b"), categories("b", "a")),
    "ordered": (categories("a", "b"), categories("a", "b", ordered=True)),
    "unused category": (categories("a", "b"), categories("a", "b", "c")),
    "attrs": (with_attrs(unit="EUR"), with_attrs(unit="USD")),
    "attrs of a frame": (frame_with_attrs(unit="EUR"), frame_with_attrs(unit="USD")),
    "flags": (frame(), frame().set_flags(allows_duplicate_labels=False)),
    "signed zero": (pd.Series([0.0]), pd.Series([-0.0])),
    "rounding": (pd.Series([0.3]), pd.Series([0.1 + 0.2])),
    "series and frame": (pd.Series([1.0], name="a"), pd.DataFrame({"a": [1.0]})),
    "index and series": (pd.Index([1]), pd.Series([1])),
    "multi-index names": (
        pd.MultiIndex.from_tuples([(1, 2)], names=["a", "b"]),
        pd.MultiIndex.from_tuples([(1, 2)], names=["a", "c"]),
    ),
    "interval ends": (pd.interval_range(0, 2), pd.interval_range(0, 2, closed="left")),
    "period frequency": (pd.Period("2026-01", "M"), pd.Period("2026-01-01", "D")),
    "holidays": (pd.offsets.CustomBusinessDay(), pd.offsets.CustomBusinessDay(holidays=["2026-01-01"])),
    "gaps": (pd.NaT, pd.NA),
    "timestamps' zone": (pd.Timestamp("2026"), pd.Timestamp("2026", tz="UTC")),
    "array shape": (np.zeros((2, 3)), np.zeros((3, 2))),
    "array dtype": (np.zeros(2), np.zeros(2, "f4")),
    "byte order": (np.array([1.0]), np.array([1.0], ">f8")),
    "transposed": (np.arange(4).reshape(2, 2), np.arange(4).reshape(2, 2).T),
    "transposed in the same memory": (SQUARE, SQUARE.T),
    "array and list": (np.array([1, 2]), [1, 2]),
    "scalar and array": (np.float64(1), np.array(1.0)),
    "scalar and float": (np.float64(1), 1.0),
    "gap and number": (np.array([np.nan]), np.array([0.0])),
    "missing moment": (np.array(["NaT"], "M8[s]"), np.array(["2026"], "M8[s]")),
    "field": (np.array([(1, 2.0)], "i4,f8"), np.array([(1, 3.0)], "i4,f8")),
    "field names": (np.zeros(1, [("a", "i4")]), np.zeros(1, [("b", "i4")])),
    "complex zero": (np.array([0j]), np.array([-0j])),
}


@pytest.mark.parametrize(("a", "b"), LIBRARY_DIFFERENCES.values(), ids=LIBRARY_DIFFERENCES)
def test_library_differences(a, b):
    """What common data fingerprints miss (1 and "1", names, order of duplicates, freq, attrs) counts."""
    assert not VALUES.equal(a, b)
    assert not VALUES.equal(b, a)
    assert not VALUES.equal({"k": [a]}, {"k": [b]})
    assert VALUES.digest(a) is not None
    assert VALUES.digest(a) != VALUES.digest(b)
    for value in (a, b):
        assert VALUES.equal(value, copy.deepcopy(value))
        assert VALUES.digest(value) == VALUES.digest(copy.deepcopy(value))


def strided(array):
    return np.repeat(array, 2)[::2]


SAME = {
    "nan": (math.nan, float("-nan")),
    "nan payload": (np.array([np.nan]), np.array([0x7FF8000000000001], "u8").view("f8")),
    "memory order": (np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3))),
    "negative strides": (np.arange(5)[::-1], np.array([4, 3, 2, 1, 0])),
    "strided": (np.arange(100_000.0), strided(np.arange(100_000.0))),
    "strided complex": (np.arange(9) * 1j, strided(np.arange(9) * 1j)),
    "strided text": (np.array(["a", "bc"]), strided(np.array(["a", "bc"]))),
    "gaps in big-endian chunks": (
        np.where(np.arange(70_000) % 7, 1.0, np.nan).astype(">f8"),
        strided(np.where(np.arange(70_000) % 7, 1.0, np.nan).astype(">f8")),
    ),
    "blocks of a frame": (
        pd.DataFrame({"a": [1.0], "b": [2.0]}),
        pd.DataFrame({"a": [1.0]}).assign(b=[2.0]),
    ),
    "a slice of texts": (pd.Series(["x", "a", None])[1:].reset_index(drop=True), pd.Series(["a", None])),
    "chunks of texts": (
        pd.concat([pd.Series(["a"]), pd.Series([None, "b"])], ignore_index=True),
        pd.Series(["a", None, "b"]),
    ),
    "sets": (set(range(1000)), set(range(999, -1, -1))),
    "sets of tuples": ({("a", 1), ("b", 2)}, {("b", 2), ("a", 1)}),
}


@pytest.mark.parametrize(("a", "b"), SAME.values(), ids=SAME)
def test_same_content_in_another_memory_layout(a, b):
    """Layout, chunks and blocks are not content."""
    assert VALUES.equal(a, b)
    assert VALUES.digest(a) == VALUES.digest(b) is not None


EVERYTHING = [value for pair in [*LIBRARY_DIFFERENCES.values(), *SAME.values()] for value in pair]


def test_equal_exactly_when_digested_alike_across_the_tables():
    """All pairs of the tables' values agree on being equal and being digested alike."""
    digests = [VALUES.digest(value) for value in EVERYTHING]
    for a, left in zip(EVERYTHING, digests, strict=True):
        for b, right in zip(EVERYTHING, digests, strict=True):
            assert VALUES.equal(a, b) == (left == right)


POLARS_AND_ARROW = {
    "numbers": ([1, None, 3], [1, 0, 3]),
    "floats": ([0.0, None], [-0.0, None]),
    "texts": (["ab", "c", None], ["a", "bc", None]),
    "text and gap": (["", "a"], [None, "a"]),
    "bytes": ([b"ab", b"c"], [b"a", b"bc"]),
    "truth": ([True, None], [False, None]),
    "lists": ([[1], [2, 3], None], [[1, 2], [3], None]),
    "empty list and gap": ([[1], []], [[1], None]),
    "records": ([{"a": 1, "b": "x"}, None], [{"a": 2, "b": "x"}, None]),
    "decimals": ([decimal.Decimal("1.10")], [decimal.Decimal("1.20")]),
    "dates": ([datetime.date(2026, 1, 1), None], [datetime.date(2026, 1, 2), None]),
}


@pytest.mark.parametrize(("a", "b"), POLARS_AND_ARROW.values(), ids=POLARS_AND_ARROW)
@pytest.mark.parametrize(
    "make",
    [pl.Series, lambda cells: pl.DataFrame({"c": cells}), pa.array, lambda cells: pa.table({"c": cells})],
    ids=["pl.Series", "pl.DataFrame", "pa.Array", "pa.Table"],
)
def test_polars_and_arrow(make, a, b):
    """Polars and Arrow columns of every common type are compared and digested by their content."""
    assert VALUES.equal(make(a), make(list(a)))
    assert VALUES.digest(make(a)) == VALUES.digest(make(list(a))) is not None
    assert not VALUES.equal(make(a), make(b))
    assert VALUES.digest(make(a)) != VALUES.digest(make(b))
    for whole in (make([*b, *a]),):
        part = whole[len(b) :] if not isinstance(whole, pa.Table) else whole.slice(len(b))
        assert VALUES.equal(part, make(a))
        assert VALUES.digest(part) == VALUES.digest(make(a))


def test_what_lies_under_a_gap_is_not_content():
    """Arrow keeps some number in the memory of a gap; no reader sees it."""
    gap = np.array([False, True])
    a, b = pa.array(np.array([1, 7]), mask=gap), pa.array(np.array([1, 9]), mask=gap)
    assert a.buffers()[1].to_pybytes() != b.buffers()[1].to_pybytes()
    assert VALUES.equal(a, b)
    assert VALUES.digest(a) == VALUES.digest(b)


def test_names_and_types_of_polars_and_arrow_columns():
    """A column's name, type, categories and a schema's metadata count."""
    pairs = [
        (pl.DataFrame({"a": [1]}), pl.DataFrame({"b": [1]})),
        (pl.Series([1], dtype=pl.Int32), pl.Series([1], dtype=pl.Int64)),
        (pl.Series(["a"], dtype=pl.Categorical), pl.Series(["b"], dtype=pl.Categorical)),
        (pl.Series(["a"], dtype=pl.Enum(["a", "b"])), pl.Series(["a"], dtype=pl.Enum(["b", "a"]))),
        (pa.table({"a": [1]}), pa.table({"a": [1]}).replace_schema_metadata({"k": "v"})),
        (pa.array(["a"]).dictionary_encode(), pa.array(["b"]).dictionary_encode()),
        (pa.scalar(1), pa.scalar(1, pa.int8())),
    ]
    for a, b in pairs:
        assert VALUES.equal(a, a)
        assert not VALUES.equal(a, b)
        assert VALUES.digest(a) != VALUES.digest(b)


def test_pandas_without_arrow_texts():
    """Texts stored as Python objects are compared and digested too."""
    a, b = (pd.Series(cells, dtype="string[python]") for cells in (["a", None], ["a", ""]))
    assert VALUES.equal(a, a.copy())
    assert VALUES.digest(a) == VALUES.digest(a.copy()) is not None
    assert not VALUES.equal(a, b)


def test_subclasses_are_unknown():
    """A subclass may have properties that its base does not show."""

    class Located(pd.DataFrame):
        pass

    assert VALUES.digest(Located({"a": [1]})) is None
    assert not VALUES.equal(Located({"a": [1]}), Located({"a": [1]}))
