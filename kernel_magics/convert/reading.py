"""Reading an ordinary notebook: its code cells are split into statements, and each name gets its version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kernel_magics.convert.conversion import GivenCell, label_at
from kernel_magics.convert.def_use import analyse_names
from kernel_magics.convert.statement import Reading, Seen, read_statements, spelled_out
from kernel_magics.convert.versions import DefUse


@dataclass(frozen=True)
class Learnt:
    """Facts about statements that their text does not show, by number.

    Attributes:
        seen: what they did when the notebook ran.
        blocked: why a statement has to stay ordinary.
    """

    seen: Mapping[int, Seen] = field(default_factory=dict)
    blocked: Mapping[int, str] = field(default_factory=dict)


def read_cells(cells: Sequence[GivenCell], learnt: Learnt | None = None) -> tuple[dict[int, Reading], DefUse]:
    """The statements of each code cell, by its place, and all statements with their def-use analysis."""
    seen = learnt.seen if learnt else {}
    readings: dict[int, Reading] = {}
    first = 0
    for place, cell in enumerate(cells):
        if cell.type == "code":
            others = (
                "\n".join(other.source for other in cells if other is not cell)
                if "%%capture" in cell.source
                else ""
            )
            readings[place] = read_statements(cell.source, place, first, seen, others)
            first += len(readings[place].statements)
    used = {name for reading in readings.values() for item in reading.statements for name in item.reads}
    readings = {
        place: replace(
            reading,
            statements=tuple(
                spelled_out(item, seen.get(item.number, Seen()), used) for item in reading.statements
            ),
        )
        for place, reading in readings.items()
    }
    statements = [item for reading in readings.values() for item in reading.statements]
    labels = {place: label_at(cells, place) for place in readings}
    return readings, replace(analyse_names(statements), labels=labels)
