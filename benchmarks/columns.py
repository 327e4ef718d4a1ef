"""Columns to compute with: ten of 100,000 numbers each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

ROWS = 100_000


def inputs() -> dict[str, Any]:
    """The columns of one frame, by name."""
    frame = pd.DataFrame({name: numbers(ROWS, seed) for seed, name in enumerate("abcdefghij")})
    return {name: frame[name] for name in frame}


def numbers(size: int, seed: int = 0) -> Any:
    """Random numbers, the same ones in each process."""
    return np.random.default_rng(seed).normal(size=size)
