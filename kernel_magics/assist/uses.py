"""Uses: every place where a name of the dataflow is defined or read, found by scope, not by text."""

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
    """The name of the dataflow, or the template of a family, at a position."""
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
    """The first definition of a name in notebook order; None if it is not defined."""
    return next((place for place in _places(document, name) if place.role == "definition"), None)


@quietly()
def uses(document: Document, name: str, definitions: bool = False) -> tuple[Place, ...]:
    """Every place of a name in notebook order, with definitions on request."""
    found = _places(document, name)
    return tuple(place for place in found if definitions or place.role != "definition")


def marks_of(document: Document, name: str) -> Iterator[tuple[Reading, Mark]]:
    """The marks that refer to a name (or to a member of the family of that template), cell by cell."""
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
    """False for a mark that refers to something else in its cell."""
    # a keyword of a call in a test is a parameter if the called function is a node
    if mark.role == "keyword":
        return mark.caller in document.graph.nodes and mark.text in document.graph.reads(mark.caller)
    known = document.known(mark.text) or any(document.known(name) for name in mark.names)
    if not reading.magic:
        return known
    if reading.magic in ("setup", "inputs", "params"):
        return (
            mark.role in ("definition", "import") or mark.text in document.shared or mark.text in reading.own
        )
    return known or mark.text in document.graph.readers
