"""A tally adds up the requests of a log in bounded memory: counts, latency, and an even sample of rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kernel_magics.monitor.lines import row_of, rows_of
from kernel_magics.monitor.reservoir import Reservoir

KEPT: Final = 20_000
"""Rows of the sample."""
_KINDS: Final = 200  # of warnings, hours and statuses that are counted by themselves
_FINE: Final = 20  # bins of latency for each factor of e: a quantile is right to 5 %
Row = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The fields of a row, and its outputs by name."""


@dataclass
class Tally:
    """What requests add up to.

    Attributes:
        hours: requests by hour: `2026-01-31T05`.
        warnings: requests by kind of warning.
        checks: requests by failing check of severity fail.
        unchecked: answers of an older service, which did not write that.
    """

    requests: int = 0
    first: str = ""
    last: str = ""
    statuses: Counter[str] = field(default_factory=Counter)
    hours: Counter[str] = field(default_factory=Counter)
    warned: int = 0
    unchecked: int = 0
    warnings: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    _latency: Counter[int] = field(default_factory=Counter)
    _slowest: float = 0.0
    _rows: Reservoir[Row] = field(default_factory=lambda: Reservoir(KEPT))

    @property
    def rows(self) -> int:
        """How many rows were answered."""
        return self._rows.seen

    @property
    def sample(self) -> list[Row]:
        """An even choice of them."""
        return self._rows.items

    @property
    def errors(self) -> int:
        """Requests that a failing node or the time limit left without an answer."""
        return sum(count for status, count in self.statuses.items() if status >= "500")

    def add(self, entry: Mapping[str, Any]) -> None:
        """Count a request."""
        self.requests += 1
        status, time = entry["status"], str(entry.get("time", ""))
        _count(self.statuses, str(status))
        _count(self.hours, time[:13])
        self.first, self.last = min(self.first or time, time), max(self.last, time)
        seconds = max(float(entry["seconds"]), 1e-7)
        self._latency[math.ceil(math.log(seconds) * _FINE)] += 1
        self._slowest = max(self._slowest, seconds)
        if status != 200:
            return
        said = entry.get("warnings")
        if said:
            self.warned += 1
            for kind in {_kind(str(text)) for text in said}:
                _count(self.warnings, kind)
        failed = entry.get("failed")
        self.unchecked += failed is None
        for name in failed or ():
            _count(self.checks, str(name))
        rows = rows_of(entry)
        outputs = entry.get("outputs")
        for number, row in enumerate(rows):
            self._rows.add((row, row_of(outputs, number, len(rows))))

    def latency(self, share: float) -> float:
        """The seconds in which this share of the requests was answered."""
        wanted, seen = share * self.requests, 0
        for place in sorted(self._latency):
            seen += self._latency[place]
            if seen >= wanted:
                return min(math.exp(place / _FINE), self._slowest)
        return self._slowest


def _kind(text: str) -> str:
    """A warning without the row and the value."""
    return text.split(" of row ")[0].split(" is ")[0]


def _count(counter: Counter[str], name: str) -> None:
    if name in counter or len(counter) < _KINDS:
        counter[name] += 1
    else:
        counter["others"] += 1
