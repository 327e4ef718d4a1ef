"""Worlds are synthetic sources for the benchmark of drafted checks: each makes batches that differ as real ones do.

A batch has its own number of rows, level, mix of categories, rate of gaps and season. `SEEN` worlds were looked at
while the rules were written; `UNSEEN` ones were made afterwards and never tuned on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

Rng = np.random.Generator


@dataclass(frozen=True)
class World:
    """A source: its table, and the notebook that makes features of it."""

    name: str
    table: Callable[[Rng], pd.DataFrame]
    cells: tuple[str, ...]


def gaps(rng: Rng, values: np.ndarray, rate: float) -> np.ndarray:
    """Values with some of them missing, at a rate that differs between batches."""
    values = values.astype(float)
    values[rng.random(len(values)) < rate * rng.uniform(0.5, 1.5)] = np.nan
    return values


def mix(rng: Rng, shares: dict[str, float], rows: int) -> np.ndarray:
    """Categories whose shares move by a quarter between batches."""
    moved = np.array(list(shares.values())) * rng.uniform(0.75, 1.25, len(shares))
    return rng.choice(list(shares), rows, p=moved / moved.sum())


def orders(rng: Rng) -> pd.DataFrame:
    """A web shop."""
    rows = int(rng.integers(600, 2500))
    level = rng.uniform(0.85, 1.15)
    return pd.DataFrame(
        {
            "order_id": np.arange(rows) + int(rng.integers(1, 10**6)),
            "country": mix(rng, {"US": 0.5, "DE": 0.25, "FR": 0.15, "JP": 0.1}, rows),
            "amount": rng.lognormal(3.4, 0.8, rows) * level,
            "items": rng.poisson(2.2 * level, rows) + 1,
            "discount": np.where(rng.random(rows) < 0.4, rng.beta(2, 8, rows), 0.0),
            "age": gaps(rng, rng.normal(41, 12, rows).clip(18, 90).round(), 0.05),
        }
    )


def sensors(rng: Rng) -> pd.DataFrame:
    """Hourly readings of four machines."""
    hours = int(rng.integers(24 * 14, 24 * 40))
    time = pd.date_range("2024-01-01", periods=hours, freq="h") + pd.Timedelta(days=int(rng.integers(0, 300)))
    frame = pd.DataFrame(
        [(moment, machine) for moment in time for machine in ("m1", "m2", "m3", "m4")],
        columns=["time", "machine"],
    )
    rows = len(frame)
    daily = np.sin(2 * np.pi * frame["time"].dt.hour / 24)
    frame["temperature"] = gaps(rng, 60 + rng.uniform(-4, 4) + 8 * daily + rng.normal(0, 3, rows), 0.02)
    frame["pressure"] = gaps(rng, rng.normal(1013 + rng.uniform(-5, 5), 8, rows), 0.02)
    frame["vibration"] = gaps(rng, rng.gamma(2.0, 0.4 * rng.uniform(0.85, 1.15), rows), 0.03)
    frame["duty"] = rng.beta(5, 3, rows)
    return frame


def visits(rng: Rng) -> pd.DataFrame:
    """Sessions on a site, not looked at while tuning."""
    rows = int(rng.integers(500, 3000))
    level = rng.uniform(0.8, 1.2)
    return pd.DataFrame(
        {
            "visit_id": np.arange(rows) + int(rng.integers(1, 10**7)),
            "channel": mix(rng, {"organic": 0.45, "paid": 0.3, "mail": 0.15, "direct": 0.1}, rows),
            "seconds": gaps(rng, rng.gamma(1.6, 70 * level, rows), 0.03),
            "pages": rng.geometric(0.3, rows),
            "scroll_share": rng.beta(2, 2, rows),
            "balance": rng.normal(20 * level, 150, rows),
        }
    )


def loans(rng: Rng) -> pd.DataFrame:
    """Applications for loans, not looked at while tuning."""
    rows = int(rng.integers(400, 2000))
    level = rng.uniform(0.88, 1.12)
    return pd.DataFrame(
        {
            "application_id": np.arange(rows) + int(rng.integers(1, 10**7)),
            "purpose": mix(rng, {"car": 0.4, "home": 0.35, "study": 0.25}, rows),
            "income": gaps(rng, rng.lognormal(10.4, 0.5, rows) * level, 0.08),
            "amount": (rng.lognormal(9.2, 0.7, rows) * level).round(-2),
            "months": rng.choice([12, 24, 36, 48, 60], rows),
            "score": rng.normal(650 + rng.uniform(-15, 15), 70, rows).clip(300, 850).round(),
        }
    )


SEEN = (
    World(
        "orders",
        orders,
        (
            '%%setup\nCURRENCY = {"US": 1.0, "DE": 1.1, "FR": 1.1, "JP": 0.0067}',
            '%%node value\ntable["amount"] * table["country"].map(CURRENCY) * (1 - table["discount"])',
            '%%node per_item\nvalue / table["items"]',
            '%%node by_country\nvalue.groupby(table["country"]).mean()',
        ),
    ),
    World(
        "sensors",
        sensors,
        (
            '%%node load\ntable["duty"] * table["vibration"]',
            '%%node hot\ntable["temperature"] > 70',
            '%%node smooth\ntable.groupby("machine")["temperature"].rolling(6, min_periods=1).mean().droplevel(0).sort_index()',
        ),
    ),
)
UNSEEN = (
    World(
        "visits",
        visits,
        (
            '%%node pace\ntable["seconds"] / table["pages"]',
            '%%node engaged\n(table["seconds"] > 60) & (table["scroll_share"] > 0.5)',
        ),
    ),
    World(
        "loans",
        loans,
        (
            '%%setup\nPURPOSES = ["car", "home", "study", "other"]',
            '%%node burden\ntable["amount"] / table["months"] / (table["income"] / 12)',
            '%%node risky\n(table["score"] < 600) | (burden > 0.4)',
        ),
    ),
)
