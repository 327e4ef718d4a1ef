"""The distance of two distributions: 0 for equal ones, 1 for no overlap."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.quality.profile import spread
from kernel_magics.quality.vectors import Vector

NEEDS = "distribution distances need SciPy: pip install 'dagbook[quality]'"


def distance(before: Vector, after: Vector) -> float | None:
    """Kolmogorov-Smirnov's for numbers, total variation for texts; None if there is nothing to compare.

    Raises:
        ImportError: SciPy is not installed.
    """
    if before.kind == "other" or after.kind == "other" or before.kind != after.kind:
        return None
    if before.kind == "text":
        return total_variation(_shares(before), _shares(after))
    old, new = (spread(item.data[np.isfinite(item.data)]) for item in (before, after))
    if not len(old) or not len(new):
        return None if len(old) == len(new) else 1.0
    stats: Any = importlib.import_module("scipy.stats")  # noqa: TID251  # optional, and slow to import
    with np.errstate(all="ignore"):  # the p-value of two or three rows, which is not used, is not a number
        return float(stats.ks_2samp(old, new, method="asymp").statistic)


def total_variation(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """Half the sum of the differences of shares."""
    names = before.keys() | after.keys()
    return sum(abs(before.get(name, 0.0) - after.get(name, 0.0)) for name in names) / 2


def _shares(vector: Vector) -> dict[str, float]:
    counts = pd.Series(vector.data).value_counts(normalize=True)
    return {str(text): float(share) for text, share in counts.items()}
