"""The cursor and its surroundings, found from characters alone, so that incomplete code works, too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kernel_magics.assist.place import Span, span
from kernel_magics.engine.source.tree import QUERY_METHODS

_OPENING = re.compile(r"""(?P<prefix>[A-Za-z]{0,2})(?P<quote>'''|\"""|'|")""")
_BEFORE = re.compile(r"[^\W\d]\w*$|$")
_QUERY = re.compile(
    rf"""\.(?:{"|".join(QUERY_METHODS)})\(\s*(?:expr\s*=\s*)?[rRfF]?(["'])(?:(?!\1).)*(?<![\w@])@$"""
)
_WORD = re.compile(r"\w+")
_BEHIND = re.compile(r"\w*")
_NEW_NAME = re.compile(
    r"(?:\b(?:def|class|as|import|global|nonlocal)|^\s*from)\s+\w*$|^\s*(?:from|import)\b.*$"
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The surroundings of the cursor.

    Attributes:
        word: the part of a name before the cursor.
        span: the whole word around the cursor.
        place: code (also the `@name` of a query), text (a string or comment), attribute (after a dot) or new
            (a name that is being defined).
    """

    word: str
    span: Span
    place: str


def look(rows: Sequence[str], first: int, line: int, column: int) -> Cursor:
    """The cursor at a position.

    Args:
        first: the line where the code begins.
    """
    row = rows[line] if 0 <= line < len(rows) else ""
    column = max(0, min(column, len(row)))
    before = _BEFORE.search(row[:column])
    start = before.start() if before else column
    behind = _BEHIND.match(row, column)
    end = behind.end() if behind and (start < column or row[column : column + 1].isalpha()) else column
    code = "\n".join([*rows[first:line], row[:start]])
    place = "code"
    if in_text(code):
        place = "code" if _QUERY.search(row[:start]) else "text"
    elif re.search(r"(?<!\.)\.\s*$", row[:start]) or re.search(r"\w$", row[:start]):
        place = "attribute"
    elif _NEW_NAME.search(row[:column]):
        place = "new"
    return Cursor(row[start:column], span(line, start, end), place)


def in_text(code: str) -> bool:
    """True when the end of the code is inside a string or a comment; the fields of f-strings are code."""
    stack: list[str] = []  # quotes of open strings (with an f before them), and the braces of open fields
    place = 0
    while place < len(code):
        if code[place] == "#" and not stack:
            place = code.find("\n", place)
            if place < 0:
                return True
        elif not stack or stack[-1] == "{":
            place = _code(code, place, stack)
        else:
            place = _string(code, place, stack)
    return bool(stack) and stack[-1] != "{"


def _code(code: str, place: int, stack: list[str]) -> int:
    """Consume one word or sign of code; returns where it ends."""
    opened = _OPENING.match(code, place)
    if opened is not None:
        formatted = set(opened["prefix"].lower()) & {"f", "t"}
        stack.append(("f" if formatted else "") + opened["quote"])
        return opened.end()
    word = _WORD.match(code, place)
    if word is not None:
        return word.end()
    if stack and code[place] == "{":
        stack.append("{")
    elif stack and code[place] == "}":
        stack.pop()
    return place + 1


def _string(code: str, place: int, stack: list[str]) -> int:
    """Consume one step of a string; returns where it ends."""
    sign, quote = code[place], stack[-1].lstrip("f")
    if code.startswith(quote, place):
        stack.pop()
        return place + len(quote)
    if sign == "\n" and len(quote) == 1:
        stack.clear()  # not closed on its line
    elif sign == "\\" or (stack[-1][0] == "f" and code.startswith("{{", place)):
        return place + 2
    elif stack[-1][0] == "f" and sign == "{":
        stack.append("{")
    return place + 1
