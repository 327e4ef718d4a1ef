"""Profiles: the same few numbers for values of any library, exact if marked so, small, readable."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from kernel_magics.quality.profile import SAMPLE, ColumnProfile, profile, read_profile
from kernel_magics.quality.profile_view import HEADINGS, profile_html, profile_rows

NUMBERS = [1.0, 2.0, 2.0, 5.0]


def one(value: object) -> ColumnProfile:
    """The profile of a value's only column."""
    (column,) = profile(value).columns
    return column


@pytest.mark.parametrize(
    "value",
    [
        pd.Series(NUMBERS),
        pd.Series(NUMBERS, dtype="Float64"),
        pd.Series(NUMBERS).astype("int8"),
        pd.Index(NUMBERS),
        np.array(NUMBERS),
        np.array(NUMBERS, dtype="u2"),
        pl.Series(NUMBERS),
        pl.Series([1, 2, 2, 5]),
        pa.array(NUMBERS),
        pa.chunked_array([[1.0, 2.0], [2.0, 5.0]]),
        [1, 2, 2, 5],
    ],
)
def test_numbers_of_every_library(value: object) -> None:
    """The numbers of a column do not depend on what holds them."""
    column = one(value)
    assert (column.kind, column.rows, column.nulls, column.unique) == ("number", 4, 0, 3)
    assert column.mean == 2.5
    assert column.cdf == ((1.0, 0.0, 0.25), (2.0, 0.25, 0.75), (5.0, 0.75, 1.0))
    assert column.top == (("2", 0.5), ("1", 0.25), ("5", 0.25))
    assert [column.quantile(share) for share in (0, 0.5, 0.75, 1)] == [1, 2, 2.75, 5]


@pytest.mark.parametrize(
    "value",
    [
        pd.Series(["a", None, "b", "a"]),
        pd.Series(["a", None, "b", "a"], dtype="category"),
        pd.Series(["a", None, "b", "a"], dtype=object),
        np.array(["a", None, "b", "a"], dtype=object),
        pl.Series(["a", None, "b", "a"]),
        pa.array(["a", None, "b", "a"]),
    ],
)
def test_texts_of_every_library(value: object) -> None:
    """Texts have gaps, different values and the most frequent ones."""
    column = one(value)
    assert (column.kind, column.rows, column.nulls, column.unique) == ("text", 4, 1, 2)
    assert [text for text, _ in column.top] == ["a", "b"]
    assert column.top[0][1] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("value", "kind", "rows", "nulls"),
    [
        (pd.Series([1, None], dtype="Int64"), "number", 2, 1),
        (pd.Series([True, None], dtype="boolean"), "bool", 2, 1),
        (np.array([True, False]), "bool", 2, 0),
        (pd.Series(pd.to_datetime(["2020-01-01", None])), "time", 2, 1),
        (pd.Series(pd.to_datetime(["2020-01-01"], utc=True)), "time", 1, 0),
        (pl.Series([None, 1.5]), "number", 2, 1),
        (pl.Series([True, None]), "bool", 2, 1),
        (pd.Series([[1], [2]]), "other", 2, 0),
        (pd.Series([np.nan, np.inf, 1.0]), "number", 3, 1),
        (pd.Series([], dtype=float), "number", 0, 0),
        (7, "number", 1, 0),
        (float("nan"), "number", 1, 1),
        ("text", "text", 1, 0),
        (None, "other", 1, 1),
        (np.float32(2), "number", 1, 0),
        (np.datetime64("2020-01-01"), "time", 1, 0),
        (10**400, "other", 1, 0),
    ],
)
def test_gaps_and_odd_values(value: object, kind: str, rows: int, nulls: int) -> None:
    """Gaps of every kind are counted; infinite numbers are no part of a distribution; nothing raises."""
    column = one(value)
    assert (column.kind, column.rows, column.nulls) == (kind, rows, nulls)
    assert all(np.isfinite(number) for number, _, _ in column.cdf)


def test_frames_and_mappings_have_a_profile_for_each_column() -> None:
    """Columns keep their names; what cannot be looked into has none."""
    frames = [
        pd.DataFrame({"a": [1], "b": ["x"]}),
        pl.DataFrame({"a": [1], "b": ["x"]}),
        pa.table({"a": [1], "b": ["x"]}),
    ]
    for frame in frames:
        assert [(c.name, c.kind) for c in profile(frame).columns] == [("a", "number"), ("b", "text")]
    assert [c.name for c in profile({"x": 1, "y": pd.Series([1])}).columns] == ["x", "y"]
    assert profile(object()).columns == ()
    assert [c.name for c in profile(np.zeros((3, 2))).columns] == ["0", "1"]


def test_long_columns_are_sampled_evenly() -> None:
    """Gaps and extremes are exact; the distribution is close, even where the rows have a period."""
    rows = 24 * SAMPLE
    hours = pd.Series(np.arange(rows) % 24, dtype=float)
    hours.iloc[7] = -1.0
    hours.iloc[rows // 2] = np.nan
    column = one(hours)
    assert column.nulls == 1
    assert column.cdf[0][0] == -1.0
    assert column.mean == pytest.approx(11.5, abs=0.5)
    assert column.unique == 24
    assert column.sampled
    assert not one(hours.head(SAMPLE)).sampled
    assert "≥ 24" in next(profile_rows({"hours": profile(hours)}))


def test_a_profile_survives_its_file() -> None:
    """What is written is read back, without the sample; what is compared with keeps all its digits."""
    frame = pd.DataFrame({"a": [1.23456789, None, 3.0], "b": ["x", "y", "x"], "c": [True, False, True]})
    text = json.dumps(profile(frame).to_json())
    again = read_profile(json.loads(text))
    assert json.dumps(again.to_json()) == text
    assert again.columns[0].sample is None
    assert again.columns[0].quantile(0) == 1.23457
    assert again.columns[0].cdf[0][0] == 1.23456789


def test_histograms_sum_to_one() -> None:
    """Bars of equal width, from the sample or, of a file, from the stored points."""
    made = one(pd.Series(np.linspace(0, 1, 1000)))
    for column in (made, read_profile(profile(pd.Series(np.linspace(0, 1, 1000))).to_json()).columns[0]):
        edges, shares = column.histogram(10)
        assert len(edges) == 11
        assert sum(shares) == pytest.approx(1, abs=0.01)
        assert shares == pytest.approx([0.1] * 10, abs=0.02)


def test_profiles_as_rows_and_html() -> None:
    """One line for each column, the histogram in blocks, words with their share; HTML is escaped."""
    frame = pd.DataFrame(
        {"n": np.arange(100.0), "<b>": ["x", "y"] * 50, "at": pd.date_range("2020-01-01", periods=100)}
    )
    first, second, third, last = profile_rows({"f": profile(frame), "s": profile(3)})
    assert HEADINGS[:3] == ("node", "column", "type")
    assert first[:5] == ["f", "n", "float64", "100", "0 %"]
    assert first[-1].endswith("█" * 3) or "▇" in first[-1]
    assert second[-1] == "x 50 %, y 50 %"
    assert "2020-02-19 12:00" in third
    assert last[:3] == ["s", "", "int"]
    html = profile_html({"f": profile(frame)})
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
