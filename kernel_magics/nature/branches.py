"""A branch is a side of a condition in the user's code; nothing is known about one that no sample takes."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any

from kernel_magics.engine.bracket import bracket
from kernel_magics.nature.code import Function, codes_of

_ENDS = ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE")
Trace = Callable[[FrameType, str, Any], Any]


@dataclass(frozen=True, slots=True)
class Jump:
    """A conditional jump.

    Attributes:
        line: where the condition stands.
        ways: offsets at which the code may go on, those left out that only raise an error.
    """

    line: int
    ways: frozenset[int]


class Branches:
    """The conditions of a function and its helpers, and which sides of them were taken."""

    def __init__(self, function: Function | None) -> None:
        codes = codes_of(function) if function is not None else []
        self._jumps = {id(code): jumps for code in codes if (jumps := _jumps(code))}
        self._codes = codes  # keeps the ids valid
        self._taken: set[tuple[int, int, int]] = set()
        self._lines: set[tuple[int, int]] = set()

    @bracket
    def watched(self) -> Iterator[None]:
        """Record which sides are taken within; costs nothing once all are known."""
        if not self._open():
            yield
            return
        before = sys.gettrace()
        try:
            sys.settrace(self._enter)
            yield
        finally:
            sys.settrace(before)

    def unseen(self) -> str:
        """A condition of which one side was never taken, as a sentence; "" when there is none."""
        for line in sorted(self._open()):
            return f"one side of the condition on line {line} was never taken"
        return ""

    def _open(self) -> list[int]:
        return [
            jump.line
            for code, jumps in self._jumps.items()
            for offset, jump in jumps.items()
            for way in jump.ways
            if (code, offset, way) not in self._taken
        ]

    def _enter(self, frame: FrameType, event: str, _: Any) -> Trace | None:
        jumps = self._jumps.get(id(frame.f_code))
        if event != "call" or jumps is None:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        code, last = id(frame.f_code), -1

        def follow(frame: FrameType, event: str, _: Any) -> Trace:
            nonlocal last
            if event == "opcode":
                if last in jumps:
                    self._taken.add((code, last, frame.f_lasti))
                last = frame.f_lasti
            return follow

        return follow


def _jumps(code: CodeType) -> dict[int, Jump]:
    """The conditional jumps of a code object by their offsets, without those of loops."""
    rows = list(dis.get_instructions(code))
    places = {row.offset: number for number, row in enumerate(rows)}
    handlers = _handlers(code)
    found: dict[int, Jump] = {}
    line = code.co_firstlineno
    for number, row in enumerate(rows[:-1]):
        line = row.positions.lineno if row.positions and row.positions.lineno else line
        if not ("JUMP" in row.opname and "IF_" in row.opname) or row.offset in handlers:
            continue
        ways = [rows[number + 1].offset]
        if "BACKWARD" not in row.opname:
            ways.append(int(row.argval))
        kept = frozenset(way for way in ways if not _only_raises(rows, places.get(way, len(rows))))
        if kept:
            found[row.offset] = Jump(line, kept)
    return found


def _handlers(code: CodeType) -> set[int]:
    """Offsets of jumps that the compiler makes for `with`, which have no condition in the source."""
    rows = list(dis.get_instructions(code))
    return {after.offset for row, after in pairwise(rows) if row.opname == "WITH_EXCEPT_START"}


def _only_raises(rows: list[dis.Instruction], number: int) -> bool:
    """True when code ends in an error without another choice."""
    for row in rows[number:]:
        if row.opname in ("RAISE_VARARGS", "RERAISE"):
            return True
        if row.opname in _ENDS or "JUMP" in row.opname or row.opname == "FOR_ITER":
            return False
    return False
