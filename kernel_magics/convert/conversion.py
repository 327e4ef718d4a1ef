"""A conversion is the notebook as it is proposed: its cells, where each comes from, and what is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kernel_magics.engine.graph.graph import Graph

Role = Literal["setup", "inputs", "params", "node", "display", "kept", "markdown"]
"""`display` is ordinary code that shows something; `kept` is what stays for another reason."""


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
        id: that of the cell it comes from where one became one, or where it is the main part of it.
        origin: ids of the cells that it comes from (none for `%load_ext`).
        names: what it gives to the dataflow.
        note: why it stays ordinary, when it computes something.
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
    """What a person should know of one cell of the ordinary notebook."""

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
        notes: what could not be converted, and what changed besides.
        claims: what a run of both must find equal.
        parts: for each name of the dataflow, the numbers of the statements that compute it.
        shared: numbers of the statements in the setup that are no imports.
        graph: the resulting dataflow, which is valid.
    """

    given: tuple[GivenCell, ...]
    cells: tuple[MadeCell, ...]
    notes: tuple[Note, ...] = ()
    claims: tuple[Claim, ...] = ()
    parts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    shared: tuple[int, ...] = ()
    graph: Graph = field(default_factory=Graph)

    @property
    def changed(self) -> bool:
        """Whether the converted notebook is another one."""
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
