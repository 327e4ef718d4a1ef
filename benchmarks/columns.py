"""Columns to compute with: ten of 100,000 numbers each, and frames of the kinds that people have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

ROWS = 100_000


def inputs(rows: int = ROWS) -> dict[str, Any]:
    """The columns of one frame, by name."""
    frame = pd.DataFrame({name: numbers(rows, seed) for seed, name in enumerate("abcdefghij")})
    return {name: frame[name] for name in frame}


def numbers(size: int, seed: int = 0) -> Any:
    """Random numbers, the same ones in each process."""
    return np.random.default_rng(seed).normal(size=size)


def table(rows: int, mixed: bool = False) -> Any:
    """A frame of 20 columns of numbers; `mixed` has categories, dates with a zone, text and gaps beside them."""
    frame = pd.DataFrame({f"c{seed}": numbers(rows, seed) for seed in range(20)})
    if mixed:
        frame["kind"] = pd.Categorical(["a", "b"] * (rows // 2))
        frame["day"] = pd.date_range("2024-01-01", periods=rows, freq="min", tz="UTC")
        frame["text"] = ["x", "y"] * (rows // 2)
        frame["gaps"] = pd.array([1, None] * (rows // 2), dtype="Int64")
    return frame


def forest() -> Any:
    """A fitted model of ten trees."""
    from sklearn.ensemble import RandomForestRegressor  # noqa: PLC0415

    frame = table(200)
    return RandomForestRegressor(10, max_depth=4, random_state=0).fit(frame.to_numpy(), frame["c0"])
