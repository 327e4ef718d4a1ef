"""The example notebooks, each run once for all tests that look at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.notebooks.running import Run, run_notebook

KEPT = {
    "from_hamilton": ("ours_total", "same"),
    "churn_model": ("fleet", "score", "auc"),
    "quickstart": (
        "cost_per_signup", "avg_spend", "spend_change", "spend_vs_average", "signups_lag_2", "what_if",
    ),
    "churn_features": (
        "customers", "events", "members", "days_silent", "spent", "logins_recent", "spent_net", "then",
    ),
    "weather_features": (
        "weather", "flights", "temperature", "temperature_lag_24", "rain_sum_6", "wind_speed", "crosswind",
        "hour_of_day", "weekday", "hours_dry", "scheduled", "scheduled_next_1", "delay_mean_3",
        "late_share_1", "overdue", "delay_elsewhere", "target",
    ),
}  # fmt: skip


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """A function that gives the run of an example, and runs it only once."""
    runs: dict[str, Run] = {}

    def give(name: str) -> Run:
        if name not in runs:
            runs[name] = run_notebook(name, tmp_path_factory.mktemp(name), KEPT[name])
        return runs[name]

    return give
