"""Clashes: two cells define one name in ways that exclude each other; the newer cell gets the error."""

from __future__ import annotations

from collections.abc import Mapping

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import LinkError
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.setup import Setup
from kernel_magics.engine.message import Part
from kernel_magics.engine.source.choice import exclude


def refuse_overlap(old: Node, new: Node, cells: Mapping[str, Cell]) -> None:
    """Refuse variants of one name that do not differ in a param which both of them name.

    Raises:
        LinkError: DB201 for nodes that are no variants, DB204.
    """
    if not old.when or not new.when:
        raise duplicate(new.name, cells[old.cell_id], cells[new.cell_id])
    first, second = dict(old.when), dict(new.when)
    if not any(key in second and exclude(second[key], value) for key, value in first.items()):
        raise LinkError(
            "DB204",
            (
                f"the variants of '{new.name}'",
                old.ref.only_label(" in cells "),
                new.ref.only_label(" and "),
                " can both be meant.",
            ),
            hint="give each a different value of the same param in --when.",
            names=[new.name],
        )


def duplicate(name: str, *cells: Cell) -> LinkError:
    """The error DB201 for a name that two cells define."""
    first, second = (cell.ref for cell in cells)
    where: tuple[Part, ...] = (first.only_label(" by two cells: ", " twice"), second.only_label(" and "))
    if not first.label:
        where = (f" twice by {first.id}" if first == second else f" twice: by {first.id} and by {second.id}",)
    elif first == second:
        where = (" twice by ", first.subject())
    return LinkError(
        "DB201",
        (f"'{name}' is defined", *where, "."),
        hint="rename one, or delete one of the cells.",
        names=[name],
        concerns=[first, second],
    )


def refuse_setup_clash(cells: Mapping[str, Cell], setup: Setup, owners: Mapping[str, str]) -> None:
    """Refuse a name that both the setup and a node define.

    Raises:
        LinkError: DB201.
    """
    for name in sorted(setup.names & owners.keys()):
        both = {owners[name], *(item.cell_id for item in setup.statements if name in item.binds)}
        raise duplicate(name, *[cell for id, cell in cells.items() if id in both][:2])
