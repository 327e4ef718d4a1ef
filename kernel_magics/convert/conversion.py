"""A conversion is the proposed notebook: its cells, their origins, and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kernel_magics.engine.graph.graph import Graph

Role = Literal["setup", "inputs", "params", "node", "display", "kept", "markdown"]
"""`display` is ordinary code that displays something; `kept` is code that stays for another reason."""


@dataclass(frozen=True, slots=True)
class GivenCell:
    """One cell of the ordinary notebook; `type` is `code`, `markdown` or `raw`."""

    id: str
    type: str
    source: str


def label_at(cells: Sequence[GivenCell], place: int) -> str:
    """`[n]` for the nth code cell of a notebook that has not run."""
    return f"[{sum(cell.type == 'code' for cell in cells[: place + 1])}]"


@dataclass(frozen=True, slots=True)
class MadeCell:
    """One cell of the converted notebook.

    Attributes:
        id: that of the original cell, if this is its only or main part.
        origin: ids of the original cells (none for `%load_ext`).
        names: what it defines in the dataflow.
        note: why it stays ordinary, if it computes something.
    """

    id: str
    type: str
    source: str
    role: Role
    origin: tuple[str, ...]
    names: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark for the user about one cell of the ordinary notebook."""

    cell: str
    label: str
    message: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The original variable `name`, before or after statement `statement`, is the value of node `node`."""

    statement: int
    after: bool
    name: str
    node: str


@dataclass(frozen=True)
class Conversion:
    """The proposal.

    Attributes:
        given: the cells of the ordinary notebook.
        cells: the cells of the converted one.
        notes: what could not be converted, and other changes.
        claims: the values that must be equal in a run of both.
        parts: for each name of the dataflow, the numbers of the statements that compute it.
        shared: numbers of the statements in the setup, without imports.
        graph: the resulting dataflow, which is valid.
        reasons: why statements stay ordinary, by number.
        lacking: those of them that only need what others make that stay ordinary.
        hint: the one change of the notebook that would bring the most cells more; "" for none.
    """

    given: tuple[GivenCell, ...]
    cells: tuple[MadeCell, ...]
    notes: tuple[Note, ...] = ()
    claims: tuple[Claim, ...] = ()
    parts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    shared: tuple[int, ...] = ()
    graph: Graph = field(default_factory=Graph)
    reasons: Mapping[int, str] = field(default_factory=dict)
    lacking: frozenset[int] = frozenset()
    hint: str = ""

    @property
    def changed(self) -> bool:
        """True when the converted notebook differs from the given one."""
        before = [(cell.id, cell.type, cell.source) for cell in self.given]
        return before != [(cell.id, cell.type, cell.source) for cell in self.cells]

    def to_json(self) -> dict[str, Any]:
        """The proposal as a JSON document, for a preview."""
        return {
            "version": 1,
            "changed": self.changed,
            "cells": [
                {
                    "id": cell.id,
                    "type": cell.type,
                    "source": cell.source,
                    "role": cell.role,
                    "from": list(cell.origin),
                    "names": list(cell.names),
                    "note": cell.note,
                }
                for cell in self.cells
            ],
            "notes": [
                {"cell": note.cell, "label": note.label, "message": note.message} for note in self.notes
            ],
        }


def in_the_dataflow(conversion: Conversion) -> tuple[int, int]:
    """How many cells that compute something are in the dataflow, and how many there are.

    A cell that only imports, shows or draws computes nothing.
    """
    flow = {
        id
        for cell in conversion.cells
        if cell.role in ("inputs", "params", "node") and cell.names
        for id in cell.origin
    }
    left = {id for cell in conversion.cells if cell.note for id in cell.origin} - flow
    return len(flow), len(flow) + len(left)
