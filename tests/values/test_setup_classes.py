"""Classes of the setup: an instance is one of the class that runs now, in every node and in the export."""

from __future__ import annotations

import pytest

from kernel_magics.engine.run.event import Finished
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.values import VALUES

KINDS = {
    "dataclass": (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Span:\n    a: int",
        "Span(1)",
    ),
    "named tuple": ("from typing import NamedTuple\nclass Span(NamedTuple):\n    a: int", "Span(1)"),
    "enum": ("import enum\nclass Span(enum.Enum):\n    ONE = 1", "Span.ONE"),
    "plain class": ("class Span:\n    pass", "Span()"),
}


def session(code: str, value: str, constant: int) -> Session:
    """A node with an instance, and one that uses its class."""
    made = Session(VALUES)
    put(made, "setup", f"%%setup\nK = {constant}\n{code}")
    put(made, "a", f"%%node spans\n[{value}]")
    put(made, "b", "%%node found\nsum(isinstance(span, Span) for span in spans) + 100 * K")
    return made


def text(session: Session, id: str) -> str:
    """The text of a cell."""
    cell = session.graph.cells[id]
    return f"%%{cell.magic} {cell.line}\n{cell.body}"


def put(session: Session, id: str, text: str) -> None:
    """Register a cell."""
    session.register(read_cell(text, id, f"[{id}]"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_that_ran_again_is_another_one(kind: str) -> None:
    """The kind: what the setup made once and the next run makes again; after an edit all is as from scratch."""
    code, value = KINDS[kind]
    edited = session(code, value, 1)
    list(edited.compute())
    assert edited.memos["found"].value == 101
    put(edited, "setup", f"%%setup\nK = 2\n{code}")
    list(edited.compute())
    fresh = session(code, value, 2)
    list(fresh.compute())
    assert edited.memos["found"].value == fresh.memos["found"].value == 201


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_cells_under_other_ids_are_not_run_again(kind: str) -> None:
    """A notebook file may have other cell ids than the kernel (r02): nothing is computed again."""
    code, value = KINDS[kind]
    made = session(code, value, 1)
    list(made.compute())
    sources = [read_cell(text(made, id), f"file-{id}", cell.label) for id, cell in made.graph.cells.items()]
    again = made.arranged(sources)
    assert not [event for event in again.compute() if isinstance(event, Finished)]
    assert again.runtime.namespace is made.runtime.namespace


def test_another_order_of_setup_cells_makes_new_classes() -> None:
    """Where the file has the setup in another order, what holds an instance is computed with the new class."""
    made = Session(VALUES)
    put(made, "k", "%%setup\nK = 1")
    put(made, "c", f"%%setup\n{KINDS['dataclass'][0]}")
    put(made, "a", "%%node spans\n[Span(1)]")
    put(made, "b", "%%node found\nsum(isinstance(span, Span) for span in spans)")
    list(made.compute())
    ids = ["c", "k", "a", "b"]
    again = made.arranged([read_cell(text(made, id), id, f"[{id}]") for id in ids])
    list(again.compute())
    assert again.memos["found"].value == 1
    assert type(again.memos["spans"].value[0]) is again.runtime.namespace["Span"]
