"""Blame finds the piece of a cell's text that an error of the engine is about."""

from __future__ import annotations

import ast
import re

from kernel_magics.assist.place import Position, Span, span
from kernel_magics.assist.reading import Reading
from kernel_magics.engine.errors import DataflowError


def error_span(reading: Reading, error: DataflowError) -> Span:
    """Where to underline: the bad character, the first name that the error is about, or the line."""
    if error.code == "DB101":
        return _syntax(reading)
    number = error.line - 1 if error.line else reading.head
    number = min(number, len(reading.rows) - 1)
    for name in error.names:
        found = word_in(reading.rows[number], name)
        if found is not None:
            return span(number, *found)
    if not error.line:
        for name in error.names:
            place = name_span(reading, name)
            if place is not None:
                return place
    return row_span(reading, number)


def name_span(reading: Reading, name: str, roles: tuple[str, ...] = ()) -> Span | None:
    """Where a name stands first: as a mark (of one of these roles), or else anywhere in the code."""
    for mark in reading.marks:
        if name in mark.names and (not roles or mark.role in roles):
            return mark.span
    if roles:
        return None
    for number, row in enumerate(reading.rows):
        found = word_in(row, name)
        if found is not None:
            return span(number, *found)
    return None


def row_span(reading: Reading, number: int) -> Span:
    """A line without the blanks around it."""
    row = reading.rows[number] if number < len(reading.rows) else ""
    return span(number, len(row) - len(row.lstrip()), max(len(row.rstrip()), len(row) - len(row.lstrip())))


def word_in(row: str, word: str) -> tuple[int, int] | None:
    """The columns of a word in a line; None when it is not there."""
    match = re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", row)
    return match.span() if match else None


def _syntax(reading: Reading) -> Span:
    """Where Python stops understanding the body."""
    body = reading.source.placed if reading.source else ""
    try:
        compile(body, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        number = min((error.lineno or 1) - 1, len(reading.rows) - 1)
        row = reading.rows[number]
        start = max(min((error.offset or 1) - 1, len(row.rstrip()) - 1), 0)
        end = (error.end_offset or 0) - 1 if error.end_lineno == error.lineno else len(row.rstrip())
        return Span(Position(number, start), Position(number, min(max(end, start + 1), max(len(row), start))))
    except (ValueError, RecursionError, MemoryError):
        pass
    return row_span(reading, min(reading.first, len(reading.rows) - 1))
