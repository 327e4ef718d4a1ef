"""A small project for the tests of pipelines: a notebook, input files and a pipeline file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.notebook_file import write_notebook

CELLS = (
    "%%setup\nimport pandas as pd",
    "%%inputs\n"
    "customers: pd.DataFrame = pd.DataFrame({'customer': ['a', 'b'], 'city': ['X', 'Y']})\n"
    "orders: pd.DataFrame = pd.DataFrame({'customer': ['a', 'a', 'b'], 'euro': [1.0, 2.0, 4.0], 'day': ['2026-01-01'] * 3})",
    "%%params\nscale: float = 1.0\nday: str = '2026-01-01'",
    "%%node spend\n# What each customer spent.\norders.groupby('customer')['euro'].sum() * scale",
    "%%node count\norders.groupby('customer').size()",
    "%%node home\ncustomers.set_index('customer')['city'].reindex(spend.index)",
    "%%node rates --fitted\nspend.groupby(home).mean().to_dict()",
    "%%node score\nspend - home.map(rates)",
    "%%check orders\norders['euro'] >= 0  # nobody is paid for an order",
)
PIPELINE = """\
name: shop_daily
schedule: "0 5 * * *"
module: shop.ipynb
inputs:
  customers: data/customers.csv
  orders: {path: "data/orders/{day}.csv"}
params: {day: "{{ ds }}", scale: 2.0}
stages:
  features: {outputs: [spend, count], write: "out/features/{day}.parquet"}
  score:
    outputs: [score]
    write: "out/score/{day}.parquet"
"""
DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")


def make_project(folder: Path, text: str = PIPELINE, *cells: str) -> Path:
    """Write the project; returns the pipeline file."""
    write_notebook(folder / "shop.ipynb", list(cells or CELLS))
    (folder / "data" / "orders").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "customers.csv").write_text("customer,city\na,X\nb,Y\nc,X\n")
    for number, day in enumerate(DAYS):
        write_orders(folder, day, number)
    path = folder / "pipeline.yaml"
    path.write_text(text)
    return path


def write_orders(folder: Path, day: str, number: int = 0) -> None:
    """The orders of one day."""
    rows = pd.DataFrame({"customer": list("abca"), "euro": [1.5 + number, 2.0, 3.25, 0.25], "day": day})
    rows.to_csv(folder / "data" / "orders" / f"{day}.csv", index=False)
