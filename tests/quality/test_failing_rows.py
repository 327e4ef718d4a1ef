"""The report of a condition that does not hold: the number of failing rows, their share, and the first of them."""

from __future__ import annotations

import pytest

from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.values.figures import percent
from tests.quality.books import book_of, details

FRAME = """%%inputs
x = pd.DataFrame({"city": ["A", "B", "A", "C"], "temp": [1.0, None, -300.0, 5.0]}, index=[10, 20, 30, 40])
"""


@pytest.mark.parametrize(
    ("condition", "detail"),
    [
        ('x["temp"] > -100', "2 of 4 rows (50 %), such as 20: temp=nan, 30: temp=-300"),
        ('x["temp"].dropna() > -100', "1 of 3 rows (33 %), such as 30: temp=-300"),
        ('~x.duplicated("city")', "1 of 4 rows (25 %), such as 30: city='A'"),
        ('x[["temp"]].notna()', "1 of 4 rows (25 %), such as 20: temp=nan"),
        ('x["city"].isin(["A", "B"]) & (x["temp"] > 0)', "3 of 4 rows (75 %), such as 20: city='B' temp=nan"),
        ('x["temp"].isna().mean() < 0.1', "it is 0.25"),
        ("len(x) == len(x.columns) + 1", "4 against 3"),
        ('x["temp"].to_numpy() < 2', "2 of 4 rows (50 %), such as 1: temp=nan, 3: temp=5"),
        (
            'pd.array([True, None, False, True], "boolean")',
            "2 of 4 rows (50 %), such as 1: city='B' temp=nan, 2: city='A' temp=-300",
        ),
        ("x.index.is_unique is False", "it is True"),
        ('x["nowhere"] > 0', "KeyError: 'nowhere'"),
    ],
)
def test_rows_of_a_frame(condition: str, detail: str) -> None:
    """Rows are named by their label and the columns that the condition looks at."""
    book = book_of(FRAME, f"%%check x\n{condition}  # said\nTrue")
    assert details(book, "check_x")["said"].startswith(detail)
    assert details(book, "check_x")["True"] == "held"


@pytest.mark.parametrize(
    ("value", "condition", "detail"),
    [
        ("pd.Series([3, -1, -2, 4], name='v')", "x >= 0", "2 of 4 rows (50 %), such as 1: -1, 2: -2"),
        ("np.arange(1000)", "x < 999", "1 of 1000 rows (0.1 %), such as 999: 999"),
        ("pl.Series('a', [1, None, 3])", "x < 3", "2 of 3 rows (67 %), such as 1: None, 2: 3"),
        ("pl.DataFrame({'a': [1, 2]})", "x['a'] < 2", "1 of 2 rows (50 %), such as 1: a=2"),
        ("pa.array([1, 2])", "pc.less(x, 2)", ""),
        ("pd.Series([1, 2], index=[7, 7])", "x[x > 1] > 5", "1 of 1 rows (100 %), such as 7"),
    ],
)
def test_rows_of_other_values(value: str, condition: str, detail: str) -> None:
    """Series, arrays and the frames of other libraries have the same report."""
    libraries = "%%setup\nimport polars as pl\nimport pyarrow as pa\nimport pyarrow.compute as pc"
    book = book_of(libraries, f"%%inputs\nx = {value}", f"%%check x\n{condition}  # said")
    assert details(book, "check_x")["said"] == detail or not detail


def test_the_numbers_are_there_for_programs() -> None:
    """Count, rows, share and sample are in the result, not only in its text."""
    result = book_of(FRAME, '%%check x\nx["temp"] > -100  # said').value("check_x")
    assert isinstance(result, CheckResult)
    (condition,) = result.conditions
    assert condition.failing is not None
    assert (condition.failing.count, condition.failing.rows, condition.failing.share) == (2, 4, 0.5)
    assert condition.failing.sample == ("20: temp=nan", "30: temp=-300")


def test_a_schema_names_its_broken_rules() -> None:
    """Every rule of a pandera schema that is broken, with its rows, in one condition."""
    schema = (
        "%%setup\nimport pandera.pandas as pa\n"
        'S = pa.DataFrameSchema({"temp": pa.Column(float, pa.Check.ge(-100), nullable=True), "city": pa.Column(str, pa.Check.isin(["A"]))})'
    )
    book = book_of(schema, FRAME, "%%check x\nS  # as agreed")
    said = details(book, "check_x")["as agreed"]
    assert "temp: greater_than_or_equal_to(-100) (1 rows)" in said
    assert "city: isin(['A']) (2 rows)" in said
    assert "3 of 4 rows (75 %)" in said


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (1, "100 %"), (0.4, "40 %"), (0.001, "0.1 %"), (1e-9, "< 0.01 %"), (0.9999999, "99.99 %")],
)
def test_shares_never_round_to_none_or_all(share: float, text: str) -> None:
    """0 % and 100 % mean none and all."""
    assert percent(share) == text
