"""A place is a piece of a cell's text: where a name or a problem stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A line and a column of a cell's whole text, both from 0; columns count code points."""

    line: int
    column: int

    def to_json(self) -> dict[str, int]:
        """`{"line", "column"}`."""
        return {"line": self.line, "column": self.column}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open: from `start` up to `end`."""

    start: Position
    end: Position

    def holds(self, position: Position) -> bool:
        """True where the cursor touches it, its end included."""
        return self.start <= position <= self.end

    def to_json(self) -> dict[str, Any]:
        """`{"start", "end"}`."""
        return {"start": self.start.to_json(), "end": self.end.to_json()}


def span(line: int, start: int, end: int) -> Span:
    """A piece of one line."""
    return Span(Position(line, start), Position(line, end))


def plain(text: str) -> str:
    """A text with `\\n` for every kind of line break, as an editor shows it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def cut(rows: Sequence[str], piece: Span) -> str:
    """What stands in a span."""
    if piece.start.line == piece.end.line:
        row = rows[piece.start.line] if piece.start.line < len(rows) else ""
        return row[piece.start.column : piece.end.column]
    first = rows[piece.start.line][piece.start.column :]
    last = rows[piece.end.line][: piece.end.column]
    return "\n".join([first, *rows[piece.start.line + 1 : piece.end.line], last])


@lru_cache(maxsize=64)
def code_points(row: str, column: int) -> int:
    """A column in code points, from the one in UTF-8 bytes that Python's parser tells."""
    return column if row.isascii() else len(row.encode()[:column].decode(errors="ignore"))


@dataclass(frozen=True, slots=True)
class Place:
    """A name as it stands in a cell.

    Attributes:
        role: definition, read, write, parameter, keyword, line (of a magic), query or ordinary.
    """

    name: str
    cell: str
    label: str
    span: Span
    role: str

    def to_json(self) -> dict[str, Any]:
        """`{"name", "cell", "label", "start", "end", "role"}`."""
        head = {"name": self.name, "cell": self.cell, "label": self.label}
        return {**head, **self.span.to_json(), "role": self.role}
