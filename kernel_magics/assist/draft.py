"""The draft is the graph of a notebook under development, without the cells that contradict others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import LinkError
from kernel_magics.engine.graph.graph import Graph

Refused = dict[str, LinkError]


@dataclass(frozen=True)
class Draft:
    """The graph of as many cells as possible, added in notebook order (setup first).

    Attributes:
        refused: the errors of the cells that are left out, by id.
    """

    graph: Graph = field(default_factory=Graph)
    refused: Mapping[str, LinkError] = field(default_factory=dict)


def make_draft(cells: Sequence[Cell]) -> Draft:
    """The draft of these cells, given in notebook order."""
    refused: Refused = {}
    setup = [cell for cell in cells if cell.magic == "setup"]
    graph = _put(Graph(), setup, refused)
    return Draft(_put(graph, [cell for cell in cells if cell.magic != "setup"], refused), refused)


def next_draft(old: Draft, cells: Sequence[Cell], changed: Iterable[str]) -> Draft:
    """The draft after an edit; of cells that contradict each other, the edited one is left out.

    Args:
        old: the draft of the cells before.
        cells: all cells, in notebook order.
        changed: ids of the cells that are new or changed.
    """
    known = {cell.id: cell for cell in cells}
    fresh = [known[id] for id in dict.fromkeys(changed) if id in known]
    gone = [id for id in old.graph.cells if id not in known]
    touched = {*gone, *(cell.id for cell in fresh)}
    aside = {id: known[id] for id in old.refused if id in known and id not in touched}
    refused: Refused = {}
    try:
        graph = old.graph.put(*fresh, drop=gone)
    except LinkError:
        if any(cell.magic == "setup" for cell in fresh) or not touched.isdisjoint(_setup(old.graph)):
            return make_draft(cells)
        graph = _put(old.graph.drop(*gone, *(cell.id for cell in fresh)), fresh, refused)
    if graph.setup is not old.graph.setup:  # functions may use removed names
        lacking = [id for id, nodes in graph.owned.items() if any(node.lacks for node in nodes)]
        lacking += [id for id, cell in graph.cells.items() if len(cell.filled) < len(cell.constants)]
        aside |= {id: known[id] for id in lacking}
        graph = graph.drop(*lacking)
    graph = _put(graph, [*aside.values()], refused) if aside else graph
    if _setup(graph) != [cell.id for cell in cells if cell.magic == "setup"]:
        return make_draft(cells)
    return Draft(_arranged(graph, cells), refused)


def _setup(graph: Graph) -> list[str]:
    return [cell.id for cell in graph.setup.cells]


def _arranged(graph: Graph, cells: Sequence[Cell]) -> Graph:
    """The graph with its cells in notebook order, setup first."""
    ids = [cell.id for cell in cells if cell.magic == "setup"]
    ids += [cell.id for cell in cells if cell.magic != "setup"]
    ids = [id for id in ids if id in graph.cells]
    if ids == list(graph.cells):
        return graph
    graph = replace(graph, cells={id: graph.cells[id] for id in ids})
    names = Counter(name for cell in graph.cells.values() for name in _names(cell))
    again = [cell for cell in graph.cells.values() if any(names[name] > 1 for name in _names(cell))]
    return graph.put(*again)  # checks of one node are numbered, and variants listed, in notebook order


def _names(cell: Cell) -> set[str]:
    return {item.subject or item.name for item in cell.definitions}


def _put(graph: Graph, cells: Sequence[Cell], refused: Refused) -> Graph:
    """Add cells, many at a time if possible, else one by one."""
    if not cells:
        return graph
    try:
        return graph.put(*cells)
    except LinkError as error:
        if len(cells) == 1:
            refused[cells[0].id] = error
            return graph
    half = len(cells) // 2
    return _put(_put(graph, cells[:half], refused), cells[half:], refused)
