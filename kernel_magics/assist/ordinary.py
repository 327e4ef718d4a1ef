"""An ordinary cell has none of our magics: Python with IPython's additions, which are masked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kernel_magics.assist.place import Span, span
from kernel_magics.assist.words import listed
from kernel_magics.engine.source.grammar import LINE_MAGICS, OUTER_MAGICS
from kernel_magics.engine.source.tree import is_python

_CELL = re.compile(r"\s*%%(\w+)")
_LINE = re.compile(r"(?P<indent>\s*)(?P<magic>%(?P<name>\w+)[^\n]*|[!?][^\n]*|%%[^\n]*)$")
_TIMED = re.compile(
    r"(?P<head>(?P<indent>\s*)%(?:time|timeit|prun|memit)\b(?:\s+-\w+(?:\s+\d+)?)*\s?)(?P<rest>.*)$"
)
_ASSIGNED = re.compile(r"^(?P<head>[^#'\"=!]*[^=!<>]=\s*)(?P<magic>[!%]\w[^\n]*)$")
_ASKED = re.compile(r"^(?P<head>\s*[\w.]+)\s*\?{1,2}\s*$")


@dataclass(frozen=True, slots=True)
class Ordinary:
    """An ordinary cell as Python with unchanged positions.

    Attributes:
        python: the cell, IPython's lines replaced by `pass` and the like; "" if it is not Python at all.
        names: the names on lines of our magics, such as `%lineage ctr`.
    """

    python: str
    names: tuple[tuple[str, Span], ...] = ()

    @property
    def broken(self) -> bool:
        """True when it is no valid Python."""
        return not is_python(self.python)


def read_ordinary(text: str) -> Ordinary:
    """Mask IPython's syntax; never fails."""
    rows = text.split("\n")
    head = _CELL.match(text)
    if head is not None:
        if head[1] not in OUTER_MAGICS:
            return Ordinary("")
        first = text[: head.start(1)].count("\n")
        rows[first] = ""
    names: list[tuple[str, Span]] = []
    for number, row in enumerate(rows):
        if "%" in row or "!" in row or "?" in row:
            rows[number] = _python(row, number, names)
    return Ordinary("\n".join(rows), tuple(names))


def _python(row: str, number: int, names: list[tuple[str, Span]]) -> str:
    """One line as Python, every other character at its column."""
    timed = _TIMED.match(row)
    if timed is not None:
        if not timed["rest"].strip():
            return f"{timed['indent']}pass"
        width = len(timed["head"]) - len(timed["indent"])
        return f"{timed['indent']}{'0;':<{width}}{timed['rest']}"
    line = _LINE.match(row)
    if line is not None:
        if line["name"] in LINE_MAGICS:
            names += _named(row, line["name"], number)
        return f"{line['indent']}pass"
    assigned = _ASSIGNED.match(row)
    if assigned is not None:
        return f"{assigned['head']}0"
    asked = _ASKED.match(row)
    return asked["head"] if asked is not None else row


def _named(row: str, magic: str, number: int) -> list[tuple[str, Span]]:
    return [
        (word.text, span(number, word.start, word.end))
        for word in listed(row, magic)
        if word.text.isidentifier()
    ]
