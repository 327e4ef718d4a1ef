"""An ordinary cell has none of our magics: Python with IPython's additions, which are masked."""

from __future__ import annotations

from dataclasses import dataclass

from kernel_magics.assist.place import Span, span
from kernel_magics.assist.words import listed
from kernel_magics.engine.source.grammar import LINE_MAGICS
from kernel_magics.engine.source.outside import MAGIC_ROW, masked_cell
from kernel_magics.engine.source.tree import is_python


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
    python = masked_cell(text)
    if not python:
        return Ordinary("")
    rows = enumerate(text.split("\n"))
    return Ordinary(python, tuple(name for number, row in rows if "%" in row for name in _named(row, number)))


def _named(row: str, number: int) -> list[tuple[str, Span]]:
    """The names that a line of one of our magics mentions."""
    line = MAGIC_ROW.match(row)
    if line is None or line["name"] not in LINE_MAGICS:
        return []
    return [
        (word.text, span(number, word.start, word.end))
        for word in listed(row, line["name"])
        if word.text.isidentifier()
    ]
