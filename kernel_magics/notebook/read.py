"""A notebook is a file of cells; reading it executes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.ordinary import shown
from kernel_magics.engine.source.cell import CellSource, is_ours, read_cell
from kernel_magics.engine.source.injected import injected_values
from kernel_magics.engine.source.outside import outside_names
from kernel_magics.engine.visible import file_name
from kernel_magics.notebook.older import cells_of_format_3

_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class NotebookCell:
    """One cell of the file.

    Attributes:
        id: its identity; made from the position in files older than nbformat 4.5.
        label: `[n]` for the n-th code cell, as a fresh run from top to bottom numbers it ("" for markdown).
        group: text of the nearest heading above.
    """

    id: str
    type: str
    label: str
    source: str
    group: str


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook as read from a file.

    Attributes:
        origin: where it was imported from a module, the notebook that the module was exported from.
    """

    path: Path
    cells: tuple[NotebookCell, ...]
    origin: str = ""

    @property
    def title(self) -> str:
        """The file's name without its suffix, as documents hold it."""
        return file_name(self.path.stem)

    @property
    def source_name(self) -> str:
        """The file name that an exported module gives as its source, as it stands there."""
        return file_name(self.origin or self.path.name)

    @property
    def injected(self) -> Mapping[str, str]:
        """Source of the values that papermill's cells give to params, by name."""
        texts = (cell.source for cell in self.cells if cell.type == "code")
        return {name: value for text in texts for name, value in injected_values(text).items()}

    def outside(self) -> Mapping[str, str]:
        """The names that ordinary cells define, as `Graph.outside` returns them."""
        return outside_names(
            cell.source for cell in self.cells if cell.type == "code" and not is_ours(cell.source)
        )

    def sources(self) -> list[CellSource]:
        """Dagbook's cells, setup first, otherwise in notebook order."""
        found = [
            read_cell(cell.source, cell.id, cell.label, cell.group)
            for cell in self.cells
            if cell.type == "code"
        ]
        injected = self.injected
        if injected:
            found = [
                replace(cell, injected=injected) if cell is not None and cell.magic == "params" else cell
                for cell in found
            ]
        ours = [cell for cell in found if cell is not None]
        return sorted(ours, key=lambda cell: cell.magic != "setup")


def read_notebook(path: str | Path) -> Notebook:
    """Read an `.ipynb` file of nbformat 3 or 4.

    Raises:
        SourceError: DB401 not a notebook, DB402 unknown version, DB403 not found or not readable.
    """
    path = Path(path)
    try:
        text = ordinary.read_text(path)
    except OSError as error:
        raise SourceError(
            "DB403", f"cannot read '{path}': {error.strerror or error}.", hint="check the path."
        ) from None
    except UnicodeDecodeError:
        raise _not_a_notebook(path, "it is not UTF-8 text") from None
    return parse_notebook(text, path)


def parse_notebook(text: str, path: Path) -> Notebook:
    """A notebook from its text.

    Args:
        path: its path, for names and messages.

    Raises:
        SourceError: DB401 not a notebook, DB402 unknown version.
    """
    if not text.strip():
        raise _not_a_notebook(path, "the file is empty")
    try:
        data = json.loads(text)
    except ValueError as error:
        raise _not_a_notebook(path, f"it is not JSON ({error})") from None
    except RecursionError:
        raise _not_a_notebook(path, "its JSON is nested too deeply") from None
    if not isinstance(data, dict) or not isinstance(data.get("nbformat"), int):
        raise _not_a_notebook(path, "it has no 'nbformat'")
    data = _upgraded(path, data)
    if not isinstance(data.get("cells"), list):
        raise _not_a_notebook(path, "it has no list of cells")
    return Notebook(path, tuple(_cells(path, data["cells"])), _origin(data.get("metadata")))


def _origin(metadata: object) -> str:
    own = metadata.get("dagbook") if isinstance(metadata, Mapping) else None
    name = own.get("source") if isinstance(own, Mapping) else None
    return shown(name) if isinstance(name, str) else ""


def _upgraded(path: Path, data: dict[str, Any]) -> dict[str, Any]:
    version = data["nbformat"]
    if version == 4:
        return data
    if version == 3:
        try:
            return {**data, "cells": cells_of_format_3(data)}
        except ValueError as error:
            raise _not_a_notebook(path, str(error)) from None
    raise SourceError(
        "DB402",
        f"'{path}' has notebook format {version}, which is not known here.",
        hint="save it as format 4 (JupyterLab does), or update dagbook.",
    )


def _cells(path: Path, items: list[object]) -> Iterator[NotebookCell]:
    group, number = "", 0
    ids: set[str] = set()
    for position, item in enumerate(items, start=1):
        if not isinstance(item, Mapping) or not isinstance(item.get("cell_type"), str):
            raise _not_a_notebook(path, f"cell {position} is damaged")
        source = item.get("source", "")
        if isinstance(source, list) and all(isinstance(row, str) for row in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise _not_a_notebook(path, f"the source of cell {position} is damaged")
        id = item.get("id")
        if not isinstance(id, str) or not id or id in ids or shown(id) != id:
            id = f"cell-{position}"
        ids.add(id)
        if item["cell_type"] == "markdown":
            group = shown(last_heading(source)) or group
        number += item["cell_type"] == "code"
        label = f"[{number}]" if item["cell_type"] == "code" else ""
        yield NotebookCell(id, item["cell_type"], label, source.replace("\r\n", "\n"), group)


def last_heading(markdown: str) -> str:
    """The text of the last heading of a markdown cell; "" when it has none."""
    headings: list[str] = _HEADING.findall(_FENCE.sub("", markdown))
    return headings[-1] if headings else ""


def _not_a_notebook(path: Path, reason: str) -> SourceError:
    return SourceError(
        "DB401", f"'{path}' is not a notebook: {reason}.", hint="give the path of a saved .ipynb file."
    )
