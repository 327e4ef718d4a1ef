"""A draft is a notebook that is about to be written: cells with ids, as text."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kernel_magics.engine.source.cell import CellSource, read_cell

_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True, slots=True)
class DraftCell:
    """One cell: its id, `code` or `markdown`, its text."""

    id: str
    type: str
    source: str

    def record(self) -> dict[str, Any]:
        """The cell as a notebook file holds it."""
        common = {"cell_type": self.type, "id": self.id, "metadata": {}, "source": _rows(self.source)}
        return common if self.type == "markdown" else {**common, "execution_count": None, "outputs": []}


def sources(cells: Sequence[DraftCell]) -> list[CellSource]:
    """Dagbook's cells among these, under their headings, setup first."""
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
    """A markdown heading that reads back as this text."""
    return f"## {group}{' #' if group.endswith('#') else ''}"


def notebook_text(cells: Sequence[DraftCell], metadata: Mapping[str, Any]) -> str:
    """The notebook's file."""
    document = {
        "cells": [cell.record() for cell in cells],
        "metadata": {"kernelspec": _KERNEL, "language_info": {"name": "python"}, **metadata},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def free_id(wanted: str, taken: Collection[str]) -> str:
    """An id that a notebook may hold and that no other cell has."""
    base = re.sub(r"[^a-zA-Z0-9_-]+", "-", wanted)[:56] or "cell"
    found, number = base, 2
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    return found


def _rows(text: str) -> list[str]:
    """Lines with their ends, split at newlines alone: a notebook's reader joins them again."""
    rows = text.split("\n")
    return [*(f"{row}\n" for row in rows[:-1]), *([rows[-1]] if rows[-1] else [])]
