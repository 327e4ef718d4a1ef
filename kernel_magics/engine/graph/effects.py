"""Effects: code of a node that changes a value of the setup, which other nodes and later runs would see."""

from __future__ import annotations

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import LinkError
from kernel_magics.engine.graph.setup import Setup


def refuse_effects(cell: Cell, setup: Setup) -> None:
    """Refuse a node's code that changes a constant of the setup in place.

    Raises:
        LinkError: DB113.
    """
    for line, name in cell.changes:
        if name not in setup.data:
            continue
        raise LinkError(
            "DB113",
            (cell.ref.subject(line), f" changes '{name}' of the setup, which other nodes read, too."),
            hint=f"change a copy of it: `own = copy.deepcopy({name})`; or make '{name}' an input.",
            names=[name],
        )
