"""Locating: the piece of a cell's text that an error of the engine concerns."""

from __future__ import annotations

import re

from kernel_magics.assist.place import Span, span
from kernel_magics.assist.reading import Reading
from kernel_magics.engine.errors import DataflowError


def error_span(reading: Reading, error: DataflowError) -> Span:
    """Where to underline: the error's span, else its first name in its line, else the line."""
    if error.span is not None:
        return error.span
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
    """The first occurrence of a name: a mark (with one of these roles), else anywhere in the code."""
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
    """The columns of a word in a line; None if it is absent."""
    match = re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", row)
    return match.span() if match else None
