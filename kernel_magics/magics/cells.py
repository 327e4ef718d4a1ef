"""The running cell and the deleted cells, as the front end sends them with each request."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

from kernel_magics.engine.source.cell import split_cell

_BY_PROGRAM = re.compile(r"_\d+_\d+$")


@dataclass(frozen=True, slots=True)
class Request:
    """The cell in which a magic was called.

    Attributes:
        id: of the cell; generated if the front end gives none, and for calls on the user's threads.
        known: whether the front end gave it; otherwise new definitions replace older ones of their names.
        text: the whole cell.
        label: `[n]`, the number in its prompt.
    """

    id: str
    known: bool
    text: str
    label: str


class CellTracker:
    """Determines the request in which a magic was called.

    The request is read from the shell: the last `begin` may belong to the cell before, because IPython runs a
    cell without it if an interrupt comes just then.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._calls = itertools.count(1)
        self._begun: list[ExecutionInfo] = []  # the running cell is last, cells around it come first
        self._thread = 0

    def begin(self, info: ExecutionInfo) -> bool:
        """Handle the start of a cell on this thread; returns whether it is inside another one."""
        inside = getattr(self._shell.displayhook, "exec_result", None) is not None
        self._thread = threading.get_ident()
        self._begun = [*(self._begun if inside else ()), info]
        return inside

    def end(self, info: ExecutionInfo) -> bool:
        """Handle the end of a cell; returns whether `begin` was called for it."""
        heard = any(info is each for each in self._begun)
        while heard and self._begun.pop() is not info:
            pass  # an inner cell without a call of `end`
        return heard

    def request(self) -> Request:
        """The request that is running on this thread."""
        label = f"[{self._number}]"
        if threading.current_thread() is not threading.main_thread() and (
            threading.get_ident() != self._thread
        ):
            return Request(f"call-{next(self._calls)}", False, "", label)
        info = self._info
        text = (info.raw_cell or "") if info is not None else ""
        if info is not None and info.cell_id:
            return Request(info.cell_id, True, text, label)
        return Request(f"prompt-{self._number}", False, text, label)

    @property
    def _info(self) -> ExecutionInfo | None:
        """The shell's record of the running cell; for a cell around an ended one, that of `begin`."""
        result = getattr(self._shell.displayhook, "exec_result", None)
        info = getattr(result, "info", None)
        if not isinstance(info, ExecutionInfo):
            return self._begun[-1] if self._begun else None
        return self._around(info)

    def _around(self, info: ExecutionInfo) -> ExecutionInfo:
        """The cell of the notebook that ran what stands below its first line as a cell, as %%capture does."""
        around = [each for each in self._begun if each is not info]
        inner = split_cell(info.raw_cell or "")
        if info.cell_id or not around or not inner.magic:
            return info
        outer = split_cell(around[-1].raw_cell or "")
        return around[-1] if (outer.line, outer.body.rstrip()) == (inner.line, inner.body.rstrip()) else info

    @property
    def _number(self) -> int:
        """Length of the history, since IPython's own counter changes before or after the cell, by version."""
        history = self._shell.history_manager
        return len(history.input_hist_raw) - 1 if history is not None else int(self._shell.execution_count)

    def deleted(self) -> list[str]:
        """The ids of cells deleted since the last request."""
        deleted = self._parent("metadata").get("deletedCells") or []
        return [id for id in deleted if isinstance(id, str)]

    @property
    def unwatched(self) -> bool:
        """True when a program runs the notebook (nbconvert, papermill), or a console, where widgets are no
        use.

        They use jupyter_client, which ends message ids with process and count, and send no cell id.
        """
        return not self.request().known and bool(
            _BY_PROGRAM.search(str(self._parent("header").get("msg_id")))
        )

    def _parent(self, part: str) -> Mapping[str, Any]:
        """A part of the running request."""
        get_parent = getattr(self._shell, "get_parent", None)
        parent = get_parent() if callable(get_parent) else None
        found = parent.get(part) if isinstance(parent, Mapping) else None
        return found if isinstance(found, Mapping) else {}
