"""A production run on a file: `dagbook run` beside a pandas script that reads, computes and writes the same."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.clock import Results, process_cpu
from benchmarks.notebooks import write_cells

CELLS = (
    "%%setup\nimport pandas as pd",
    "%%inputs\nsales: pd.DataFrame = pd.DataFrame({'shop': [1, 2], 'day': pd.to_datetime(['2024-01-01', '2024-01-02']), "
    "'city': ['Aarhus', 'Berlin'], 'amount': [1.5, 2.5]})",
    "%%node mean\nsales.groupby('shop')['amount'].transform('mean')",
    "%%node weekday\nsales['day'].dt.dayofweek",
    "%%node above\nsales['amount'] / mean",
)
SCRIPT = """import pandas as pd

sales = pd.read_csv("sales.csv", parse_dates=["day"])
mean = sales.groupby("shop")["amount"].transform("mean")
weekday = sales["day"].dt.dayofweek
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
        plain = process_cpu(sys.executable, "plain.py", repeats=1, folder=folder)
        options = ("--input=sales=sales.csv", "--outputs", "mean,weekday,above", "-o", "ours.csv")
        ours = process_cpu(
            sys.executable, "-m", "kernel_magics", "run", "nb.ipynb", *options, repeats=1, folder=folder
        )
        if (folder / "plain.csv").read_bytes() != (folder / "ours.csv").read_bytes():
            raise ValueError("the command and the script do not write the same")
        return {"files": ours / plain}


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
