"""A reading is one cell by itself: parsed as far as possible, with the places of its names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kernel_magics.assist.marks import Mark, cell_marks, ordinary_marks
from kernel_magics.assist.ordinary import Ordinary, read_ordinary
from kernel_magics.assist.place import cut, plain
from kernel_magics.assist.recover import substitute
from kernel_magics.assist.variables import Variable, variables
from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.cells.options import Options, parse_options
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.source.cell import CellSource, read_cell, split_cell


@dataclass(frozen=True, eq=False)
class Reading:
    """One cell.

    Attributes:
        written: the cell's text as the front end sent it.
        source: the cell split at its magic; None for an ordinary cell.
        parsed: one of our cells, or the substitute of a broken one (None if nothing can be parsed).
        error: the error of a broken cell.
    """

    id: str
    kind: str
    written: str
    source: CellSource | None = None
    parsed: Cell | None = None
    error: DataflowError | None = None

    @cached_property
    def text(self) -> str:
        """The text with `\\n` as line breaks."""
        return plain(self.written)

    @cached_property
    def rows(self) -> list[str]:
        """The lines of the text."""
        return self.text.split("\n")

    @property
    def magic(self) -> str:
        """One of our cell magics; "" for other cells."""
        return self.source.magic if self.source else ""

    @property
    def first(self) -> int:
        """The number of the body's first line, from 0."""
        return self.source.first - 1 if self.source else 0

    @cached_property
    def head(self) -> int:
        """The number of the magic's line, or of the one where a magic of ours could stand."""
        return min(split_cell(self.text).row, len(self.rows) - 1)

    @cached_property
    def options(self) -> Options:
        """The options on the magic's line; for a broken line, those of the substitute."""
        if self.source is None or self.parsed is None:
            return Options()
        line = CellSource(self.id, "", self.magic, self.parsed.line, "")
        return parse_options(line, self.parsed.filled)

    @cached_property
    def ordinary(self) -> Ordinary:
        """An ordinary cell as Python."""
        return read_ordinary(self.text) if self.source is None and self.kind == "code" else Ordinary("")

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """The names that an ordinary cell binds."""
        return variables(self.id, self.ordinary.python, self.rows) if self.source is None else ()

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """The names that refer to something outside the cell, in order of place."""
        if self.source is None:
            found = ordinary_marks(self.ordinary)
        elif self.parsed is None:
            return ()
        else:
            found = cell_marks(self.parsed, self.options, (self.head, self.rows[self.head]))
        inside = [mark for mark in found if self.error is None or self._is_real(mark)]
        return tuple(sorted(inside, key=lambda mark: mark.span))

    def _is_real(self, mark: Mark) -> bool:
        """False for a mark that only the substitute of a broken cell has."""
        return mark.span.end.line < len(self.rows) and cut(self.rows, mark.span) == mark.text

    @cached_property
    def own(self) -> tuple[str, ...]:
        """The names that the cell defines, as written; members of families one by one."""
        if self.parsed is None or self.magic in ("check", "test", "setup"):
            return ()
        if self.magic == "node" and len(self.options.names) > 1:
            names = [name for mark in self.marks if mark.role == "definition" for name in mark.names]
            return tuple(dict.fromkeys(name for name in names if "{" not in name))
        return tuple(dict.fromkeys(item.name for item in self.parsed.definitions if item.kind != "check"))


def read(id: str, kind: str, text: str) -> Reading:
    """Read one cell; never fails.

    Errors refer to the cell by its id; the document adds the present label.
    """
    source = read_cell(text, id, id) if kind == "code" else None
    if source is None:
        return Reading(id, kind, text)
    try:
        return Reading(id, kind, text, source, parse_cell(source))
    except DataflowError as error:
        return Reading(id, kind, text, source, substitute(source), error)
