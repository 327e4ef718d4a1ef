"""A problem is an error or a warning at a place of the notebook, with edits that solve it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from kernel_magics.assist.edit import Edit
from kernel_magics.assist.place import Place, Span

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """What to select after the edits; positions are those after the edits, `cell` is "" for a new cell."""

    cell: str
    span: Span

    def to_json(self) -> dict[str, Any]:
        """`{"cell", "start", "end"}`."""
        return {"cell": self.cell, **self.span.to_json()}


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to solve a problem.

    Attributes:
        kind: rename, inputs, setup, parameter or delete.
    """

    title: str
    kind: str
    edits: tuple[Edit, ...]
    cursor: Cursor | None = None

    def to_json(self) -> dict[str, Any]:
        """`{"title", "kind", "edits", "cursor"}`."""
        edits = [edit.to_json() for edit in self.edits]
        cursor = self.cursor.to_json() if self.cursor else None
        return {"title": self.title, "kind": self.kind, "edits": edits, "cursor": cursor}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem at its place.

    Attributes:
        code: the engine's, such as DB203; DB208 for an input that nothing reads, DB209 for a variable
            under a name of the dataflow, DB211 for a column that a frame does not have.
        place: the name concerned ("" for none) and where to underline.
        cells: ids of all cells concerned, that of the place first.
    """

    code: str
    severity: Severity
    message: str
    hint: str
    place: Place
    cells: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """See the package's docstring."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "hint": self.hint,
            "name": self.place.name,
            "cell": self.place.cell,
            "label": self.place.label,
            **self.place.span.to_json(),
            "cells": list(self.cells),
            "fixes": [fix.to_json() for fix in self.fixes],
        }
