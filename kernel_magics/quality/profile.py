"""A profile summarizes a value in a few numbers: small enough to be stored beside a module and to be read."""

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
"""The distribution of a longer column is that of this many rows, spread evenly; counts of gaps are exact."""
EXACT: Final = 1_000_000
"""Up to this many rows, quantiles and moments are those of all rows by default."""
TOP: Final = 20
_POINTS: Final = np.arange(0, 101, 5) / 100
_BINS: Final = 20
TEXT_ROWS: Final = 1_000_000
_WIDTH: Final = 60


@dataclass(frozen=True, eq=False)
class ColumnProfile:
    """One column of a value.

    Attributes:
        unique: number of different values; for a long column of numbers, that of its sample.
        mean, std: of the finite numbers.
        quantiles: at 0 %, 5 %, … 100 %, as pandas interpolates them.
        exact: whether quantiles, mean and std are those of all rows, not of the sample.
        cdf: for rising values, the shares of (present) rows below each, and at or below it; rows that are
            `nearness` apart count as equal. All values of at most 20 different ones.
        top: the most frequent values as texts, with their share of the present rows; all of them for at
            most 20 different ones.
        sample: sorted numbers that the distribution was taken from; not kept in files.
        counts: the present rows by text; not kept in files.
    """

    name: str
    dtype: str
    kind: Kind
    rows: int
    nulls: int
    unique: int | None = None
    mean: float | None = None
    std: float | None = None
    quantiles: tuple[float | None, ...] = ()
    exact: bool = True
    cdf: tuple[tuple[float, float, float], ...] = ()
    top: tuple[tuple[str, float], ...] = ()
    sample: Array | None = field(default=None, repr=False)
    counts: pd.Series[Any] | None = field(default=None, repr=False)

    @property
    def null_rate(self) -> float:
        """The share of gaps."""
        return self.nulls / self.rows if self.rows else 0.0

    @property
    def sampled(self) -> bool:
        """True when distribution and number of different values are those of a sample of the rows."""
        return self.kind in ("number", "bool", "time") and self.rows > SAMPLE

    def quantile(self, share: float) -> float | None:
        """The quantile at a multiple of 5 %, as pandas interpolates it; None without numbers."""
        return self.quantiles[round(share * (len(_POINTS) - 1))] if self.quantiles else None

    def histogram(self, bins: int = _BINS) -> tuple[list[float], list[float]]:
        """Edges of equal width, and the share of rows between them."""
        if len(self.cdf) < 2:
            return ([self.cdf[0][0]] * 2, [1.0]) if self.cdf else ([], [])
        values, _, below = zip(*self.cdf, strict=True)
        if math.isfinite(values[-1] - values[0]):
            edges = np.linspace(values[0], values[-1], bins + 1)
        else:  # the ends are further apart than the largest float
            steps = np.linspace(0.0, 1.0, bins + 1)
            edges = values[0] * (1 - steps) + values[-1] * steps
        if self.sample is not None:
            counts = np.histogram(self.sample, edges)[0] / len(self.sample)
        else:
            counts = np.diff(np.interp(edges, values, [0.0, *below[1:]]))
        return edges.tolist(), counts.tolist()

    def to_json(self) -> dict[str, Any]:
        """The profile for a file: no empty fields, numbers that are not compared in six digits."""
        entry = {
            "name": self.name,
            "dtype": self.dtype,
            "kind": self.kind,
            "rows": self.rows,
            "nulls": self.nulls,
            "unique": self.unique,
            "mean": _short(self.mean),
            "std": _short(self.std),
            "exact": self.exact or None,
            "quantiles": [_short(value) for value in self.quantiles],
            "cdf": [[value, round(under, 9), round(upto, 9)] for value, under, upto in self.cdf],
            "top": [[text, round(share, 9)] for text, share in self.top],
        }
        return {key: item for key, item in entry.items() if item not in (None, [], "")}


@dataclass(frozen=True, eq=False)
class Profile:
    """The profile of a node's value.

    Attributes:
        rows: None for a value without rows.
        columns: one without a name for a series, an array or a scalar.
    """

    type: str
    rows: int | None
    columns: tuple[ColumnProfile, ...]

    def to_json(self) -> dict[str, Any]:
        """See `ColumnProfile.to_json`."""
        return {"type": self.type, "rows": self.rows, "columns": [item.to_json() for item in self.columns]}


def profile(value: object, exact: int = EXACT) -> Profile:
    """The profile of any value; for an unsupported one only its type. Never raises.

    Args:
        exact: up to how many rows all are sorted for the quantiles; with SAMPLE it is five times faster.
    """
    try:
        columns = tuple(profile_column(vector, exact) for vector in vectors(value))
        return Profile(VALUES.type_name(value), row_count(value), columns)
    except KeyboardInterrupt:
        raise
    except BaseException:  # a foreign class may raise anything from anywhere
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
            exact=item.get("exact", False),
            quantiles=tuple(None if value is None else float(value) for value in item.get("quantiles", ())),
            cdf=tuple(
                (float(value), float(under), float(upto)) for value, under, upto in item.get("cdf", ())
            ),
            top=tuple((str(text), float(share)) for text, share in item.get("top", ())),
        )
        for item in entry["columns"]
    ]
    return Profile(entry["type"], entry["rows"], tuple(columns))


def profile_column(vector: Vector, exact: int = EXACT) -> ColumnProfile:
    """The profile of one column, see `profile`."""
    if vector.kind in ("text", "other"):
        return _texts(vector)
    data: Array = vector.data
    low, high, nulls = _extent(data)
    sample, finite = spread(data), data
    if nulls or not (math.isfinite(low) and math.isfinite(high)):
        sample, finite = sample[np.isfinite(sample)], data[np.isfinite(data)]
        low, high, _ = _extent(finite)
    if not len(sample):
        return ColumnProfile(vector.name, vector.dtype, vector.kind, len(data), nulls)
    sample = np.sort(sample)
    starts = np.flatnonzero(np.concatenate(([True], sample[1:] != sample[:-1])))
    counted = finite if len(data) <= exact else sample
    with np.errstate(all="ignore"):  # numbers near the limits of floats
        mean = float(counted.mean())
        apart = counted - mean
        std = math.sqrt(float(apart @ apart) / len(counted))
    return ColumnProfile(
        vector.name,
        vector.dtype,
        vector.kind,
        len(data),
        nulls,
        unique=len(starts),
        mean=mean if math.isfinite(mean) else None,
        std=std if math.isfinite(std) else None,
        quantiles=_quantiles(np.sort(data) if len(data) <= exact else sample),
        exact=len(data) <= max(exact, SAMPLE),
        cdf=_cdf(sample, low, high),
        top=_common(sample, starts, vector.kind),
        sample=sample,
    )


def _quantiles(rows: Array) -> tuple[float | None, ...]:
    """Quantiles of sorted rows, gaps last, infinite numbers among them; None for what is not finite."""
    rows = rows[: len(rows) - int(np.count_nonzero(np.isnan(rows)))]
    places = _POINTS * (len(rows) - 1)
    below = np.floor(places).astype("i8")
    low, high, part = rows[below], rows[np.minimum(below + 1, len(rows) - 1)], places - below
    with np.errstate(all="ignore"):  # infinite numbers
        found = np.where(part < 0.5, low + (high - low) * part, high - (high - low) * (1 - part))
    exact = np.where(low == high, low, found)
    return tuple(value if math.isfinite(value) else None for value in exact.tolist())


def _extent(data: Array) -> tuple[float, float, int]:
    """The smallest and the largest number of all rows, and the number of gaps; NaN if there are only gaps."""
    if not len(data):
        return math.nan, math.nan, 0
    low = float(data.min())
    if not math.isnan(low):
        return low, float(data.max()), 0
    nulls = int(np.count_nonzero(np.isnan(data)))
    return float(np.fmin.reduce(data)), float(np.fmax.reduce(data)), nulls


def spread(data: Array) -> Array:
    """At most SAMPLE rows: one from each of as many equal intervals, so that no period of the rows shows."""
    return data if len(data) <= SAMPLE else data[_places(len(data))]


@functools.lru_cache(maxsize=16)
def _places(rows: int) -> Array:
    jitter = np.random.default_rng(0).random(SAMPLE)
    places: Array = ((np.arange(SAMPLE) + jitter) * (rows / SAMPLE)).astype("i8")
    return places


def nearness(values: Array, low: float, high: float) -> Array:
    """How far a number may differ from these values and count as equal: by rounding or in a file."""
    near: Array = np.maximum(1e-9 * np.abs(values) + (1e-12 * high - 1e-12 * low), 1e-300)
    return near


def _cdf(sample: Array, low: float, high: float) -> tuple[tuple[float, float, float], ...]:
    apart = np.diff(sample) > nearness(sample[1:], low, high)  # so that no edge beside one is past another
    last = np.flatnonzero(np.append(apart, True))  # the last of each run of rows with one value
    picked = np.unique(np.searchsorted(last, _ranks(len(sample)))) if len(last) > TOP else slice(None)
    upto = (last + 1) / len(sample)
    under = np.concatenate(([0.0], upto[:-1]))
    points = list(zip(*(part[picked].tolist() for part in (sample[last], under, upto)), strict=True))
    first = [(low, 0.0, 0.0)] if low < sample[0] else []
    return (*first, *points, *([(high, 1.0, 1.0)] if high > sample[-1] else []))


@functools.lru_cache(maxsize=64)
def _ranks(rows: int) -> Array:
    """The positions of the quantiles among so many sorted rows."""
    ranks: Array = np.maximum(np.ceil(_POINTS * rows - 1e-9).astype("i8") - 1, 0)
    return ranks


def _common(sample: Array, starts: Array, kind: Kind) -> tuple[tuple[str, float], ...]:
    """Numbers that many rows share: all if there are few, else those of one row in twenty."""
    if kind == "time" or (len(starts) > TOP and len(starts) == len(sample)):
        return ()
    counts = np.diff(np.append(starts, len(sample)))
    order = np.argsort(-counts, kind="stable")[:TOP]
    least = 0 if len(starts) <= TOP else len(sample) / 20
    pairs = [
        (float(sample[starts[place]]), float(counts[place] / len(sample)))
        for place in order
        if counts[place] > least
    ]
    if kind == "bool":
        return tuple(("True" if number else "False", share) for number, share in pairs)
    return tuple((_exact(number), share) for number, share in pairs)


def _exact(number: float) -> str:
    """A number as text: short if that is exact, else all its digits."""
    text = f"{number:.6g}"
    return text if float(text) == number else repr(number)


def member_name(text: object) -> str:
    """The name of a member of a column of texts in a profile."""
    return str(text)[:_WIDTH]


def _texts(vector: Vector) -> ColumnProfile:
    data = vector.data
    rows = len(data)
    nulls = int(vector.gaps().sum())
    if vector.kind == "other":
        return ColumnProfile(vector.name, vector.dtype, vector.kind, rows, nulls)
    part = data[_places(rows)] if rows > TEXT_ROWS else data
    counts = pd.Series(part).value_counts()
    counts = counts[counts > 0]
    present = int(counts.sum()) or 1
    top = tuple((member_name(text), float(count / present)) for text, count in counts.head(TOP).items())
    return ColumnProfile(
        vector.name, vector.dtype, vector.kind, rows, nulls, unique=len(counts), top=top, counts=counts
    )


def _short(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.6g}")
