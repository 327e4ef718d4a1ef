"""A document is the notebook as shown on the screen; an edit returns a new document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from kernel_magics.assist.draft import Draft, make_draft, next_draft
from kernel_magics.assist.marks import Mark
from kernel_magics.assist.place import Place, Span
from kernel_magics.assist.quiet import quietly
from kernel_magics.assist.reading import Reading, read
from kernel_magics.assist.variables import Variable
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.message import CellRef


@dataclass(frozen=True, slots=True)
class DocumentCell:
    """A cell on the screen.

    Attributes:
        kind: code or markdown.
        count: the execution count shown beside it; None for a cell that has not run.
    """

    id: str
    kind: str
    text: str
    count: int | None = None

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> DocumentCell:
        """From `{"id", "kind", "text", "count"}`; what is left out is that of an empty code cell."""
        count = data.get("count")
        kind = "code" if data.get("kind", "code") == "code" else "markdown"
        shown = count if isinstance(count, int) else None
        return DocumentCell(str(data["id"]), kind, str(data.get("text", "")), shown)


@dataclass(frozen=True, eq=False)
class Document:
    """An immutable notebook; `edit` returns a new one, equal to `of` on the same cells.

    Attributes:
        cells: in notebook order.
        readings: the reading of each cell, by id.
        draft: the cells that begin with our magics, linked.
    """

    cells: tuple[DocumentCell, ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict)
    draft: Draft = field(default_factory=Draft)

    @staticmethod
    @quietly()
    def of(cells: Iterable[DocumentCell]) -> Document:
        """The document of these cells; of cells with the same id, the last one is used."""
        unique = tuple({cell.id: cell for cell in cells}.values())
        readings = {cell.id: read(cell.id, cell.kind, cell.text) for cell in unique}
        parsed = [item.parsed for item in readings.values() if item.parsed is not None]
        draft = make_draft(parsed)
        return Document(unique, _filled(readings, draft), draft)

    @quietly()
    def edit(self, changed: Iterable[DocumentCell] = (), order: Sequence[str] | None = None) -> Document:
        """The next document.

        Args:
            changed: cells that are new, or have another kind, text or count.
            order: ids of all cells in their new order, those left out being deleted; by default the order
                stays and new cells come last.
        """
        fresh = {cell.id: cell for cell in changed}
        cells = {cell.id: fresh.get(cell.id, cell) for cell in self.cells} | fresh
        ids = [id for id in dict.fromkeys(order) if id in cells] if order is not None else list(cells)
        readings: dict[str, Reading] = {}
        differs: list[str] = []
        for id in ids:
            cell, old = cells[id], self.readings.get(id)
            if old is not None and (id not in fresh or (old.kind, old.written) == (cell.kind, cell.text)):
                readings[id] = old
            else:
                readings[id] = read(id, cell.kind, cell.text)
                differs.append(id)
        parsed = [item.parsed for item in readings.values() if item.parsed is not None]
        draft = next_draft(self.draft, parsed, differs)
        return Document(tuple(cells[id] for id in ids), _filled(readings, draft), draft)

    # -- queries ---------------------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """The draft graph."""
        return self.draft.graph

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The number of each cell, from 0."""
        return {cell.id: number for number, cell in enumerate(self.cells)}

    def cell(self, id: str) -> DocumentCell | None:
        """A cell by its id."""
        return self.cells[self.places[id]] if id in self.places else None

    def label(self, id: str) -> str:
        """`[4]` for a cell that ran, `#7` for the seventh cell when it has not."""
        cell = self.cell(id)
        if cell is None:
            return ""
        return f"[{cell.count}]" if cell.count is not None else f"#{self.places[id] + 1}"

    def ref(self, id: str) -> CellRef:
        """A cell's id and label, for messages."""
        return CellRef(id, self.label(id))

    def shown(self, error: DataflowError) -> DataflowError:
        """An error of the engine with the present labels of cells."""
        return error.relabelled(lambda cell: self.label(cell.id) or cell.label)

    def place(self, id: str, mark: Mark) -> Place:
        """The place of a mark."""
        return Place(mark.text, id, self.label(id), mark.span, mark.role)

    def spot(self, id: str, name: str, where: Span, role: str) -> Place:
        """A place from its parts."""
        return Place(name, id, self.label(id), where, role)

    @cached_property
    def defined(self) -> Mapping[str, tuple[str, ...]]:
        """The cells that define each node, input or param, whether linked or not."""
        found: dict[str, tuple[str, ...]] = {}
        for id, reading in self.readings.items():
            for name in reading.own:
                found[name] = (*found.get(name, ()), id)
        return found

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """The last statement in ordinary cells that binds each name."""
        return {item.name: item for reading in self.readings.values() for item in reading.variables}

    @cached_property
    def shared(self) -> frozenset[str]:
        """The names that the setup binds."""
        return self.graph.setup.names

    @cached_property
    def aside(self) -> frozenset[str]:
        """All definitions of cells outside the graph, joint computations included."""
        cells = [self.readings[id].parsed for id in self.draft.refused]
        return frozenset(item.name for cell in cells if cell is not None for item in cell.definitions)

    def known(self, name: str) -> bool:
        """True for names of nodes, inputs, params and the setup, including those of cells with an error."""
        return any(name in names for names in (self.graph.nodes, self.defined, self.shared, self.aside))


def _filled(readings: Mapping[str, Reading], draft: Draft) -> dict[str, Reading]:
    """The readings with the members that families over names of the setup have in the draft."""
    cells = draft.graph.cells
    found = dict(readings)
    for id, reading in readings.items():
        if reading.parsed is not None and reading.parsed.constants and id in cells:
            found[id] = replace(reading, parsed=cells[id])
    return found
