"""Which cell runs, and which were deleted: the front end sends that with each request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

_BY_PROGRAM = re.compile(r"_\d+_\d+$")


class CellTracker:
    """Follows the execute requests of one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self.cell_id: str | None = None
        self.raw_cell = ""

    def start(self, info: ExecutionInfo) -> list[str]:
        """Note the cell that begins to run; returns the ids of cells deleted since the last one."""
        self.cell_id = info.cell_id or None
        self.raw_cell = info.raw_cell or ""
        deleted = self._metadata().get("deletedCells") or []
        return [id for id in deleted if isinstance(id, str)]

    @property
    def label(self) -> str:
        """`[n]`, the number that the prompt shows for this cell."""
        return f"[{self._number}]"

    @property
    def _number(self) -> int:
        """Length of the history: IPython's own counter moves before or after the cell, by version."""
        history = self._shell.history_manager
        return len(history.input_hist_raw) - 1 if history is not None else int(self._shell.execution_count)

    def identity(self) -> tuple[str, bool]:
        """The cell's id, and whether the front end gave it (else it is made up, and the last one wins)."""
        if self.cell_id:
            return self.cell_id, True
        return f"prompt-{self._number}", False

    @property
    def unwatched(self) -> bool:
        """Whether a program runs the notebook (nbconvert, papermill), or a console: no place for widgets.

        They use jupyter_client, which ends message ids in process and count, and send no cell id.
        """
        return self.cell_id is None and bool(_BY_PROGRAM.search(str(self._parent("header").get("msg_id"))))

    def _metadata(self) -> Mapping[str, Any]:
        return self._parent("metadata")

    def _parent(self, part: str) -> Mapping[str, Any]:
        """A part of the request that is being answered."""
        get_parent = getattr(self._shell, "get_parent", None)
        parent = get_parent() if callable(get_parent) else None
        found = parent.get(part) if isinstance(parent, Mapping) else None
        return found if isinstance(found, Mapping) else {}
