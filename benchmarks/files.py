"""A production run on a file: `dagbook run` beside a pandas script that reads, computes and writes the same."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.clock import Results, program_cpu
from benchmarks.notebooks import write_cells

PAIRS = 3
CELLS = (
    "%%setup\nimport pandas as pd",
    "%%inputs\nsales: pd.DataFrame = pd.DataFrame({'shop': [1, 2], 'day': pd.to_datetime(['2024-01-01', '2024-01-02']), "
    "'city': ['Aarhus', 'Berlin'], 'amount': [1.5, 2.5]})",
    "%%node mean\nsales.groupby('shop')['amount'].transform('mean')",
    "%%node weekday\nsales['day'].dt.day_of_week",
    "%%node above\nsales['amount'] / mean",
)
SCRIPT = """import pandas as pd

types = {"shop": "int64", "city": "str", "amount": "float64"}
sales = pd.read_csv("sales.csv", dtype=types, parse_dates=["day"], date_format="ISO8601")
mean = sales.groupby("shop")["amount"].transform("mean")
weekday = sales["day"].dt.day_of_week
above = sales["amount"] / mean
pd.DataFrame({"mean": mean, "weekday": weekday, "above": above}).to_csv("plain.csv")
"""


def share(rows: int) -> Results:
    """CPU time of the command as a share of the script's; the two take turns, and write the same bytes.

    Raises:
        ValueError: they do not.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _sales(rows).to_csv(folder / "sales.csv", index=False)
        write_cells(folder / "nb.ipynb", CELLS)
        (folder / "plain.py").write_text(SCRIPT)
        options = ("--input=sales=sales.csv", "--outputs", "mean,weekday,above", "-o", "ours.csv")
        script = (sys.executable, "plain.py")
        command = (sys.executable, "-m", "kernel_magics", "run", "nb.ipynb", *options)
        pairs = [
            (program_cpu(*command, folder=folder), program_cpu(*script, folder=folder)) for _ in range(PAIRS)
        ]
        if (folder / "plain.csv").read_bytes() != (folder / "ours.csv").read_bytes():
            raise ValueError("the command and the script do not write the same")
        return {"files": statistics.median(ours / plain for ours, plain in pairs)}


def _sales(rows: int) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 365, rows), unit="D")
    return pd.DataFrame(
        {
            "shop": draw.integers(0, 500, rows),
            "day": days.strftime("%Y-%m-%d"),
            "city": draw.choice(["Aarhus", "Berlin", "Cairo", "Delhi"], rows),
            "amount": draw.normal(50, 10, rows).round(2),
        }
    )
