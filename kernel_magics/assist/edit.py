"""An edit changes the text of one cell or inserts a cell; a list of edits is applied as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from kernel_magics.assist.document import Document, DocumentCell
from kernel_magics.assist.place import Span
from kernel_magics.engine.span import replaced


@dataclass(frozen=True, slots=True)
class Replace:
    """Replace the text in a span of the original text by `text`."""

    cell: str
    span: Span
    text: str

    def to_json(self) -> dict[str, Any]:
        """`{"kind": "replace", "cell", "start", "end", "text"}`."""
        return {"kind": "replace", "cell": self.cell, **self.span.to_json(), "text": self.text}


@dataclass(frozen=True, slots=True)
class Insert:
    """A new code cell beside another one."""

    cell: str
    where: Literal["before", "after"]
    text: str

    def to_json(self) -> dict[str, Any]:
        """`{"kind": "insert", "cell", "where", "type", "text"}`."""
        beside = {"cell": self.cell, "where": self.where}
        return {"kind": "insert", **beside, "type": "code", "text": self.text}


Edit = Replace | Insert


def edited(text: str, edits: Iterable[Replace]) -> str:
    """A text after the edits of its cell."""
    return replaced(text, ((item.span, item.text) for item in edits))


def apply(document: Document, edits: Iterable[Edit]) -> Document:
    """The document after some edits; new cells get the ids `new-1`, `new-2` and so on."""
    edits = list(edits)
    changed: dict[str, DocumentCell] = {}
    for cell in document.cells:
        own = [item for item in edits if isinstance(item, Replace) and item.cell == cell.id]
        if own:
            changed[cell.id] = replace(cell, text=edited(cell.text, own))
    order = [cell.id for cell in document.cells]
    number = 0
    for item in edits:
        if isinstance(item, Insert) and item.cell in order:
            number += 1
            while f"new-{number}" in order:
                number += 1
            cell = DocumentCell(f"new-{number}", "code", item.text)
            changed[cell.id] = cell
            order.insert(order.index(item.cell) + (item.where == "after"), cell.id)
    return document.edit(changed.values(), order)
