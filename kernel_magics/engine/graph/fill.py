"""Filling a cell: its loops get the values that the setup has now, its decorators what they mean there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import CellError, LinkError, did_you_mean
from kernel_magics.engine.graph.setup import Setup


def refilled(cells: Mapping[str, Cell], setup: Setup, strict: Collection[str]) -> dict[str, Cell]:
    """The cells whose families have other values than before, or whose decorators mean something else.

    Args:
        strict: ids of cells whose values must be known; others are left without members, as in a fresh kernel
            where they cannot run.

    Raises:
        LinkError: DB210 for a strict cell with a name that has no literal values; DB104, DB110 and others as
            for any cell.
    """
    found: dict[str, Cell] = {}
    for id, cell in cells.items():
        if not (cell.constants or cell.decorated):
            continue
        modifiers = {
            name: meaning for name, meaning in setup.modifiers.items() if name.split(".")[0] in cell.decorated
        }
        values = {name: setup.constant(name) for name in cell.constants}
        known = {name: item for name, item in values.items() if not isinstance(item, str)}
        if len(known) < len(values) and id in strict:
            raise _unknown(cell, values, setup)
        same = {name: tuple(item) for name, item in known.items()} == cell.filled
        if same and modifiers == cell.modifiers:
            continue
        try:
            found[id] = parse_cell(cell.source, known, modifiers)
        except CellError as error:
            if id in strict:
                raise
            raise LinkError(
                error.code,
                error.message_parts,
                hint=error.hint,
                names=error.names,
                line=error.line,
                reason=error.reason,
            ) from None
    return {id: replace(cell, group=cells[id].group, label=cells[id].label) for id, cell in found.items()}


def _unknown(cell: Cell, values: Mapping[str, Sequence[object] | str], setup: Setup) -> LinkError:
    name, reason = next((name, item) for name, item in values.items() if isinstance(item, str))
    variable = next((loop.partition("=")[0] for loop in cell.given["--for"] if loop.endswith(name)), "k")
    close = did_you_mean(name, setup.names - {name})
    fix = f"give it a literal list in %%setup, or for the text write `--for {variable}={name},`."
    return LinkError(
        "DB210",
        (f"--for {variable}={name}", cell.ref.on(), f": {reason}."),
        hint=f"{close} Otherwise {fix}" if close else fix,
        names=[name],
    )
