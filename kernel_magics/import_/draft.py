"""A draft is the text of a notebook to be written: cells with ids."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kernel_magics.engine.source.cell import CellSource, read_cell
from kernel_magics.notebook.write import Record, cell_record


@dataclass(frozen=True, slots=True)
class DraftCell:
    """One cell: its id, `code` or `markdown`, its text."""

    id: str
    type: str
    source: str

    def record(self) -> Record:
        """The cell as a record of a notebook file."""
        return cell_record(self.type, self.id, self.source)


def sources(cells: Sequence[DraftCell]) -> list[CellSource]:
    """Dagbook's cells among these, with their headings, setup first."""
    found: list[CellSource] = []
    group, number = "", 0
    for cell in cells:
        if cell.type == "markdown":
            heading = re.match(r"## (.*?)(?: #)?$", cell.source)
            group = heading[1] if heading else group
            continue
        number += 1
        source = read_cell(cell.source, cell.id, f"[{number}]", group)
        found += [source] if source else []
    return sorted(found, key=lambda cell: cell.magic != "setup")


def heading(group: str) -> str:
    """A markdown heading that is parsed to this text."""
    return f"## {group}{' #' if group.endswith('#') else ''}"


def free_id(wanted: str, taken: Collection[str]) -> str:
    """A valid id of a cell that is not taken."""
    base = re.sub(r"[^a-zA-Z0-9_-]+", "-", wanted)[:56] or "cell"
    found, number = base, 2
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    return found
