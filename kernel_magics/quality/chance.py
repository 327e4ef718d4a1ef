"""Chance: how far apart two samples of one population may be, so that only larger differences count as
drift.

Each test has a false positive rate of one in ten thousand: a column has up to four tests, a frame many
columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

ALARM: Final = 1e-4
_SIGMAS: Final = 3.719  # of a normal distribution; a share of ALARM of it is above
_KOLMOGOROV: Final = 2.23  # Kolmogorov's distribution is above this with a probability of one in ten thousand
_EXPECTED: Final = 4.0  # expected rows of a bin, in the smaller sample, below which its share is unreliable


def largest_gap(old: int, new: int) -> float:
    """The Kolmogorov-Smirnov distance that samples of these sizes do not exceed by chance."""
    return _KOLMOGOROV * math.sqrt(1 / max(old, 1) + 1 / max(new, 1))


def differ(old: Any, new: Any) -> bool:
    """True when counts of the same bins are farther apart than chance explains (test of homogeneity).

    Bins with few expected rows are merged with their neighbour.
    """
    total, other = float(old.sum()), float(new.sum())
    if not total or not other:
        return False
    ones, twos = _merged(np.asarray(old, "f8"), np.asarray(new, "f8"), min(total, other) / (total + other))
    degrees = len(ones) - 1
    if degrees < 1:
        return False
    apart = (ones * math.sqrt(other / total) - twos * math.sqrt(total / other)) ** 2 / (ones + twos)
    part = 2 / (9 * degrees)  # Wilson and Hilferty's approximation of the chi-squared distribution
    return float(apart.sum()) > degrees * (1 - part + _SIGMAS * math.sqrt(part)) ** 3


def _merged(old: Any, new: Any, share: float) -> tuple[Any, Any]:
    starts, expected = [0], 0.0
    for place, count in enumerate(((old + new) * share).tolist()):
        if expected >= _EXPECTED:
            starts.append(place)
            expected = 0.0
        expected += count
    if expected < _EXPECTED and len(starts) > 1:
        starts.pop()
    return np.add.reduceat(old, starts), np.add.reduceat(new, starts)


def rates_differ(old: int, of: int, new: int, among: int) -> bool:
    """True when `old` out of `of` and `new` out of `among` are farther apart than chance explains.

    Fisher's exact test, valid for few rows, too.
    """
    some, total = old + new, of + among
    if not of or not among or some in (0, total):
        return False
    more = new / among > old / of
    count, step = new, 1 if more else -1
    least, most = max(0, some - of), min(some, among)
    tail = 0.0
    while least <= count <= most:
        part = math.exp(_choices(among, count) + _choices(of, some - count) - _choices(total, some))
        tail += part
        if part < tail * 1e-9:
            break
        count += step
    return tail < ALARM / 2


def _choices(many: int, few: int) -> float:
    return math.lgamma(many + 1) - math.lgamma(few + 1) - math.lgamma(many - few + 1)


def is_new(unseen: int, old: Sequence[int], new: Sequence[int]) -> bool:
    """True when members that only `new` has occur in more rows than rare members explain.

    If both are samples of one population, every way to split the rows of both is as likely as this one. The
    share of splits with as many unseen rows is below this bound (Chernoff).

    Args:
        old, new: the rows of each member of all, in the same order.
    """
    counts, times = np.unique(np.add(old, new), return_counts=True)
    total, other = int(np.sum(old)), int(np.sum(new))
    possible = counts <= other
    counts, times = counts[possible], times[possible]
    chance = np.array([_choices(total + other - count, total) for count in counts.tolist()])
    chance = np.minimum(chance - _choices(total + other, total), -1e-12)  # log: all its rows are in `new`
    weights = np.geomspace(1e-3 / counts.max(initial=1), 50, 80)[:, None]
    moments = np.logaddexp(np.log1p(-np.exp(chance)), chance + weights * counts)
    return float((moments @ times - weights[:, 0] * unseen).min()) < math.log(ALARM)
