"""The small things that a run in parts is made of: parts, values in files, columns, orders, memory."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.module import link_modules
from kernel_magics.scale import job
from kernel_magics.scale.columns import used_columns
from kernel_magics.scale.ordering import Order, Piece, put_together
from kernel_magics.scale.parts import balanced, counted, usual_parts
from kernel_magics.scale.plan import components
from kernel_magics.scale.shelf import get_value, piece_path, put_value, remove, size_of, whole_path
from tests.scale.shops import assert_same


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60), st.integers(1, 9))
def test_parts_are_balanced(rows: list[int], number: int) -> None:
    """Every value is in one part, and no part is larger than the mean by more than the largest value."""
    counts = pd.Series(rows, index=pd.Index([f"k{n}" for n in range(len(rows))], dtype=object))
    parts = balanced(counts, number)
    assert sum(parts.rows) == sum(rows)
    assert sorted(key for part in range(len(parts)) for key in parts.members(part)) == sorted(counts.index)
    assert max(parts.rows) <= sum(rows) / len(parts) + max(rows)


@given(st.lists(st.sampled_from(["a", "b", None, "c"]), max_size=30), st.integers(1, 4))
def test_rows_go_to_the_part_of_their_key(keys: list[str | None], number: int) -> None:
    """A missing key, and one that no input has, belong to the first part."""
    axis = pd.Series(keys, dtype="str")
    parts = balanced(counted(axis), number)
    for key, part in zip(keys, parts.of(axis), strict=True):
        assert part == 0 if key is None else key in parts.members(part)
    assert list(parts.of(pd.Series(["unknown"]))) == [0]


def test_few_rows_make_few_parts() -> None:
    """Two parts for each worker, none below fifty thousand rows, none beyond a million, and no worker idle."""

    def number(rows: int, workers: int) -> int:
        return usual_parts(pd.Series([rows]), workers)

    assert [number(1000, 8), number(200_000, 8), number(5_000_000, 2), number(50_000_000, 2)] == [1, 4, 6, 50]


INDEX = pd.MultiIndex.from_product(
    [["a", "b"], pd.date_range("2024", periods=2, tz="UTC")], names=["k", None]
)
VALUES: list[Any] = [
    pd.DataFrame(
        {"x": [1.5, np.nan], "y": [1, 2], "z": ["a", None], "t": pd.to_datetime(["2024-01-01", None])}
    ),
    pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]}, index=INDEX),
    pd.Series([True, False], index=pd.RangeIndex(5, 7, name="n"), name="s"),
    pd.Series([1.0, 2.0], index=pd.date_range("2024-01-01", periods=2, name="day")),
    pd.Series(pd.Categorical(["a", "b"], categories=["b", "a"], ordered=True)),
    pd.Series([1, "mixed", None]),
    pd.Series([1, None], dtype="Int64"),
    pd.DataFrame({1: [1.0], "b": [2.0]}),
    pd.DataFrame(index=pd.Index(["a", "b"])),
    pd.DataFrame({"x": np.array([], dtype="float64")}),
    INDEX,
    pd.Index(["a", "b"], name="k"),
    np.arange(6.0).reshape(3, 2),
    {"price": pd.Series([1.0]), "n": 3},
    None,
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_values_come_back_as_they_were(value: Any, tmp_path: Path) -> None:
    """With their types, labels, names and gaps."""
    put_value(value, tmp_path / "value")
    found = get_value(tmp_path / "value")
    assert type(found) is type(value)
    if isinstance(value, pd.Index):
        pd.testing.assert_index_equal(found, value, exact=True)
    else:
        assert_same(value, found)
    if isinstance(value, pd.Series) and isinstance(value.index, pd.DatetimeIndex):
        assert found.index.freq == value.index.freq


@pytest.mark.parametrize("value", VALUES[:5], ids=range(5))
def test_tables_cross_as_arrow(value: Any, tmp_path: Path) -> None:
    """Not as pickles; who only copies a value further reads the same one."""
    put_value(value, tmp_path / "value")
    assert (tmp_path / "value").read_bytes().startswith(b"ARROW1")
    assert_same(value, get_value(tmp_path / "value", lent=True))


def test_some_columns_are_read_alone(tmp_path: Path) -> None:
    """With the index, and their share of the size."""
    frame = VALUES[1].assign(y=1.0, z="much text " * 9)
    put_value(frame, tmp_path / "value")
    pd.testing.assert_frame_equal(get_value(tmp_path / "value", ["y"]), frame[["y"]])
    assert size_of(tmp_path / "value", ["y"]) < size_of(tmp_path / "value")


def test_a_removed_folder_stays_away(tmp_path: Path) -> None:
    """A job that nobody waited for writes nothing any more."""
    folder = tmp_path / "run"
    folder.mkdir()
    put_value(VALUES[1], piece_path(folder, "a", 0))
    remove(folder)
    for path in (piece_path(folder, "a", 1), whole_path(folder, "a")):
        with pytest.raises(FileNotFoundError):
            put_value(VALUES[1], path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("body", "used"),
    [
        ("df['a'] + df[['b', 'c']].sum(axis=1)", ("a", "b", "c")),
        ("df.index.size", ()),
        ("df[df['a'] > 0]['b']", None),
        ("df", None),
        ("df.mean()", None),
        ("df[name]", None),
        ("[df for df in [1]]", None),
    ],
)
def test_columns_are_used_as_far_as_the_text_shows(body: str, used: tuple[str, ...] | None) -> None:
    """Any other use of the table may need all of them."""
    graph = link_modules([(f"def node(df, name):\n    return {body}\n", "m.py")])
    assert ast.parse(body)
    assert used_columns(graph.node("node"), "df") == used


def test_nodes_that_do_not_read_each_other_are_apart() -> None:
    """Each group can be computed by another worker."""
    reads = {"a": (), "b": ("a",), "c": ("x",), "d": ("b", "c"), "e": ("x",)}
    assert components("abcde", reads.__getitem__) == [("a", "b", "c", "d"), ("e",)]
    assert components("ace", reads.__getitem__) == [("a",), ("c",), ("e",)]


@given(st.permutations(range(8)), st.integers(1, 3))
def test_rows_are_put_where_they_belong(order: list[int], number: int) -> None:
    """However the rows of the parts lie among all rows."""
    whole = pd.Series(np.arange(8.0))
    places = np.array_split(np.array(order), number)
    pieces = [Piece(whole.take(np.sort(each)), np.sort(each)) for each in places]
    keys = balanced(pd.Series([1], index=["k"]), 1)
    assert_same(whole, put_together(pieces, Order("rows", "df"), "k", keys))


def test_what_does_not_fit_into_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is read."""
    monkeypatch.setattr(job, "free_memory", lambda: 10_000_000)
    job._expect_room("df", 5_000_000, 1.2)
    with pytest.raises(
        DataflowError, match=r"DB344 all rows of 'df' are needed at once, .* about 9 MB, and 10 MB are free"
    ):
        job._expect_room("df", 9_000_000, 1.2)
