"""A preview: the dataflow of a page whose cells have not run, read from their texts; nothing is executed."""

import json
from typing import Any

from kernel_magics.assist import Document, DocumentCell
from kernel_magics.view.build import static_view
from nbext.headings import under_headings


class Preview:
    """The value of the expression that a page evaluates in its kernel; Jupyter sends it as JSON."""

    def __init__(self, view: dict[str, Any]) -> None:
        self.view = view

    def _repr_json_(self) -> dict[str, Any]:
        return self.view


def preview(cells: str) -> Preview:
    """The static view of cells.

    Args:
        cells: JSON, a list of cells as `DocumentCell.from_json` reads them.
    """
    document = Document.of(DocumentCell.from_json(cell) for cell in json.loads(cells))
    return Preview(under_headings(static_view(document.graph), document.cells))
