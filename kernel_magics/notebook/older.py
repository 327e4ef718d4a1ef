"""A notebook of format 3 keeps its cells in worksheets, and headings in cells of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXTS = ("markdown", "html", "rst")


def cells_of_format_3(data: Mapping[str, Any]) -> list[object]:
    """The cells of all worksheets as those of format 4: type, source and metadata; missing fields are empty.

    Raises:
        ValueError: with what is damaged.
    """
    worksheets = data.get("worksheets", [])
    if not isinstance(worksheets, list):
        raise ValueError("its worksheets are damaged")
    found: list[object] = []
    for number, sheet in enumerate(worksheets, start=1):
        cells = sheet.get("cells", []) if isinstance(sheet, Mapping) else None
        if not isinstance(cells, list):
            raise ValueError(f"worksheet {number} is damaged")
        found += [_cell(cell) if isinstance(cell, Mapping) else cell for cell in cells]
    return found


def _cell(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    kind, source = cell.get("cell_type"), cell.get("source", "")
    if kind == "code":
        source = cell.get("input", source)
    elif kind == "heading":
        level = cell.get("level")
        sign = "#" * min(max(level, 1), 6) if isinstance(level, int) else "#"
        rows = source if isinstance(source, list) else [source]
        if all(isinstance(row, str) for row in rows):
            source = f"{sign} {' '.join(''.join(rows).split())}"
    kind = "markdown" if kind == "heading" or kind in _TEXTS else kind
    return {"cell_type": kind, "source": source, "metadata": cell.get("metadata", {})}
