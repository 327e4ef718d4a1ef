"""Ids of the cells of a converted notebook: the main part of a cell keeps its id."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kernel_magics.convert.conversion import GivenCell, MadeCell


class Ids:
    """Ids for new cells; the main part of a cell keeps its id."""

    def __init__(self, cells: Sequence[GivenCell]) -> None:
        self._taken = {cell.id for cell in cells}

    def fresh(self, wanted: str) -> str:
        """An id that no other cell has."""
        base = re.sub(r"[^a-zA-Z0-9_-]+", "-", wanted)[:56] or "cell"
        found, number = base, 2
        while found in self._taken:
            found, number = f"{base}-{number}", number + 1
        self._taken.add(found)
        return found

    def given(self, id: str, group: Sequence[MadeCell]) -> Iterator[MadeCell]:
        """The cells made from one cell, with ids."""
        order = ("node", "inputs", "params", "display", "kept")
        main = min(group, key=lambda cell: order.index(cell.role) if cell.role in order else 0, default=None)
        for cell in group:
            yield (
                cell if cell.id else replace(cell, id=id if cell is main else self.fresh(f"{id}-{cell.role}"))
            )
