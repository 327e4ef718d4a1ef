"""Outputs with the same rows are one table; others are refused with their groups, or have a file each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kernel_magics.engine.errors import RunError
from kernel_magics.tables.outputs import one_table, several_tables

DAYS = pd.date_range("2026-01-01", periods=3, name="day")
A = pd.Series([1.0, 2.0, 3.0], DAYS)
SHOP = pd.Series([1, 2], pd.Index(["a", "b"], name="shop"))


def groups(**values: Any) -> dict[str, list[str]]:
    """The columns of each file."""
    return {
        name: list(map(str, table.columns)) if hasattr(table, "columns") else [type(table).__name__]
        for name, table in several_tables(values).items()
    }


def test_the_same_rows_stand_side_by_side() -> None:
    """Series of equal indexes, arrays and lists as long, scalars, and the columns of frames."""
    frame = one_table(
        {
            "a": A,
            "b": A.to_numpy() * 2,
            "c": [7, 8, 9],
            "d": 5,
            "e": pd.DataFrame({"x": A.set_axis(DAYS.copy())}),
        },
        "o.csv",
    )
    assert list(frame.columns) == ["a", "b", "c", "d", "x"]
    assert frame.index.equals(DAYS)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"a": A, "n": SHOP, "m": SHOP * 2}, "'a' (index day, 3 rows); 'n', 'm' (index shop, 2 rows)"),
        ({"a": A, "later": A.iloc[1:]}, "'a' (index day, 3 rows); 'later' (index day, 2 rows)"),
        ({"a": A, "sorted": A.sort_values(ascending=False)}, "'a' (index day, 3 rows); 'sorted'"),
        ({"a": A, "d": {"x": 1}}, "'a' (index day, 3 rows); 'd' (a dict)"),
        ({"p": pl.Series([1, 2]), "q": pl.Series([1])}, "'p' (2 rows); 'q' (1 row)"),
        ({"p": np.array([1, 2]), "q": [1, 2, 3]}, "'p' (2 rows); 'q' (3 rows)"),
    ],
)
def test_different_rows_are_no_one_table(values: dict[str, Any], words: str) -> None:
    """Nothing is aligned with gaps: the message names the groups and the way to write them."""
    with pytest.raises(RunError) as caught:
        one_table(values, "o.csv")
    assert caught.value.code == "DB307"
    assert words in caught.value.message
    assert "-o FOLDER/" in caught.value.hint


def test_a_folder_has_a_file_for_each_index() -> None:
    """Each is called by its first output; equal column names and what is no table need files of their own."""
    assert groups(a=A, n=SHOP, b=A * 2, mean=2.0) == {"a": ["a", "b", "mean"], "n": ["n"]}
    one, other = pd.DataFrame({"x": A, "y": A}), pd.DataFrame({"x": A})
    assert groups(one=one, other=other, a=A) == {"one": ["x", "y", "a"], "other": ["x"]}
    assert groups(d={"x": 1}, a=A) == {"d": ["dict"], "a": ["a"]}
    assert groups(n=3, m=4) == {"n": ["n", "m"]}


def test_two_outputs_with_one_column_name_are_named() -> None:
    """A column never takes the place of another."""
    with pytest.raises(RunError, match="'b' cannot become a column: the column 'x' exists already"):
        one_table({"a": pd.DataFrame({"x": A}), "b": pd.DataFrame({"x": A})}, "o.csv")


def test_one_output_stays_what_it_is() -> None:
    """A frame keeps its labels, and JSON holds a list or a dict as it is."""
    frame = pd.DataFrame([[1, 2]])
    assert one_table({"a": frame}, "o.csv") is frame
    assert one_table({"a": [1, 2]}, "o.json") == [1, 2]
    assert one_table({"a": [1, 2]}, "o.csv")["a"].tolist() == [1, 2]
    assert one_table({"a": A}, "o.json")["a"].tolist() == [1.0, 2.0, 3.0]
