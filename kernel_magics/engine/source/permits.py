"""Permits are comments of a module, `# --future "why"`: functions that may read rows after their own time.

A cell says so on the line of its magic, and a module has no such line. Directly below the line that names a
cell (`# cell NAME`), the comment holds for all functions of that cell; directly above a function, for it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from kernel_magics.engine.source.blocks import Block, blocks

_OPTION = re.compile(r"# (?P<line>--future[ =].*)$")
_CELL = re.compile(r"# cell .")
_MARK = re.compile(r"# (?:cell .|-+ .+ -+$)")


def permit(why: str) -> str:
    """The comment for a reason."""
    return f"# --future {shlex.quote(why)}"


def reason(row: str) -> str | None:
    """The reason in a line of a module; None when it is no such comment."""
    match = _OPTION.match(row)
    if match is None:
        return None
    try:
        first, *rest = shlex.split(match["line"])
    except ValueError:  # a quote without its end
        return None
    _, equals, why = first.partition("=")
    return why if equals and not rest else rest[0] if len(rest) == 1 and not equals else None


def cut_permit(text: str) -> tuple[str | None, str]:
    """The reason in the comments at the top of a part of a module, and the text without it."""
    rows = text.split("\n")
    for number in range(len(list(takewhile(lambda row: row.startswith("#"), rows)))):
        why = reason(rows[number])
        if why is not None:
            return why, "\n".join(rows[:number] + rows[number + 1 :]).lstrip("\n")
    return None, text


def permits(source: str) -> Mapping[int, str]:
    """For the first lines of statements (from 1) that have a permit, the reason."""
    if "\n# --future" not in f"\n{source}":
        return {}
    found: dict[int, str] = {}
    statements = blocks(source)
    rows = source.split("\n")
    for scope in _scopes(rows, statements):
        covered = [block.first for block in statements if scope.first < block.first < scope.end]
        found.update(dict.fromkeys(covered, scope.why))
    return found


@dataclass(frozen=True, slots=True)
class _Scope:
    """The lines after `first` and before `end`, all from 1."""

    first: int
    end: int
    why: str


def _scopes(rows: list[str], statements: list[Block]) -> Iterator[_Scope]:
    inside = {line for block in statements for line in range(block.first, block.last + 1)}
    marks = [n for n, row in enumerate(rows, 1) if n not in inside and _MARK.match(row)]
    for number, row in enumerate(rows, 1):
        why = reason(row) if number not in inside else None
        if why is None:
            continue
        if number > 1 and number - 1 not in inside and _CELL.match(rows[number - 2]):
            end = next((mark for mark in marks if mark > number), len(rows) + 1)
            yield _Scope(number, end, why)
            continue
        below = next((block for block in statements if block.first > number), None)
        if below is not None and all(each.startswith("#") for each in rows[number : below.first - 1]):
            yield _Scope(number, below.first + 1, why)
