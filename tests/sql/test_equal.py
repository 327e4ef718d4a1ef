"""SQL nodes give what pandas gives: joins, windows, groups, NULLs, dates, decimals, within the rules for dtypes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

from tests.quality.books import book_of

SETUP = "%%setup\nimport pandas as pd\nfrom decimal import Decimal"
INPUTS = (
    "%%inputs\n"
    "orders: pd.DataFrame = pd.DataFrame({\n"
    "    'id': [1, 2, 3, 4, 5, 6],\n"
    "    'customer': ['a', 'b', 'a', None, 'c', 'b'],\n"
    "    'amount': [10.0, 20.0, None, 5.0, 7.5, 2.5],\n"
    "    'units': [1, 2, 3, 4, 5, 6],\n"
    "    'day': pd.to_datetime(['2024-01-31', '2024-02-01', '2024-02-29', '2024-03-01', None, '2024-12-31']),\n"
    "})\n"
    "customers: pd.DataFrame = pd.DataFrame({'customer': ['a', 'b', 'd'], 'country': ['DE', 'FR', 'DE']})"
)
PARAMS = "%%params\nleast: float = 5.0\ncountry: str = 'DE'"
Frame = pd.DataFrame
QUERIES: dict[str, Callable[[Frame, Frame], Frame]] = {
    "SELECT * FROM orders": lambda o, c: o,
    "SELECT id, amount FROM orders WHERE amount > $least ORDER BY id": lambda o, c: o[o.amount > 5][
        ["id", "amount"]
    ],
    "SELECT id FROM orders WHERE amount IS NULL": lambda o, c: o[o.amount.isna()][["id"]],
    "SELECT id, coalesce(amount, 0) AS amount FROM orders": lambda o, c: o[["id"]].assign(
        amount=o.amount.fillna(0)
    ),
    "SELECT id, amount * units AS total FROM orders": lambda o, c: o[["id"]].assign(total=o.amount * o.units),
    "SELECT DISTINCT customer FROM orders WHERE customer IS NOT NULL ORDER BY customer": lambda o, c: Frame(
        {"customer": sorted(o.customer.dropna().unique())}
    ),
    "SELECT count(*) AS n, count(amount) AS known FROM orders": lambda o, c: Frame(
        {"n": [len(o)], "known": [o.amount.count()]}
    ),
    "SELECT customer, sum(amount) AS s FROM orders GROUP BY customer ORDER BY customer NULLS LAST": lambda o, c: (
        o.groupby("customer", dropna=False).amount.sum(min_count=1).rename("s").reset_index()
    ),
    "SELECT customer, avg(amount) AS m, min(units) AS low FROM orders WHERE customer IS NOT NULL "
    "GROUP BY customer ORDER BY customer": lambda o, c: (
        o.groupby("customer").agg(m=("amount", "mean"), low=("units", "min")).reset_index()
    ),
    "SELECT customer, count(*) AS n FROM orders WHERE customer IS NOT NULL GROUP BY customer HAVING count(*) > 1 "
    "ORDER BY customer": lambda o, c: o.groupby("customer").size().rename("n").reset_index().query("n > 1"),
    "SELECT stddev_samp(amount) AS s, median(amount) AS m FROM orders": lambda o, c: Frame(
        {"s": [o.amount.std()], "m": [o.amount.median()]}
    ),
    "SELECT quantile_cont(amount, 0.25) AS q FROM orders": lambda o, c: Frame(
        {"q": [o.amount.quantile(0.25)]}
    ),
    "SELECT o.id, c.country FROM orders o JOIN customers c ON o.customer = c.customer ORDER BY o.id": lambda o, c: (
        o.merge(c, on="customer").sort_values("id")[["id", "country"]]
    ),
    "SELECT id, country FROM orders LEFT JOIN customers USING (customer) ORDER BY id": lambda o, c: o.merge(
        c, on="customer", how="left"
    ).sort_values("id")[["id", "country"]],
    "SELECT c.customer, o.id FROM orders o RIGHT JOIN customers c USING (customer) ORDER BY c.customer, o.id": lambda o, c: (
        o.merge(c, on="customer", how="right").sort_values(["customer", "id"])[["customer", "id"]]
    ),
    "SELECT c.customer FROM customers c ANTI JOIN orders o USING (customer)": lambda o, c: c[
        ~c.customer.isin(o.customer)
    ][["customer"]],
    "SELECT id FROM orders WHERE customer IN (SELECT customer FROM customers WHERE country = $country) ORDER BY id": lambda o, c: (
        o[o.customer.isin(c[c.country == "DE"].customer)][["id"]]
    ),
    "SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM customers c WHERE c.customer = o.customer) ORDER BY id": lambda o, c: (
        o[o.customer.isin(c.customer)][["id"]]
    ),
    "SELECT a.id AS one, b.id AS two FROM orders a, customers c, orders b "
    "WHERE a.customer = c.customer AND b.customer = c.customer AND a.id < b.id ORDER BY one": lambda o, c: (
        o.merge(c, on="customer")
        .merge(o, on="customer")
        .query("id_x < id_y")
        .rename(columns={"id_x": "one", "id_y": "two"})[["one", "two"]]
        .sort_values("one")
    ),
    "SELECT id, sum(units) OVER (ORDER BY id)::BIGINT AS running FROM orders ORDER BY id": lambda o, c: o[
        ["id"]
    ].assign(running=o.units.cumsum()),
    "SELECT id, lag(units) OVER (ORDER BY id) AS before FROM orders ORDER BY id": lambda o, c: o[
        ["id"]
    ].assign(before=o.units.shift()),
    "SELECT id, row_number() OVER (PARTITION BY customer ORDER BY id) AS n FROM orders WHERE customer IS NOT NULL "
    "ORDER BY id": lambda o, c: o.dropna(subset=["customer"])[["id"]].assign(
        n=o.dropna(subset=["customer"]).groupby("customer").cumcount() + 1
    ),
    "SELECT id, avg(units) OVER (ORDER BY id ROWS 2 PRECEDING) AS m FROM orders ORDER BY id": lambda o, c: o[
        ["id"]
    ].assign(m=o.units.rolling(3, min_periods=1).mean()),
    "SELECT id, amount / sum(amount) OVER (PARTITION BY customer) AS share FROM orders WHERE customer = 'b' "
    "ORDER BY id": lambda o, c: o[o.customer == "b"][["id"]].assign(
        share=o[o.customer == "b"].amount / o[o.customer == "b"].amount.sum()
    ),
    "SELECT id FROM orders QUALIFY row_number() OVER (PARTITION BY customer ORDER BY units DESC) = 1 ORDER BY id": lambda o, c: (
        o.sort_values("units", ascending=False)
        .groupby("customer", dropna=False)
        .head(1)
        .sort_values("id")[["id"]]
    ),
    "SELECT id, year(day) AS y, month(day) AS m FROM orders WHERE day IS NOT NULL ORDER BY id": lambda o, c: (
        o.dropna(subset=["day"])[["id"]].assign(y=o.day.dt.year, m=o.day.dt.month)
    ),
    "SELECT id, day + INTERVAL 1 DAY AS next FROM orders ORDER BY id": lambda o, c: o[["id"]].assign(
        next=o.day + pd.Timedelta(days=1)
    ),
    "SELECT date_trunc('month', day)::TIMESTAMP AS month, count(*) AS n FROM orders WHERE day IS NOT NULL "
    "GROUP BY 1 ORDER BY 1": lambda o, c: (
        o.dropna(subset=["day"])
        .groupby(o.day.dt.to_period("M").dt.to_timestamp())
        .size()
        .rename("n")
        .rename_axis("month")
        .reset_index()
    ),
    "SELECT sum(units::DECIMAL(10, 2)) / 4 AS d FROM orders": lambda o, c: Frame({"d": [o.units.sum() / 4]}),
    "SELECT customer FROM orders WHERE customer IS NOT NULL UNION SELECT customer FROM customers ORDER BY customer": lambda o, c: (
        Frame({"customer": sorted({*o.customer.dropna(), *c.customer})})
    ),
    "WITH big AS (SELECT * FROM orders WHERE amount >= $least) SELECT country, count(*) AS n FROM big "
    "JOIN customers USING (customer) GROUP BY country ORDER BY country": lambda o, c: (
        o[o.amount >= 5].merge(c, on="customer").groupby("country").size().rename("n").reset_index()
    ),
    "SELECT id, CASE WHEN amount > 5 THEN 'big' ELSE 'small' END AS size FROM orders ORDER BY id": lambda o, c: (
        o[["id"]].assign(size=(o.amount > 5).map({True: "big", False: "small"}))
    ),
    "SELECT upper(country) || '-' || customer AS key FROM customers ORDER BY key": lambda o, c: Frame(
        {"key": sorted(c.country.str.upper() + "-" + c.customer)}
    ),
}


def test_thirty_queries_give_what_pandas_gives() -> None:
    """Values, column names and the order of rows are those of pandas; dtypes as the guide's table says."""
    assert len(QUERIES) >= 30
    cells = [f"%%node q{number} --sql\n{text}" for number, text in enumerate(QUERIES)]
    book = book_of(SETUP, INPUTS, PARAMS, *cells)
    values = {name: memo.value for name, memo in book.session.memos.items()}
    orders, customers = values["orders"], values["customers"]
    for number, (text, pandas) in enumerate(QUERIES.items()):
        found, expected = values[f"q{number}"], pandas(orders, customers).reset_index(drop=True)
        assert isinstance(found, pd.DataFrame), text
        try:
            pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_column_type=False)
        except AssertionError as error:
            raise AssertionError(f"{text}\n{error}") from None


@pytest.mark.parametrize(
    ("expression", "dtype"),
    [
        ("units", "int64"),
        ("sum(units)", "float64"),
        ("sum(units)::BIGINT", "int64"),
        ("count(*)", "int64"),
        ("avg(units)", "float64"),
        ("sum(amount)", "float64"),
        ("lag(units) OVER (ORDER BY id)", "Int64"),
        ("units::DECIMAL(10, 2)", "float64"),
        ("amount > 5", "boolean"),
        ("units > 5", "bool"),
        ("customer", "str"),
        ("day", "datetime64"),
        ("DATE '2024-01-31'", "datetime64"),
    ],
)
def test_dtypes_are_those_of_the_guide(expression: str, dtype: str) -> None:
    """The table of dtypes in the guide is true."""
    book = book_of(SETUP, INPUTS, f"%%node q --sql\nSELECT {expression} AS x FROM orders")
    found = str(book.session.memos["q"].value["x"].dtype)
    assert re.match(dtype, found), found
