"""Failing rows: how many rows a condition is false for, and the first of them."""

from __future__ import annotations

from dataclasses import dataclass

from kernel_magics.engine.values.figures import percent


@dataclass(frozen=True, slots=True)
class Failing:
    """The rows of a value for which a condition does not hold.

    Attributes:
        count: the number of failing rows.
        rows: the number of all rows.
        sample: the first few, as "label: value".
        what: the part of a schema that they violate ("" for a plain condition).
    """

    count: int
    rows: int
    sample: tuple[str, ...] = ()
    what: str = ""

    @property
    def share(self) -> float:
        """The share of all rows."""
        return self.count / self.rows if self.rows else 0.0

    def text(self) -> str:
        """ "2 of 5 rows (40 %), such as 3: -1.0, 4: -2.0"."""
        head = f"{self.what}: " if self.what else ""
        total = f"{self.count} of {self.rows} rows ({percent(self.share)})" if self.rows else ""
        such = f"such as {', '.join(self.sample)}" if self.sample else ""
        return head + ", ".join(part for part in (total, such) if part)
