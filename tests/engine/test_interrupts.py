"""An interrupt at any line, or any instruction, of a change leaves the dataflow as it was, or as it is to be."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import kernel_magics.engine
from kernel_magics.engine.bracket import whole
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource, read_cell
from tests.moments import BLOCKS
from tests.moments import moments as moments_of

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


@pytest.fixture(autouse=True)
def _quick_collections() -> None:
    """What was there before a test is not looked at by its collections, nor by later ones."""
    gc.freeze()


def interrupt() -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


@dataclass
class Interrupter:
    """Counts the lines or instructions of the engine, and of Python's code that it calls; interrupts at the chosen one.

    Attributes:
        come: what happens then.
    """

    at: int
    instructions: bool
    count: int = 0
    come: Callable[[], None] = interrupt

    def trace(self, frame: FrameType, event: str, argument: object) -> Any:
        """A trace function, see `sys.settrace`."""
        back = frame.f_back
        if not frame.f_code.co_filename.startswith(ENGINE) and (back is None or back.f_trace is None):
            return None
        frame.f_trace_opcodes = self.instructions
        if self.counts(frame, event):
            self.count += 1
            if self.count == self.at:
                self.come()
        return self.trace

    def counts(self, frame: FrameType, event: str) -> bool:
        """Whether this is one of the lines or instructions."""
        return event == ("opcode" if self.instructions else "line")

    def run(self, change: Callable[[Session], object], session: Session) -> bool:
        """Carry out the change; gives whether it was interrupted."""
        return isinstance(self.stopped(change, session), KeyboardInterrupt)

    def stopped(self, change: Callable[[Session], object], session: Session) -> BaseException | None:
        """Carry out the change; what it raised, with its traceback, as a kernel keeps it."""
        before = sys.gettrace()
        sys.settrace(self.trace)
        try:
            whole(change)(session)
        except (KeyboardInterrupt, DataflowError) as error:
            return error
        finally:
            sys.settrace(before)
        return None


def moments(change: Callable[[Session], object], instructions: bool, most: int) -> Iterator[int]:
    """The moments to try: all, or about so many evenly spread ones."""
    counter = Interrupter(0, instructions)
    counter.run(change, base())
    step = max(1, counter.count // max(1, most))
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


def later(session: Session) -> tuple[object, ...]:
    """Another cell runs; then everything is seen."""
    session.register(source("later", "%%node later\n1"))
    return seen(session)


@pytest.mark.parametrize("most", [2, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CHANGES)
def test_nothing_comes_back_when_an_interrupted_change_is_collected(name: str, most: int) -> None:
    """Cells that ran after an interrupt stay, although Python ends what it left open when it collects the garbage."""
    change = CHANGES[name]
    before, after = base(), base()
    Interrupter(0, False).run(change, after)
    expected = (later(before), later(after))
    for interrupter in _interrupters(change, most):
        session = base()
        kept = interrupter.stopped(change, session)
        session.register(source("later", "%%node later\n1"))
        del kept  # its traceback held all frames of the change
        gc.collect()
        assert seen(session) in expected, interrupter


@dataclass
class AtBlocks(Interrupter):
    """Counts only where Ctrl-C can come in the functions that begin and end `with` blocks."""

    def counts(self, frame: FrameType, event: str) -> bool:
        """Whether this is such a moment."""
        comes = event == "call" or (event == "opcode" and frame.f_lasti in moments_of(frame.f_code))
        return comes and frame.f_code.co_name in BLOCKS


def _interrupters(change: Callable[[Session], object], most: int) -> Iterator[Interrupter]:
    """At all moments of blocks, and at some others."""
    blocks = AtBlocks(0, True)
    blocks.run(change, base())
    yield from (AtBlocks(at, True) for at in range(1, blocks.count + 1))
    yield from (Interrupter(at, True) for at in moments(change, True, most))


class Watched:
    """What the finalizer or the callback of a weak reference belongs to."""


class Finalized:
    """An object whose finalizer is interrupted."""

    def __del__(self) -> None:
        raise KeyboardInterrupt


def in_a_finalizer() -> None:
    """Ctrl-C in `__del__`, which Python prints and forgets."""
    Finalized()


def in_a_weak_reference() -> None:
    """Ctrl-C in the callback of a weak reference."""
    watched = Watched()
    kept = weakref.ref(watched, lambda _: interrupt())
    del watched
    assert kept() is None


def in_a_collection() -> None:
    """Ctrl-C in a callback of the garbage collector."""

    def stop(phase: str, _: object) -> None:
        if phase == "start":
            raise KeyboardInterrupt

    gc.callbacks.append(stop)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(stop)


@pytest.mark.parametrize("come", [in_a_finalizer, in_a_weak_reference, in_a_collection])
@pytest.mark.parametrize("name", CHANGES)
def test_an_interrupt_that_python_forgets_changes_nothing(
    name: str, come: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the interrupt comes in code that cannot raise, the change is carried out whole."""
    forgotten: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda error: forgotten.append(error.exc_type))
    change, after = CHANGES[name], base()
    Interrupter(0, False).run(change, after)
    expected = later(after)
    for at in moments(change, True, 4):
        session = base()
        Interrupter(at, True, come=come).run(change, session)
        assert later(session) == expected, at
    assert KeyboardInterrupt in forgotten


def test_a_collection_at_every_allocation_changes_nothing() -> None:
    """The garbage of an interrupted change is collected while the next one runs."""
    threshold = gc.get_threshold()
    change = CHANGES["setup is edited"]
    for interrupter in _interrupters(change, 0):
        session = base()
        kept = [interrupter.stopped(change, session)]
        kept.append(kept)  # as garbage that only a collection finds
        del kept
        gc.set_threshold(1)
        try:
            session.register(source("later", "%%node later\na + 1"))
        finally:
            gc.set_threshold(*threshold)
        assert "later" in session.graph.cells, interrupter
