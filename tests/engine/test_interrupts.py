"""An interrupt at any line, or any instruction, of a change leaves the dataflow as it was, or as it is to be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import kernel_magics.engine
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource, read_cell

ENGINE = str(Path(kernel_magics.engine.__file__).parent)
BASE = {
    "s": "%%setup\nW = [1, 2]\ndef total(values):\n    return sum(values)",
    "i": "%%inputs\nx = W[0] + 1",
    "p": "%%params\nscale = 3",
    "a": "%%node a\ntotal(W) + x",
    "b": "%%node b\na * scale",
    "c": "%%check b\nb > 0",
}


def source(id: str, text: str) -> CellSource:
    """A cell as the kernel gives it to the session."""
    found = read_cell(text, id, f"[{id}]")
    assert found is not None
    return found


def registering(id: str, text: str, **options: Any) -> Callable[[Session], object]:
    """A cell runs."""
    return lambda session: session.register(source(id, text), **options)


CHANGES: dict[str, Callable[[Session], object]] = {
    "a node is edited": registering("a", "%%node a\ntotal(W) + x + 10"),
    "a node is added": registering("d", "%%node d\na + b"),
    "inputs are edited": registering("i", "%%inputs\nx = W[0] + 50"),
    "a param is edited": registering("p", "%%params\nscale = 4"),
    "setup is added that changes what is there": registering("t", "%%setup\nW.append(100)\nextra = 1"),
    "setup is edited": registering("s", BASE["s"].replace("[1, 2]", "[7, 8]")),
    "setup runs again": registering("s", BASE["s"]),
    "a failing setup is added": registering("t", "%%setup\nW.append(100)\n1 / 0"),
    "a failing cell": registering("a", "%%node a\nb + 1"),
    "the last one wins": registering("z", "%%node b\na + 1000", last_wins=True),
    "a node is deleted": lambda session: session.forget("b"),
    "setup is deleted": lambda session: session.forget("s"),
    "cells move": lambda session: session.reorder(["b", "a", "i", "p", "s"]),
}


def base() -> Session:
    """A session in which everything is computed."""
    session = Session()
    session.register(*(source(id, text) for id, text in BASE.items()))
    list(session.compute())
    return session


def seen(session: Session) -> tuple[object, ...]:
    """The cells, and the values when everything that can be computed is; twice, as a reader sees them."""
    cells = sorted((id, cell.body) for id, cell in session.graph.cells.items())
    try:
        list(session.compute())
    except DataflowError as error:
        return (cells, error.code)
    states = session.states()
    values = {name: session.value(name) for name, state in states.items() if state == "fresh"}
    return (cells, sorted(states.items()), repr(sorted(values.items())))


@dataclass
class Interrupter:
    """Counts the lines or instructions of the engine that run, and interrupts at the chosen one."""

    at: int
    instructions: bool
    count: int = 0

    def trace(self, frame: FrameType, event: str, argument: object) -> Any:
        """A trace function, see `sys.settrace`."""
        if not frame.f_code.co_filename.startswith(ENGINE):
            return None
        frame.f_trace_opcodes = self.instructions
        if event == ("opcode" if self.instructions else "line"):
            self.count += 1
            if self.count == self.at:
                raise KeyboardInterrupt
        return self.trace

    def run(self, change: Callable[[Session], object], session: Session) -> bool:
        """Carry out the change; gives whether it was interrupted."""
        before = sys.gettrace()
        sys.settrace(self.trace)
        try:
            change(session)
        except KeyboardInterrupt:
            return True
        except DataflowError:
            return False
        finally:
            sys.settrace(before)
        return False


def moments(change: Callable[[Session], object], instructions: bool, most: int) -> Iterator[int]:
    """The moments to try: all, or about so many evenly spread ones."""
    counter = Interrupter(0, instructions)
    counter.run(change, base())
    step = max(1, counter.count // most)
    yield from range(1 + counter.count % step, counter.count + 1, step)


@pytest.mark.parametrize("most", [10, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("instructions", [False, True], ids=["lines", "instructions"])
@pytest.mark.parametrize("name", CHANGES)
def test_an_interrupt_leaves_the_old_dataflow_or_the_new_one(
    name: str, instructions: bool, most: int
) -> None:
    """Cells, states and values are those before the change or after it, at whatever moment it is stopped."""
    change = CHANGES[name]
    before, after = base(), base()
    Interrupter(0, False).run(change, after)
    expected = (seen(before), seen(after))
    stopped = 0
    for at in moments(change, instructions, most):
        session = base()
        stopped += Interrupter(at, instructions).run(change, session)
        assert seen(session) in expected, at
    assert stopped > 3


def test_the_interrupts_reach_every_step() -> None:
    """Both outcomes are seen: an interrupt early keeps the old cells, a very late one the new ones."""
    change = CHANGES["a node is edited"]
    counter = Interrupter(0, True)
    counter.run(change, base())
    for at, body in ((5, BASE["a"]), (counter.count, "%%node a\ntotal(W) + x + 10")):
        session = base()
        assert Interrupter(at, True).run(change, session)
        assert session.graph.cells["a"].body == body.partition("\n")[2]
