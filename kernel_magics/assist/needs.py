"""Needs: the cells that have to run before a cell can."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from kernel_magics.assist.document import Document
from kernel_magics.assist.quiet import quietly
from kernel_magics.engine.graph.links import order


@quietly()
def needs(document: Document, cell_id: str) -> tuple[str, ...]:
    """Ids of the cells to run before this one, in order of dependency; setup cells first.

    The cell itself is left out; the session determines which of them are fresh already.
    """
    if cell_id not in document.readings:
        return ()
    graph = document.graph
    start = [name for name in _reads(document, cell_id) if name in graph.nodes]
    names = [name for name in order(start, graph.reads) if name in graph.nodes]
    homes = {name: [node.cell_id for node in graph.nodes[name]] for name in names}
    cells = list(dict.fromkeys(id for name in names for id in homes[name]))
    shared = {name for id in [*cells, cell_id] for name in _shared(document, id)}
    setup = {statement.cell_id for statement in graph.setup.closure(sorted(shared))}
    first = [cell.id for cell in graph.setup.cells if cell.id in setup and cell.id != cell_id]
    return (*first, *(id for id in _sorted(document, cells, homes) if id != cell_id))


def _sorted(document: Document, cells: list[str], homes: dict[str, list[str]]) -> list[str]:
    """Cells in order of dependency; if two cells depend on each other, in the order of their nodes."""
    links = {
        id: {
            home
            for node in document.graph.owned.get(id, ())
            for read in node.input_names
            for home in homes.get(read, ())
            if home != id
        }
        for id in cells
    }
    places = document.places
    try:
        sorter = TopologicalSorter(links)
        sorter.prepare()
    except CycleError:
        return cells
    found: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=places.__getitem__)
        found += ready
        sorter.done(*ready)
    return found


def _reads(document: Document, id: str) -> list[str]:
    """The names that a cell reads from other cells."""
    own = document.graph.owned.get(id, ())
    inside = {node.name for node in own}
    found = [read for node in own for read in node.input_names]
    if not own:
        found = [
            name for mark in document.readings[id].marks for name in mark.names if mark.role != "keyword"
        ]
    return [name for name in dict.fromkeys(found) if name not in inside]


def _shared(document: Document, id: str) -> Iterable[str]:
    """The names of the setup that a cell reads."""
    found = {name for mark in document.readings[id].marks for name in mark.names}
    return found & document.shared
