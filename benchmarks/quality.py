"""What do checks and profiles cost? CPU seconds beside those of computing the features that they look at.

    python -m benchmarks.quality [--features 1000] [--rows 100000]

Two mixes of features: lags, windows and shares by group, as the weather notebook has them, and flat arithmetic,
shifts, windows and ranks. Each feature has two conditions (a range and few gaps) and a profile, as in `dagbook run`:
when its value is there. All has run on a few rows before, so that no compiling of functions is measured; an
exported module needs none. Also measured: the import of SciPy, and comparing a wide frame with an edited one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.flow import Flow
from kernel_magics.quality.impact import impact
from kernel_magics.quality.profile import profile
from kernel_magics.values import VALUES

FLAT = (
    "x * {k} + 1",
    "np.log1p(x.abs()) * {k}",
    "x.shift({k})",
    "x.diff({k}).fillna(0)",
    "x.rolling({k} + 2, min_periods=1).mean()",
    "x.rolling({k} + 2, min_periods=1).max()",
    "x.ewm(span={k} + 2).mean()",
    "x.groupby(group).transform('mean') * {k}",
    "(x - x.mean()) / x.std() + {k}",
    "x.rank(pct=True)",
)
GROUPED = (
    "x.groupby(group).shift({k})",
    "x - x.groupby(group).shift({k})",
    "x.groupby(group).rolling({k} + 2, min_periods=1).agg('mean').droplevel(0)",
    "x.groupby(group).rolling({k} + 2, min_periods=1).agg('max').droplevel(0)",
    "x.groupby(group).rolling({k} + 2, min_periods=1).agg('sum').droplevel(0)",
    "x - x.groupby(group).rolling(24 * {k}, min_periods=1).agg('mean').droplevel(0)",
    "x / x.groupby(group).transform('sum')",
    "x * {k} > 0.5",
)
MIXES = {"grouped, as in notebooks/weather_features.ipynb": GROUPED, "flat": FLAT}


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of a call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def flow_of(bodies: tuple[str, ...], features: int, rows: int) -> Dataflow:
    """A dataflow of many features over one input."""
    rng = np.random.default_rng(0)
    frame = {"x": pd.Series(rng.normal(size=rows)), "group": pd.Series(rng.integers(0, 100, rows))}
    extra = ' --check "-1e9 <= value <= 1e9" --check "nulls <= 20%"'
    cells = [
        "%%setup\nimport numpy as np\nimport pandas as pd",
        "%%inputs\nx: pd.Series = None\ngroup: pd.Series = None",
    ]
    cells += [
        f"%%node f{number}{extra}\n{bodies[number % len(bodies)].format(k=number // len(bodies) % 48 + 1)}"
        for number in range(features)
    ]
    session = Session(VALUES)
    found = [read_cell(text, f"c{number}", f"[{number}]") for number, text in enumerate(cells)]
    session.register(*(cell for cell in found if cell is not None), load=False)
    flow = Dataflow(Flow(session.graph, session.runtime, session))
    flow.given = frame  # type: ignore[attr-defined]
    return flow


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--features", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=100_000)
    asked = parser.parse_args()
    for name, bodies in MIXES.items():
        print(f"{asked.features} features x {asked.rows} rows, {name}; CPU seconds")
        _share(bodies, asked.features, asked.rows)
    _impact()
    scipy = [_import_time("scipy.stats"), _import_time("pandas")]
    print(f"importing scipy.stats after pandas: {scipy[0] - scipy[1]:.2f} s (pandas {scipy[1]:.2f} s)")


class Spent:
    """Follows a run as `dagbook run` does: every value is profiled when it is there; CPU seconds by what was done."""

    def __init__(self) -> None:
        self.compute = self.checks = self.profiles = self._began = 0.0

    def __call__(self, event: Event) -> None:
        """Add up the time since the node began, and that of the profile."""
        now = time.process_time()
        if isinstance(event, Finished) and isinstance(event.value, CheckResult):
            self.checks += now - self._began
        elif isinstance(event, Finished):
            self.compute += now - self._began
            profile(event.value)
            self.profiles += time.process_time() - now
        self._began = time.process_time()


def _share(bodies: tuple[str, ...], features: int, rows: int) -> None:
    flow = flow_of(bodies, features, rows)
    given = flow.given  # type: ignore[attr-defined]
    names = list(flow.nodes)
    few = {name: value.head(100) for name, value in given.items()}
    with warnings.catch_warnings(action="ignore"):
        flow.run(names, inputs=few, checks="warn")
    spent, step = Spent(), 50  # so that not all values stand in memory at once
    for start in range(0, len(names), step):
        flow.run(names[start : start + step], inputs=given, on_event=spent)
    both = spent.checks + spent.profiles
    print(f"computing            {spent.compute:8.2f}")
    print(f"checks               {spent.checks:8.2f}  {spent.checks / spent.compute:6.1%}")
    print(f"profiles             {spent.profiles:8.2f}  {spent.profiles / spent.compute:6.1%}")
    print(f"checks and profiles  {both:8.2f}  {both / spent.compute:6.1%}")


def _impact() -> None:
    old = pd.DataFrame(np.random.default_rng(0).normal(size=(100_000, 500))).rename(columns=str)
    new = old.copy(deep=False)
    new["7"] = new["7"] * 1.1
    impact(["x"], {"x": old}, {"x": new}, ["x"])
    seconds = cpu(lambda: impact(["x"], {"x": old}, {"x": new}, ["x"]))
    print(
        f"impact on a frame of 500 x 100000, one column edited: {seconds * 1000:.0f} ms, pandas' compare of it:",
        end=" ",
    )
    print(f"{cpu(lambda: old.compare(new)) * 1000:.0f} ms")


def _import_time(name: str) -> float:
    code = f"import time, pandas; s = time.process_time(); import {name}; print(time.process_time() if '{name}' == 'pandas' else time.process_time())"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
        for _ in range(3)
    ]
    return min(runs)


if __name__ == "__main__":
    main()
