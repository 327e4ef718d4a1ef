"""A conflict is something that changed in the notebook and in the module since the export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernel_magics.engine.errors import SourceError


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place, and its text on both sides."""

    place: str
    cell: str
    module: str

    def lines(self) -> list[str]:
        """Both texts."""
        rows = [f"  {self.place}, in the notebook:", *indented_lines(self.cell)]
        return [*rows, f"  {self.place}, in the module:", *indented_lines(self.module)]


def conflict_error(conflicts: Sequence[Conflict], name: str) -> SourceError:
    """The error DB415, with both texts of every conflict."""
    places = ", ".join(conflict.place for conflict in conflicts)
    return SourceError(
        "DB415",
        f"{places}: changed in the notebook and in '{name}' since the export.",
        hint="write one of the two texts into both; nothing was changed.",
        frames=[line for conflict in conflicts for line in conflict.lines()],
    )


def indented_lines(text: str) -> list[str]:
    """A text under a heading."""
    return [f"    {row}" for row in text.split("\n")]
