"""A long sample is shortened: its last moments and some of its entities are enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.sample import Sample
from kernel_magics.nature.table import Rows

ROWS, KEYS, STEPS = 600, 6, 60
"""With more rows a sample is shortened, to this many entities and moments where it has them."""


def shortened(sample: Sample, steps: int = STEPS, rows: int = ROWS, keys: int = KEYS) -> Sample:
    """A sample with fewer rows; the same where it has few.

    Args:
        steps: moments to keep.
        rows: a sample with at most so many stays as it is; without keys and times so many are kept.
        keys: values to keep of its first key.
    """
    if max((len(group) for group in sample.groups), default=0) <= rows:
        return sample
    for key in sample.keys:
        if key not in sample.time_names.values():
            sample = _few_keys(sample, key, keys)
            break
    if len(sample.steps) > steps:
        first = sample.steps[-steps]
        sample = sample.cut({place: times >= first for place, times in sample.times.items()})
    kept: dict[int, Rows] = {}
    for place, group in enumerate(sample.groups):
        if len(group) > rows and place not in sample.times:
            kept[place] = np.arange(rows)
        elif len(group) > rows and _crowded(sample, place):
            kept[place] = np.unique(np.linspace(0, len(group) - 1, rows).astype(int))
    return sample.taken(kept) if kept else sample


def _crowded(sample: Sample, place: int) -> bool:
    """Whether many rows have the same key and time, so that leaving some out makes no gaps."""
    times = set(sample.time_names.values())
    keys = [sample.axis(sample.groups[place], key) for key in sample.keys if key not in times]
    axes = [axis for axis in keys if axis is not None][:1]
    rows = pd.DataFrame(
        {"time": sample.times[place], **{f"{number}": axis for number, axis in enumerate(axes)}}
    )
    return bool(rows.duplicated().mean() > 0.3)


def _few_keys(sample: Sample, key: str, most: int) -> Sample:
    """The rows of a few values of a key, those with the most rows among them and one with few."""
    axes = [sample.axis(sample.groups[place], key) for place in sample.having(key)]
    counts = pd.concat([axis for axis in axes if axis is not None]).value_counts()
    if len(counts) <= most:
        return sample
    chosen = [*counts.index[: most - 2], counts.index[len(counts) // 2], counts.index[-1]]
    masks: dict[int, Rows] = {}
    for place in sample.having(key):
        axis: Any = sample.axis(sample.groups[place], key)
        masks[place] = np.asarray(axis.isin(chosen) | axis.isna())
    return sample.cut(masks)
