"""A column that a table does not have is told with the columns that it has, whatever asks for it."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from kernel_magics.engine.run.columns import column_hint
from kernel_magics.engine.session.session import Session
from kernel_magics.values import VALUES
from tests.engine.driver import Notebook

WRONG = (
    "df['dya']",
    "df.dya",
    "df[['dya', 'clicks']]",
    "df.groupby('dya').sum()",
    "df.groupby('clicks')['dya'].sum()",
    "df.groupby('clicks').agg({'dya': 'sum'})",
    "df.groupby('clicks').agg(x=('dya', 'sum'))",
    "df.sort_values(['clicks', 'dya'])",
    "df.merge(other, on='dya')",
    "other.merge(df, left_on='day', right_on='dya')",
    "df.drop(columns=['dya'])",
    "df.set_index('dya')",
    "df.loc[:, 'dya']",
    "df.query('dya > 1')",
    "df.assign(x=lambda d: d.dya)",
    "df.dropna(subset=['dya'])",
    "df.astype({'dya': int})",
    "df.rename(columns={'dya': 'x'}, errors='raise')",
    "df.nlargest(2, 'dya')",
    "lazy.select('dya').collect()",
    "polars['dya']",
    "polars.group_by('dya').len()",
    "table.column('dya')",
)
OTHER = (
    "{'day': 1}['dya']",
    "df.loc[7]",
    "df['day'].loc[9]",
    "df.loc[9, 'day']",
    "[1][2]",
    "len(dya)",
    "df.day.dya",
)


def made(code: str) -> BaseException:
    """What the code raises."""
    df = pd.DataFrame({"day": [1, 2], "clicks": [3, 4]})
    polars = pl.DataFrame({"day": [1, 2], "clicks": [3, 4]})
    known = {
        "df": df,
        "other": pd.DataFrame({"day": [1], "cost": [2]}),
        "polars": polars,
        "lazy": polars.lazy(),
        "table": pa.table({"day": [1], "clicks": [3]}),
    }
    try:
        eval(code, {}, known)
    except Exception as error:
        return error
    raise AssertionError(f"{code} works")


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_name_and_the_right_ones(code: str) -> None:
    """The kind: calls that name a column; the hint has the name meant, and the columns of the table asked."""
    hint = column_hint(made(code))
    assert hint.startswith("did you mean 'day'? Columns: day, "), hint


@pytest.mark.parametrize("code", OTHER)
def test_errors_that_are_about_no_column(code: str) -> None:
    """Keys of dicts, labels of rows and attributes of columns are no columns."""
    assert column_hint(made(code)) == ""


def test_the_error_of_a_node_and_of_a_check() -> None:
    """The hint stands in the error, before the inputs; of a wide table the first columns do."""
    book = Notebook(Session(VALUES))
    book.run("s", "%%setup\nimport pandas as pd")
    book.run("i", "%%inputs\ndf: pd.DataFrame = pd.DataFrame({f'day_{k}': [k] for k in range(40)})")
    book.run("a", "%%node total\nx = 1\ndf['dya_7'].sum()")
    error = book.session.memos["total"].error
    assert error is not None
    assert error.hint.startswith("did you mean 'day_7'? Columns: day_0, day_1, ")
    assert "day_19 and 20 more. Inputs were df=DataFrame of 1 row x 40 columns." in error.hint
