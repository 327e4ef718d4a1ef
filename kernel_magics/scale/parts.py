"""Parts are groups of a key's values that are computed by themselves, balanced by rows."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.table import Column, Rows

FEW_ROWS = 50_000
"""A part with fewer rows takes longer to hand out than to compute."""
PART_ROWS, FEWEST_ROWS = 1_000_000, 10_000
"""The most rows of a part where memory is plenty, and where it is short."""


@dataclass(frozen=True, eq=False)
class Parts:
    """Which part each value of a key belongs to.

    Attributes:
        keys: the values, in the order in which they first appear in the inputs.
        numbers: for each of them, its part, from 0.
        rows: for each part, how many rows of the inputs it has.

    Rows without a key belong to part 0.
    """

    keys: pd.Index[Any]
    numbers: Rows
    rows: tuple[int, ...]

    def of(self, axis: Column) -> Rows:
        """The part of each row, by its value of the key; values that no input has belong to part 0."""
        places = self.ranks(axis)
        found = np.zeros(len(places), dtype=np.int64)
        found[places >= 0] = self.numbers[places[places >= 0]]
        return found

    def ranks(self, axis: Column) -> Rows:
        """For each row the place of its value among the keys; -1 for a missing one."""
        codes, values = pd.factorize(pd.Series(axis))
        places = self.keys.get_indexer(pd.Index(values.astype(object), dtype=object))
        return np.where(codes >= 0, places[codes] if len(places) else -1, -1)

    def members(self, part: int) -> list[Any]:
        """The values of the key in a part."""
        return list(self.keys[self.numbers == part])

    def __len__(self) -> int:
        return len(self.rows)


def counted(axis: Column) -> pd.Series[Any]:
    """How many rows each value of a key has, in the order in which they appear."""
    codes, values = pd.factorize(pd.Series(axis))
    rows = np.bincount(codes[codes >= 0], minlength=len(values))
    return pd.Series(rows, index=pd.Index(values.astype(object), dtype=object), dtype="int64")


def added(counts: Iterable[pd.Series[Any]]) -> pd.Series[Any]:
    """The rows of several tables together, by value of the key, in the order in which they appear."""
    found: dict[Any, int] = {}
    for each in counts:
        for value, rows in each.items():
            found[value] = found.get(value, 0) + int(rows)
    return pd.Series(list(found.values()), index=pd.Index(list(found), dtype=object), dtype="int64")


def balanced(counts: pd.Series[Any], parts: int) -> Parts:
    """Parts with about the same number of rows; as many as there are values, where these are fewer.

    Args:
        counts: rows by value of the key.
    """
    parts = max(1, min(parts, len(counts)))
    heap = [(0, number) for number in range(parts)]
    numbers = np.zeros(len(counts), dtype=np.int64)
    rows = counts.to_numpy()
    for place in np.argsort(-rows, kind="stable"):
        lightest, number = heapq.heappop(heap)
        numbers[place] = number
        heapq.heappush(heap, (lightest + int(rows[place]), number))
    totals = np.bincount(numbers, weights=rows, minlength=parts).astype(int)
    return Parts(pd.Index(counts.index, dtype=object), numbers, tuple(int(total) for total in totals))


def usual_parts(counts: pd.Series[Any], workers: int, most_rows: int = PART_ROWS) -> int:
    """How many parts to make where nobody says: two for each worker, and none too large or too small.

    All workers have the same number of parts, as far as possible: a last one would leave the others idle.
    """
    rows = int(counts.sum())
    parts = max(1, -(-rows // most_rows), min(2 * workers, rows // FEW_ROWS))
    return parts if parts < workers else -(-parts // workers) * workers
