"""Facts about one cell, for the mark beside it: what it defines, what that reads, and who reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kernel_magics.assist.describe import Ref, consumers_of, inputs_of, nodes_of, ref
from kernel_magics.assist.document import Document
from kernel_magics.assist.quiet import quietly


@dataclass(frozen=True, slots=True)
class Facts:
    """What a cell is to the dataflow.

    Attributes:
        magic: one of our cell magics; "" for an ordinary cell.
        index: its number in the notebook, from 0.
        valid: False while the draft graph does not hold the cell as it stands.
    """

    cell: str
    label: str
    magic: str
    index: int
    valid: bool
    defines: tuple[Ref, ...] = ()
    inputs: tuple[Ref, ...] = ()
    consumers: tuple[Ref, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`{"cell", "label", "magic", "index", "valid", "defines", "inputs", "consumers"}`."""
        lists = ("defines", "inputs", "consumers")
        return {
            "cell": self.cell,
            "label": self.label,
            "magic": self.magic,
            "index": self.index,
            "valid": self.valid,
            **{key: [item.to_json() for item in getattr(self, key)] for key in lists},
        }


@quietly()
def facts(document: Document, cell_id: str) -> Facts | None:
    """The facts about a cell; None for an id that the notebook has not."""
    reading = document.readings.get(cell_id)
    if reading is None:
        return None
    valid = reading.error is None and cell_id not in document.draft.refused
    head = cell_id, document.label(cell_id), reading.magic, document.places[cell_id], valid
    owned = document.graph.owned.get(cell_id, ())
    own = reading.own or tuple(dict.fromkeys(node.name for node in owned))
    setup = [item for item in document.graph.setup.statements if item.cell_id == cell_id]
    own = own or tuple(dict.fromkeys(name for item in setup for name in item.binds))
    hidden = {*own, *(node.name for node in owned)}
    aside = [] if owned else nodes_of(document, reading)
    hidden |= {node.name for node in aside}
    reads = [read for node in owned for read in inputs_of(document, node.name)]
    reads = reads or [read for node in aside for read in node.input_names] or _read(document, cell_id)
    feeds = [reader for name in own for reader in consumers_of(document, name)]
    return Facts(
        *head,
        tuple(ref(document, name) for name in own),
        tuple(ref(document, name) for name in dict.fromkeys(reads) if name not in hidden),
        tuple(ref(document, name) for name in dict.fromkeys(feeds) if name not in hidden),
    )


def _read(document: Document, cell_id: str) -> list[str]:
    """What a test or an ordinary cell reads of the dataflow."""
    reading = document.readings[cell_id]
    names = [name for mark in reading.marks for name in mark.names if mark.role != "keyword"]
    return [name for name in names if name in document.graph.nodes]
