"""Summaries: a short description of any value."""

import json
import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given

from kernel_magics.values.summary import summarize
from tests.examples import examples
from tests.values.generators import values


@pytest.mark.parametrize(
    ("value", "kind", "shape"),
    [
        (1, "int", ""),
        ("text", "str", ""),
        ([1, 2], "list[int]", "2"),
        ({"a": 1}, "dict[str, int]", "1"),
        (pd.Series([1.0, 2.0]), "Series[float64]", "2"),
        (pd.Series(["a"]), "Series[str]", "1"),
        (pd.DataFrame({"a": [1], "b": [2], "c": [3]}), "DataFrame[3 cols]", "1 x 3"),
        (pd.DataFrame({"a": [1, 2]}), "DataFrame[1 col]", "2 x 1"),
        (pd.date_range("2026", periods=2), "DatetimeIndex[datetime64[us]]", "2"),
        (pd.MultiIndex.from_tuples([(1, 2)]), "MultiIndex", "1"),
        (np.zeros((2, 3)), "ndarray[float64]", "2 x 3"),
        (np.float64(1), "float", ""),
        (pl.DataFrame({"a": [1]}), "pl.DataFrame[1 col]", "1 x 1"),
        (pl.Series([1]), "pl.Series[Int64]", "1"),
        (pa.table({"a": [1, None]}), "pa.Table[1 col]", "2 x 1"),
        (pa.chunked_array([[1]]), "pa.ChunkedArray[int64]", "1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_type_and_shape(value, kind, shape):
    """The type gives the most important facts of it, the shape its size."""
    summary = summarize(value)
    assert (summary.type, summary.shape) == (kind, shape)


def test_numbers_have_gaps_and_a_histogram():
    """Only finite numbers are counted in the histogram, gaps are given as a fraction."""
    summary = summarize(pd.Series([1.0, 2.0, math.nan, math.inf]))
    assert summary.nulls == 0.25
    assert summary.histogram is not None
    assert sum(summary.histogram.counts) == 2
    assert (summary.histogram.edges[0], summary.histogram.edges[-1]) == (1.0, 2.0)
    assert len(summary.histogram.counts) <= 20
    assert len(summary.histogram.edges) == len(summary.histogram.counts) + 1


def test_few_whole_numbers_get_a_bar_each():
    """The counts of 0, 1 and 2 are not smeared over 20 bins."""
    summary = summarize(np.array([0, 1, 1, 2]))
    assert summary.histogram is not None
    assert summary.histogram.counts == [1, 2, 1]


@pytest.mark.parametrize(
    "pair", [(-1.7e308, 1.7e308), (1.0, math.nextafter(1.0, 2.0)), (4.5e15, 4.5e15), (0, 5e-324)]
)
def test_extreme_numbers_have_a_histogram(pair):
    """A range that overflows a float, or that has no room for 20 bins, is still counted."""
    summary = summarize(np.array(pair))
    assert summary.histogram is not None
    assert sum(summary.histogram.counts) == 2
    assert summary.histogram.edges[0] == pair[0]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["b", "a", "b", None]),
        pd.Series(["b", "a", "b", None], dtype=object),
        pd.Series(["b", "a", "b", None], dtype="category"),
        pl.Series(["b", "a", "b", None]),
    ],
    ids=["str", "object", "category", "polars"],
)
def test_texts_have_their_commonest(column):
    """The commonest texts come with their counts, the most frequent first."""
    summary = summarize(column)
    assert summary.top == (("b", 2), ("a", 1))
    assert summary.nulls == 0.25
    assert summary.histogram is None


def test_truth_values_have_their_counts():
    """Booleans are counted as categories."""
    assert summarize(pd.Series([True, False, True])).top == (("True", 2), ("False", 1))
    assert summarize(np.array([True, False, True])).top == (("True", 2), ("False", 1))


def test_a_summary_can_be_sent_as_json():
    """The record has the keys and plain types of the view."""
    record = json.loads(json.dumps(summarize(pd.Series(["a", "a"])).to_json(), allow_nan=False))
    assert record == {
        "type": "Series[str]",
        "shape": "2",
        "preview": "0    a\n1    a",
        "nulls": 0.0,
        "histogram": None,
        "top": [["a", 2]],
    }


@examples(150)
@given(values)
def test_every_value_has_a_summary(value):
    """Six lines of eighty printable characters at most, and JSON, whatever the value."""
    summary = summarize(value)
    lines = summary.preview.split("\n")
    assert len(lines) <= 6
    assert all(len(line) <= 80 and (line.isprintable() or not line) for line in lines)
    assert "unprintable" not in summary.preview
    json.dumps(summary.to_json(), allow_nan=False)


def test_a_value_that_cannot_be_printed():
    """A repr that raises is named, not passed on; also inside a container."""

    class Broken:
        def __repr__(self):
            raise RuntimeError("no")

        def __len__(self):
            raise RuntimeError("no")

    assert summarize(Broken()).preview == "<unprintable Broken>"
    assert summarize([Broken()]).preview == "<unprintable list>"


def test_control_characters_are_not_shown():
    """Escape sequences in a repr cannot move a terminal's cursor."""

    class Sneaky:
        def __repr__(self):
            return "a\x1b[2Jb"

    assert "\x1b" not in summarize(Sneaky()).preview
    assert "\x1b" not in summarize(pd.Series(["\x1b[2J"])).preview


def test_long_values_are_cut():
    """Previews of long texts, containers and wide frames end with an ellipsis at 80 characters."""
    for value in [
        "x" * 10**6,
        list(range(10**6)),
        dict.fromkeys(range(10**6)),
        pd.DataFrame(np.zeros((100, 500))),
    ]:
        first = summarize(value).preview.split("\n")[0]
        assert len(first) == 80
        assert first.endswith("…")


def test_members_that_are_not_shown_are_not_asked():
    """The text of a container with a million members is made of the first ones."""

    class Member:
        asked = 0

        def __repr__(self):
            Member.asked += 1
            return "member"

    for value in ([Member()] * 10**6, dict.fromkeys(range(10**6), Member())):
        assert "member" in summarize(value).preview
    assert Member.asked < 100


def test_rows_beyond_a_million_are_sampled_and_it_says_so():
    """A long column is counted on every n-th row, and the preview says so."""
    summary = summarize(pd.Series(np.arange(2_000_001.0)))
    assert summary.shape == "2000001"
    assert summary.preview.endswith("(counted on every 3th row)")
    assert summary.histogram is not None
    assert sum(summary.histogram.counts) == 666_667
