"""Recovery parses an incomplete cell as far as possible, so that the rest of the notebook stays linked."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.cell import CellSource

_TRIES = 8
_NAMES = re.compile(r"\s*((?:[^\s,\-'\"][^\s,'\"]*\s*,\s*)*[^\s,\-'\"][^\s,'\"]*)")

_DEF = re.compile(r"(?:async\s+)?def\s+\w+")
_ASSIGNED = re.compile(r"([^\W\d]\w*)\s*(?::|=(?!=))")


def without_errors(source: str) -> str:
    """The source without the statements that are not valid Python; line numbers are kept."""
    rows = source.split("\n")
    for _ in range(_TRIES):
        line = _broken("\n".join(rows))
        if line is None:
            return "\n".join(rows)
        first, last = _statement(rows, line)
        if not any(row.strip() for row in rows[first:last]):
            break
        rows[first:last] = [_kept(rows[first:last]), *[""] * (last - first - 1)]
    return ""


def substitute(cell: CellSource) -> Cell | None:
    """A cell with those definitions and reads of a broken one that can be parsed; None if there are none."""
    body = without_errors(cell.body)
    match = _NAMES.match(cell.line)
    names = re.split(r"\s*,\s*", match[1]) if match and cell.magic == "node" else []
    value = "".join(f"{name.replace('{', '').replace('}', '')} = " for name in names)
    bodies = [body, f"{body}\n{value}...", f"{value}..."] if names else [body, _sound(cell, body)]
    for line in dict.fromkeys([cell.line, ", ".join(names)]):
        for text in bodies:
            try:
                return parse_cell(replace(cell, line=line, body=text))
            except DataflowError:
                continue
    return None


def _sound(cell: CellSource, body: str) -> str:
    """The part of the body that such a cell may contain; nodes are kept before their helpers."""
    rows = body.split("\n")
    kept = [""] * len(rows)
    for block in sorted(blocks(body), key=lambda item: getattr(item.node, "name", "")[:1] == "_"):
        first = block.first - 1
        more = [*kept[:first], *rows[first : block.last], *kept[block.last :]]
        try:
            parse_cell(replace(cell, body="\n".join(more)))
        except DataflowError:
            continue
        kept = more
    return "\n".join(kept)


def _broken(source: str) -> int | None:
    """The line (from 0) of the syntax error; None if there is none."""
    try:
        ast.parse(source)
    except SyntaxError as error:
        return max((error.lineno or 1) - 1, 0)
    except (ValueError, RecursionError, MemoryError):
        return 0
    return None


def _kept(rows: list[str]) -> str:
    """One line that binds the names of a broken statement; "" if they are unknown."""
    head = rows[0]
    function, name = _DEF.match(head), _ASSIGNED.match(head)
    forms = [f"{head.rstrip()} ...", f"{function[0]}(): ..."] if function else []
    forms += [f"{name[1]} = ..."] if name else []
    return next((form for form in forms if form != head and _broken(form) is None), "")


def _statement(rows: list[str], line: int) -> tuple[int, int]:
    """The lines of the top-level statement around a line: from one without indentation to the next."""
    first = min(line, len(rows) - 1)
    while first > 0 and (not rows[first].strip() or rows[first][0] in " \t)]}"):
        first -= 1
    last = first + 1
    while last < len(rows) and (not rows[last].strip() or rows[last][0] in " \t)]}"):
        last += 1
    return first, last
