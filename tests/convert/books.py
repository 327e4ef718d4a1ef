"""Ordinary notebooks for tests: a list of texts becomes cells, a conversion becomes a list of texts."""

from __future__ import annotations

from kernel_magics.convert import Conversion, GivenCell, convert


def given(*cells: str) -> list[GivenCell]:
    """Cells with the ids c1, c2, …; those that begin with `#md ` are markdown."""
    return [
        GivenCell(f"c{number}", "markdown", cell.removeprefix("#md "))
        if cell.startswith("#md ")
        else GivenCell(f"c{number}", "code", cell)
        for number, cell in enumerate(cells, start=1)
    ]


def converted(*cells: str) -> Conversion:
    """The proposal for these cells."""
    return convert(given(*cells))


def texts(conversion: Conversion) -> list[str]:
    """The cells of the converted notebook behind `%load_ext` and the setup."""
    return [
        cell.source
        for cell in conversion.cells
        if cell.role != "setup" and not cell.source.startswith("%load_ext")
    ]


def reasons(conversion: Conversion) -> list[str]:
    """The notes, each behind the label of its cell."""
    return [f"{note.label} {note.message}" for note in conversion.notes]
