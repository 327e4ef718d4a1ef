"""Outputs keep the report below each of our cells up to date when other cells change its nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.session.session import Session
from kernel_magics.workspace.report import Report, Row

MOST = 100  # outputs that one run changes, since servers drop messages that come too fast
_ROOM = 500_000  # total number of their characters


class Handle(Protocol):
    """The place of an output, such as `IPython.display.DisplayHandle`."""

    def update(self, bundle: dict[str, Any], /, *, raw: bool) -> object:
        """Replace the output."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An output that can be changed: its handle, and its present report."""

    handle: Handle
    report: Report
    bundle: dict[str, Any]


class Outputs:
    """The reports that a front end can change in place; a terminal's lines stay as they are.

    Args:
        rows: returns the present rows of nodes.
    """

    def __init__(self, session: Session, rows: Callable[[Iterable[str]], tuple[Row, ...]]) -> None:
        self._session = session
        self._rows = rows
        self._shown: dict[str, Shown] = {}

    def keep(self, cell_id: str, handle: Handle | None, report: Report) -> None:
        """Record the output of a cell that ran; None if it cannot be changed later."""
        self._shown.pop(cell_id, None)
        if handle is not None and report.rows:
            # What else was updated concerns that run, not the cell.
            self._shown[cell_id] = Shown(handle, replace(report, updated=()), {})

    def refresh(self, names: Iterable[str], running: str = "") -> None:
        """Update nodes in the reports of the cells that define them.

        Args:
            names: nodes that changed or were removed; nodes downstream of them are updated, too.
            running: id of the running cell, whose output was just made.
        """
        if not self._shown:
            return
        graph, wanted = self._session.graph, list(names)
        reached = [*wanted, *closure(wanted, graph.read_by)]
        cells = dict.fromkeys(node.cell_id for name in reached for node in graph.nodes.get(name, ()))
        room = _ROOM
        for id in [id for id in cells if id in self._shown and id != running][:MOST]:
            shown = self._shown[id]
            report = replace(shown.report, rows=self._rows(row.name for row in shown.report.rows))
            bundle = report._repr_mimebundle_()
            room -= sum(map(len, bundle.values()))
            if room < 0:
                return
            if bundle != (shown.bundle or shown.report._repr_mimebundle_()):
                shown.handle.update(bundle, raw=True)
            self._shown[id] = Shown(shown.handle, report, bundle)
