"""Uses: every place where a name of the dataflow is defined or read, by scopes, not by letters."""

from __future__ import annotations

from collections.abc import Iterator

from kernel_magics.assist.document import Document
from kernel_magics.assist.marks import Mark
from kernel_magics.assist.place import Place, Position
from kernel_magics.assist.quiet import quietly
from kernel_magics.assist.reading import Reading
from kernel_magics.assist.template import called, family_of


@quietly()
def name_at(document: Document, cell_id: str, line: int, column: int) -> Place | None:
    """The name of the dataflow at a position; a family's template is one, too."""
    reading = document.readings.get(cell_id)
    if reading is None:
        return None
    position = Position(line, column)
    for mark in reading.marks:
        if mark.span.holds(position) and is_meant(document, reading, mark):
            return document.spot(cell_id, called(document, mark), mark.span, mark.role)
    return None


@quietly()
def definition(document: Document, name: str) -> Place | None:
    """Where a name is defined first, in notebook order; None for what nothing defines."""
    return next((place for place in _places(document, name) if place.role == "definition"), None)


@quietly()
def uses(document: Document, name: str, definitions: bool = False) -> tuple[Place, ...]:
    """Every place of a name in notebook order, definitions only when asked for."""
    found = _places(document, name)
    return tuple(place for place in found if definitions or place.role != "definition")


def marks_of(document: Document, name: str) -> Iterator[tuple[Reading, Mark]]:
    """The marks that mean a name (or a member of the family of that template), cell by cell."""
    family = family_of(document, name)
    names = {name, *(family.members if family is not None else ())}
    for reading in document.readings.values():
        for mark in reading.marks:
            if not names.isdisjoint(mark.names) and is_meant(document, reading, mark):
                yield reading, mark


def _places(document: Document, name: str) -> Iterator[Place]:
    for reading, mark in marks_of(document, name):
        role = "definition" if mark.role == "import" else mark.role
        yield document.spot(reading.id, mark.text, mark.span, role)


def is_meant(document: Document, reading: Reading, mark: Mark) -> bool:
    """False for a name that stands for something else in its cell."""
    if mark.role == "keyword":  # of a call in a test: a parameter where the function called is a node
        return mark.caller in document.graph.nodes and mark.text in document.graph.reads(mark.caller)
    known = document.known(mark.text) or any(document.known(name) for name in mark.names)
    if not reading.magic:
        return known
    if reading.magic in ("setup", "inputs", "params"):
        return (
            mark.role in ("definition", "import") or mark.text in document.shared or mark.text in reading.own
        )
    return known or mark.text in document.graph.readers
