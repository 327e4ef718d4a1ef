"""A cell is a piece of notebook source with an identity; it owns the names that it defines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.grammar import CELL_MAGICS
from kernel_magics.engine.source.mapped import on_line

_MAGIC = re.compile(r"\s*%%(?P<magic>\w+)(?P<line>[^\n]*)(?:\n|$)")


@dataclass(frozen=True, slots=True)
class CellSource:
    """One of Dagbook's cells as it stands in the notebook.

    Attributes:
        id: identity of the cell, stable while it is edited.
        label: what a person sees, such as `[4]`.
        magic: one of our cell magics.
        line: the rest of the magic's line.
        body: the text below the magic's line.
        group: the markdown heading above the cell ("" when there is none).
        first: the number of the body's first line in the cell as an editor shows it, counted from 1.
    """

    id: str
    label: str
    magic: str
    line: str
    body: str
    group: str = ""
    first: int = 2

    @property
    def ref(self) -> CellRef:
        """Which cell this is, for messages."""
        return CellRef(self.id, self.label)

    @property
    def placed(self) -> str:
        """The body on the lines where an editor shows it; parsed, its line numbers are the cell's."""
        return on_line(self.body, self.first)


def first_line(text: str, body: str) -> int:
    """The number of the line on which a cell's body begins, given the cell's whole text."""
    text, body = text.rstrip(), body.rstrip()
    return text[: len(text) - len(body)].count("\n") + 1 if body and text.endswith(body) else 2


def read_cell(text: str, id: str, label: str, group: str = "") -> CellSource | None:
    """Split a cell's whole text at its magic; None for a cell that is none of ours."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    match = _MAGIC.match(text)
    if match is None or match["magic"] not in CELL_MAGICS:
        return None
    first = text[: match.end()].count("\n") + (not match[0].endswith("\n")) + 1
    return CellSource(id, label, match["magic"], match["line"].strip(), text[match.end() :], group, first)


class HasText(Protocol):
    """A cell, parsed or not."""

    @property
    def magic(self) -> str: ...
    @property
    def line(self) -> str: ...
    @property
    def body(self) -> str: ...


def text_key(cell: HasText) -> tuple[str, str, str]:
    """Equal for cells that say the same, whatever their ids are."""
    return cell.magic, cell.line, cell.body.rstrip()


def is_ours(text: str) -> bool:
    """True when the cell starts with one of our cell magics."""
    match = _MAGIC.match(text)
    return match is not None and match["magic"] in CELL_MAGICS
