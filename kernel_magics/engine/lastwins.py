"""Without cell ids (plain IPython) the last definition wins: what older cells said of the same names goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kernel_magics.engine.definition import Cell
from kernel_magics.engine.graph import Graph
from kernel_magics.engine.setup import make_setup


def supersede(graph: Graph, cells: Iterable[Cell]) -> tuple[list[Cell], list[str], list[str]]:
    """Older cells that must change so that these can be added.

    Returns:
        the older cells without what is defined anew, the ids of those with nothing left, the names concerned.
    """
    cells = list(cells)
    names = {item.name for cell in cells for item in cell.definitions} | {
        helper.name for cell in cells for helper in cell.helpers
    }
    bound = make_setup([cell for cell in cells if cell.magic == "setup"]).names
    smaller: list[Cell] = []
    gone: list[str] = []
    notices: list[str] = []
    for old in graph.cells.values():
        if any(old.magic == cell.magic and old.body == cell.body and old.subject == cell.subject for cell in cells):
            gone.append(old.id)
        elif old.magic == "setup":
            binds = make_setup([old]).names
            if binds and binds <= bound:
                gone.append(old.id)
        elif any(item.name in names for item in old.definitions):
            left = tuple(item for item in old.definitions if item.name not in names)
            notices += [item.name for item in old.definitions if item.name in names]
            if left:
                helpers = tuple(helper for helper in old.helpers if helper.name not in names)
                smaller.append(replace(old, definitions=left, helpers=helpers))
            else:
                gone.append(old.id)
    return smaller, gone, notices
