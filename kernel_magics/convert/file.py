"""The file of a converted notebook: metadata is kept, and so are the outputs of unchanged cells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kernel_magics.convert.conversion import Conversion, GivenCell, MadeCell
from kernel_magics.notebook import Notebook
from kernel_magics.notebook.write import as_text, cell_record, expect_writable


def given_cells(notebook: Notebook) -> list[GivenCell]:
    """The cells of a notebook as a conversion takes them."""
    return [GivenCell(cell.id, cell.type, cell.source) for cell in notebook.cells]


def converted_text(text: str, path: Path, conversion: Conversion) -> str:
    """The text of the converted notebook's file.

    Args:
        text: that of the ordinary notebook's file.
        path: of that file, for messages.

    Raises:
        SourceError: DB402 for files of an older format.
    """
    data: dict[str, Any] = json.loads(text)
    expect_writable(data, path)
    old = dict(zip((cell.id for cell in conversion.given), data["cells"], strict=True))
    sources = {cell.id: cell for cell in conversion.given}
    data["cells"] = [_record(cell, old, sources) for cell in conversion.cells]
    data["nbformat_minor"] = max(5, int(data.get("nbformat_minor", 0)))
    return as_text(data)


def _record(
    cell: MadeCell, old: Mapping[str, dict[str, Any]], given: Mapping[str, GivenCell]
) -> dict[str, Any]:
    before = old.get(cell.id)
    if before is not None and given[cell.id].source == cell.source:
        return {**before, "id": cell.id}
    metadata = before.get("metadata", {}) if before else {}
    return cell_record("code", cell.id, cell.source, metadata)
