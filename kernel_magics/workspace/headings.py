"""Headings are read from the notebook's file, since a kernel gets no markdown; they group a view's nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel_magics.engine.errors import DataflowError
from kernel_magics.notebook import Notebook, read_notebook


class Headings:
    """The heading above each cell, read again after the file was saved.

    Args:
        find: searches the notebook's file.
    """

    def __init__(self, find: Callable[[], Notebook | None]) -> None:
        self._find = find
        self._notebook: Notebook | None = None
        self._saved = 0.0

    def place(self, view: dict[str, Any]) -> dict[str, Any]:
        """The view with its nodes under their headings; unchanged if no file is known."""
        notebook = self._current()
        if notebook is None:
            return view
        groups = {cell.id: cell.group for cell in notebook.cells}
        nodes = [{**node, "group": groups.get(node["cell_id"], node["group"])} for node in view["nodes"]]
        present = {node["group"] for node in nodes}
        ordered = [group for group in dict.fromkeys(groups.values()) if group in present]
        ordered += sorted(present - set(ordered))
        return {**view, "title": view["title"] or notebook.title, "groups": ordered, "nodes": nodes}

    def _current(self) -> Notebook | None:
        try:
            if self._notebook is None:
                self._notebook = self._find()
                self._saved = self._notebook.path.stat().st_mtime if self._notebook else 0.0
            elif self._notebook.path.stat().st_mtime != self._saved:
                self._saved = self._notebook.path.stat().st_mtime
                self._notebook = read_notebook(self._notebook.path)
        except (OSError, DataflowError):
            return self._notebook
        return self._notebook
