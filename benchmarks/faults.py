"""Faults are what goes wrong with a source: each takes a batch and gives it back broken."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

Rng = np.random.Generator
Fault = Callable[[pd.DataFrame, Rng], pd.DataFrame]


def _number(frame: pd.DataFrame, rng: Rng) -> str:
    """A column of measured numbers."""
    names = [name for name in frame.columns if frame[name].dtype.kind == "f"]
    return str(rng.choice(names))


def _category(frame: pd.DataFrame) -> str:
    return next(name for name in frame.columns if pd.api.types.is_string_dtype(frame[name]))


def unit_changed(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """One column comes in thousands, in cents or in degrees Fahrenheit."""
    name = _number(frame, rng)
    change = [lambda x: x * 1000, lambda x: x / 1000, lambda x: x * 100, lambda x: x * 1.8 + 32][
        rng.integers(0, 4)
    ]
    return frame.assign(**{name: change(frame[name])})


def values_lost(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """A third of one column is missing."""
    name = _number(frame, rng)
    return frame.assign(**{name: frame[name].mask(rng.random(len(frame)) < 0.33)})


def gaps_filled_with_zero(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """A third of one column was missing, and became zero."""
    name = _number(frame, rng)
    return frame.assign(**{name: frame[name].mask(rng.random(len(frame)) < 0.33, 0.0)})


def category_renamed(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """The most frequent category has another name."""
    name = _category(frame)
    common = frame[name].value_counts().index[0]
    return frame.assign(**{name: frame[name].replace({common: str(common).lower() + "_v2"})})


def category_new(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """One row in ten has a category that was never there."""
    name = _category(frame)
    return frame.assign(**{name: frame[name].mask(rng.random(len(frame)) < 0.1, "UNKNOWN")})


def group_lost(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """All rows of the most frequent category are gone."""
    name = _category(frame)
    common = frame[name].value_counts().index[0]
    return frame[frame[name] != common].reset_index(drop=True)


def rows_doubled(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """A join gave every tenth row twice."""
    twice = frame[rng.random(len(frame)) < 0.1]
    return pd.concat([frame, twice]).sort_index(kind="stable").reset_index(drop=True)


def stuck(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """A column holds one value."""
    name = _number(frame, rng)
    return frame.assign(**{name: float(frame[name].dropna().iloc[0])})


def sign_flipped(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """A column has the opposite sign."""
    name = _number(frame, rng)
    return frame.assign(**{name: -frame[name]})


def columns_swapped(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """Two columns have each other's values."""
    names = [name for name in frame.columns if frame[name].dtype.kind == "f"]
    first, second = rng.choice(names, 2, replace=False)
    return frame.assign(**{first: frame[second], second: frame[first]})


def sentinel(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """One row in twenty holds -999 where nothing was measured."""
    name = _number(frame, rng)
    return frame.assign(**{name: frame[name].mask(rng.random(len(frame)) < 0.05, -999.0)})


def text_for_numbers(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    """A column of numbers comes as texts with a comma."""
    name = _number(frame, rng)
    return frame.assign(**{name: frame[name].map(lambda x: f"{x:.2f}".replace(".", ","))})


FAULTS: tuple[Fault, ...] = (
    unit_changed,
    values_lost,
    gaps_filled_with_zero,
    category_renamed,
    category_new,
    group_lost,
    rows_doubled,
    stuck,
    sign_flipped,
    columns_swapped,
    sentinel,
    text_for_numbers,
)
