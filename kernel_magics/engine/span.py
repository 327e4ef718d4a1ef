"""A span is a range in a text, such as the place of a name or a problem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import ast

_BREAK = re.compile(r"\r\n|\r|\n")


class Position(NamedTuple):  # `dataclasses` takes longer to import than `dagbook --help` may take
    """A line and a column of a text, both from 0; columns count code points."""

    line: int
    column: int

    def to_json(self) -> dict[str, int]:
        """`{"line", "column"}`."""
        return {"line": self.line, "column": self.column}


class Span(NamedTuple):
    """A half-open range, from `start` up to `end`."""

    start: Position
    end: Position

    def holds(self, position: Position) -> bool:
        """True when the cursor touches it, its end included."""
        return self.start <= position <= self.end

    def to_json(self) -> dict[str, Any]:
        """`{"start", "end"}`."""
        return {"start": self.start.to_json(), "end": self.end.to_json()}


def span(line: int, start: int, end: int) -> Span:
    """A piece of one line."""
    return Span(Position(line, start), Position(line, end))


def span_of(node: ast.stmt | ast.expr | ast.arg, rows: Sequence[str]) -> Span:
    """The span of a syntax node, given the lines of its text."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    start = Position(first, code_points(rows[first], node.col_offset))
    return Span(start, Position(last, code_points(rows[last], node.end_col_offset or 0)))


def cut(rows: Sequence[str], piece: Span) -> str:
    """The text in a span."""
    if piece.start.line == piece.end.line:
        row = rows[piece.start.line] if piece.start.line < len(rows) else ""
        return row[piece.start.column : piece.end.column]
    first = rows[piece.start.line][piece.start.column :]
    last = rows[piece.end.line][: piece.end.column]
    return "\n".join([first, *rows[piece.start.line + 1 : piece.end.line], last])


def replaced(text: str, edits: Iterable[tuple[Span, str]]) -> str:
    """Replace some spans of a text, which must not overlap; line breaks are kept."""
    starts = [0, *(match.end() for match in _BREAK.finditer(text))]

    def offset(place: Position) -> int:
        return min(starts[place.line] + place.column, len(text)) if place.line < len(starts) else len(text)

    for where, new in sorted(edits, key=lambda edit: edit[0], reverse=True):
        text = text[: offset(where.start)] + new + text[offset(where.end) :]
    return text


@lru_cache(maxsize=64)
def code_points(row: str, column: int) -> int:
    """Convert a column in UTF-8 bytes, as Python's parser counts, to code points."""
    return column if row.isascii() else len(row.encode()[:column].decode(errors="ignore"))
