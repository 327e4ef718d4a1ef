"""A profile is what a value is like in a few numbers: small enough to keep beside a module and to read."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.quality.vectors import Array, Kind, Vector, row_count, vectors
from kernel_magics.values import VALUES

SAMPLE: Final = 2048
"""Of a longer column the distribution is that of this many rows, spread evenly; counts of gaps are exact."""
TOP: Final = 20
_POINTS: Final = np.linspace(0.0, 1.0, 21)
_BINS: Final = 20
_TEXT_ROWS: Final = 1_000_000
_WIDTH: Final = 60


@dataclass(frozen=True, eq=False)
class ColumnProfile:
    """One column of a value.

    Attributes:
        unique: how many different values; of a long column of numbers as many as its sample has.
        cdf: for rising values, the share of (present) rows at or below each.
        top: the most frequent values as texts, with their share of the present rows; all of them for at
            most 20 different ones.
        sample: sorted numbers that the distribution was taken from; not kept in files.
    """

    name: str
    dtype: str
    kind: Kind
    rows: int
    nulls: int
    unique: int | None = None
    mean: float | None = None
    std: float | None = None
    cdf: tuple[tuple[float, float], ...] = ()
    top: tuple[tuple[str, float], ...] = ()
    sample: Array | None = field(default=None, repr=False)

    @property
    def null_rate(self) -> float:
        """The share of gaps."""
        return self.nulls / self.rows if self.rows else 0.0

    @property
    def sampled(self) -> bool:
        """Whether distribution, mean and number of different values are those of a sample of the rows."""
        return self.kind in ("number", "bool", "time") and self.rows > SAMPLE

    def quantile(self, share: float) -> float | None:
        """The smallest value with at least this share of rows at or below it; None without numbers."""
        return next((value for value, below in self.cdf if below >= share - 1e-9), None)

    def histogram(self, bins: int = _BINS) -> tuple[list[float], list[float]]:
        """Edges of equal width, and the share of rows between them."""
        if len(self.cdf) < 2:
            return ([self.cdf[0][0]] * 2, [1.0]) if self.cdf else ([], [])
        values, below = zip(*self.cdf, strict=True)
        edges = np.linspace(values[0], values[-1], bins + 1)
        if self.sample is not None:
            counts = np.histogram(self.sample, edges)[0] / len(self.sample)
        else:
            counts = np.diff(np.interp(edges, values, [0.0, *below[1:]]))
        return edges.tolist(), counts.tolist()

    def to_json(self) -> dict[str, Any]:
        """The profile as a file holds it: numbers with six digits, nothing empty."""
        entry = {
            "name": self.name,
            "dtype": self.dtype,
            "kind": self.kind,
            "rows": self.rows,
            "nulls": self.nulls,
            "unique": self.unique,
            "mean": _short(self.mean),
            "std": _short(self.std),
            "cdf": [[_short(value), round(share, 6)] for value, share in self.cdf],
            "top": [[text, round(share, 6)] for text, share in self.top],
        }
        return {key: item for key, item in entry.items() if item not in (None, [], "")}


@dataclass(frozen=True, eq=False)
class Profile:
    """What a node's value is like.

    Attributes:
        rows: None for what has no rows.
        columns: one without a name for a series, an array or a scalar.
    """

    type: str
    rows: int | None
    columns: tuple[ColumnProfile, ...]

    def to_json(self) -> dict[str, Any]:
        """See `ColumnProfile.to_json`."""
        return {"type": self.type, "rows": self.rows, "columns": [item.to_json() for item in self.columns]}


def profile(value: object) -> Profile:
    """The profile of any value; of one that cannot be looked into only the type. Never raises."""
    try:
        return Profile(VALUES.type_name(value), row_count(value), tuple(map(profile_column, vectors(value))))
    except Exception:  # a foreign class may raise anything from anywhere
        return Profile(type(value).__name__, None, ())


def read_profile(entry: Mapping[str, Any]) -> Profile:
    """The profile that `to_json` wrote."""
    columns = [
        ColumnProfile(
            name=item.get("name", ""),
            dtype=item["dtype"],
            kind=item["kind"],
            rows=item["rows"],
            nulls=item["nulls"],
            unique=item.get("unique"),
            mean=item.get("mean"),
            std=item.get("std"),
            cdf=tuple((float(value), float(share)) for value, share in item.get("cdf", ())),
            top=tuple((str(text), float(share)) for text, share in item.get("top", ())),
        )
        for item in entry["columns"]
    ]
    return Profile(entry["type"], entry["rows"], tuple(columns))


def profile_column(vector: Vector) -> ColumnProfile:
    """The profile of one column."""
    if vector.kind in ("text", "other"):
        return _texts(vector)
    data: Array = vector.data
    low, high, nulls = _extent(data)
    sample = spread(data)
    if nulls or not (math.isfinite(low) and math.isfinite(high)):
        sample = sample[np.isfinite(sample)]
    if not len(sample):
        return ColumnProfile(vector.name, vector.dtype, vector.kind, len(data), nulls)
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high, _ = _extent(data[np.isfinite(data)])
    sample = np.sort(sample)
    starts = np.flatnonzero(np.concatenate(([True], sample[1:] != sample[:-1])))
    mean = float(sample.mean())
    apart = sample - mean
    return ColumnProfile(
        vector.name,
        vector.dtype,
        vector.kind,
        len(data),
        nulls,
        unique=len(starts),
        mean=mean,
        std=math.sqrt(float(apart @ apart) / len(sample)),
        cdf=_cdf(sample, low, high),
        top=_common(sample, starts, vector.kind),
        sample=sample,
    )


def _extent(data: Array) -> tuple[float, float, int]:
    """The smallest and the largest number of all rows, and how many are gaps; NaN where all are."""
    if not len(data):
        return math.nan, math.nan, 0
    low = float(data.min())
    if not math.isnan(low):
        return low, float(data.max()), 0
    nulls = int(np.count_nonzero(np.isnan(data)))
    return float(np.fmin.reduce(data)), float(np.fmax.reduce(data)), nulls


def spread(data: Array) -> Array:
    """At most SAMPLE rows: one from each of as many equal stretches, so that no period of the rows shows."""
    return data if len(data) <= SAMPLE else data[_places(len(data))]


@functools.lru_cache(maxsize=16)
def _places(rows: int) -> Array:
    jitter = np.random.default_rng(0).random(SAMPLE)
    places: Array = ((np.arange(SAMPLE) + jitter) * (rows / SAMPLE)).astype("i8")
    return places


def _cdf(sample: Array, low: float, high: float) -> tuple[tuple[float, float], ...]:
    values = np.concatenate(([low], sample[_ranks(len(sample))], [high]))  # they rise already
    values = values[np.concatenate(([True], values[1:] != values[:-1]))]
    shares = np.searchsorted(sample, values, side="right") / len(sample)
    return tuple(zip(values.tolist(), shares.tolist(), strict=True))


@functools.lru_cache(maxsize=64)
def _ranks(rows: int) -> Array:
    """Where the quantiles of the points stand among so many sorted rows."""
    ranks: Array = np.maximum(np.ceil(_POINTS * rows - 1e-9).astype("i8") - 1, 0)
    return ranks


def _common(sample: Array, starts: Array, kind: Kind) -> tuple[tuple[str, float], ...]:
    """Numbers that many rows share: all where they are few, else those of one row in twenty."""
    if kind == "time" or (len(starts) > TOP and len(starts) == len(sample)):
        return ()
    counts = np.diff(np.append(starts, len(sample)))
    order = np.argsort(-counts, kind="stable")[:TOP]
    least = 0 if len(starts) <= TOP else len(sample) / 20
    pairs = [(sample[starts[place]], counts[place] / len(sample)) for place in order if counts[place] > least]
    if kind == "bool":
        return tuple(("True" if number else "False", float(share)) for number, share in pairs)
    return tuple((f"{number:.6g}", float(share)) for number, share in pairs)


def _texts(vector: Vector) -> ColumnProfile:
    data = vector.data
    rows = len(data)
    nulls = int(vector.gaps().sum())
    if vector.kind == "other":
        return ColumnProfile(vector.name, vector.dtype, vector.kind, rows, nulls)
    part = data[_places(rows)] if rows > _TEXT_ROWS else data
    counts = pd.Series(part).value_counts()
    counts = counts[counts > 0]
    present = int(counts.sum()) or 1
    top = tuple((str(text)[:_WIDTH], float(count / present)) for text, count in counts.head(TOP).items())
    return ColumnProfile(vector.name, vector.dtype, vector.kind, rows, nulls, unique=len(counts), top=top)


def _short(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.6g}")
