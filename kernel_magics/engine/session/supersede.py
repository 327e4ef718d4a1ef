"""Without cell ids (plain IPython) the last definition of a name replaces those in older cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kernel_magics.engine.cells.definition import Cell, Definition
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.setup import make_setup
from kernel_magics.engine.source.choice import exclude


def supersede(graph: Graph, cells: Iterable[Cell]) -> tuple[list[Cell], list[str]]:
    """The older cells to change so that the new ones can be added.

    Returns:
        the older cells without replaced definitions, and the ids of those with none left.
    """
    cells = list(cells)
    fresh = [item for cell in cells for item in cell.definitions]
    names = {helper.name for cell in cells for helper in cell.helpers}
    lines = {row.strip() for cell in cells if cell.magic == "check" for row in cell.body.split("\n")} - {""}
    bound = make_setup([cell for cell in cells if cell.magic == "setup"]).names
    smaller: list[Cell] = []
    removed: list[str] = []
    for old in graph.cells.values():
        if any((old.magic, old.line, old.body) == (cell.magic, cell.line, cell.body) for cell in cells):
            removed.append(old.id)
            continue
        if old.magic == "setup":
            binds = make_setup([old]).names
            if binds and binds <= bound:
                removed.append(old.id)
            continue
        if old.magic == "check" and not any(row.strip() in lines for row in old.body.split("\n")):
            continue  # another check of the same node: the two share no line
        left = tuple(
            item for item in old.definitions if not _is_replaced(item, fresh) and item.name not in names
        )
        if len(left) < len(old.definitions):
            if left:
                helpers = tuple(helper for helper in old.helpers if helper.name not in names)
                smaller.append(replace(old, definitions=left, helpers=helpers))
            else:
                removed.append(old.id)
    return smaller, removed


def _is_replaced(old: Definition, fresh: Iterable[Definition]) -> bool:
    """True when one of these replaces the old definition: the same name, and not a different variant."""
    when = dict(old.when)
    return any(
        item.name == old.name
        and not any(key in when and exclude(when[key], value) for key, value in item.when)
        for item in fresh
    )
