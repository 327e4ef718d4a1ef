"""Outside names are those that ordinary cells define, which no node sees; hints say how to bring them in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Final

from kernel_magics.engine.source.grammar import OUTER_MAGICS
from kernel_magics.engine.source.references import read_names
from kernel_magics.engine.source.tree import FunctionOrClass, parsed

MAGIC_ROW: Final = re.compile(r"(?P<indent>\s*)(?P<magic>%(?P<name>\w+)[^\n]*|[!?][^\n]*|%%[^\n]*)$")
"""A line that is a magic, or for the system's shell."""

_CELL = re.compile(r"\s*%%(\w+)")
_TIMED = re.compile(
    r"(?P<head>(?P<indent>\s*)%(?:time|timeit|prun|memit)\b(?:\s+-\w+(?:\s+\d+)?)*\s?)(?P<rest>.*)$"
)
_ASSIGNED = re.compile(r"^(?P<head>[^#'\"=!]*[^=!<>]=\s*)(?P<magic>[!%]\w[^\n]*)$")
_ASKED = re.compile(r"^(?P<head>\s*[\w.]+)\s*\?{1,2}\s*$")


def outside_names(cells: Iterable[str]) -> dict[str, str]:
    """The names that ordinary cells define: `code` for functions, classes and imports, else `variable`.

    Args:
        cells: their texts, in notebook order; what is no Python is left out.
    """
    trees = (parsed(masked_cell(text)) for text in cells)
    return {
        name: kind_of(statement)
        for tree in trees
        for statement in (tree.body if tree else ())
        for name in read_names([statement]).binds
    }


def kind_of(statement: ast.stmt) -> str:
    """What the names are that a statement defines: `code` or `variable`."""
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    is_code = isinstance(statement, ast.Import | ast.ImportFrom | FunctionOrClass)
    return "code" if is_code or isinstance(value, ast.Lambda) else "variable"


def masked_cell(text: str) -> str:
    """An ordinary cell as Python with unchanged positions; "" for one that another magic reads as its own."""
    rows = text.split("\n")
    head = _CELL.match(text)
    if head is not None:
        if head[1] not in OUTER_MAGICS:
            return ""
        rows[text[: head.start(1)].count("\n")] = ""
    return "\n".join(_masked(row) if "%" in row or "!" in row or "?" in row else row for row in rows)


def _masked(row: str) -> str:
    """One line as Python, every other character at its column."""
    timed = _TIMED.match(row)
    if timed is not None:
        if not timed["rest"].strip():
            return f"{timed['indent']}pass"
        width = len(timed["head"]) - len(timed["indent"])
        return f"{timed['indent']}{'0;':<{width}}{timed['rest']}"
    line = MAGIC_ROW.match(row)
    if line is not None:
        return f"{line['indent']}pass"
    assigned = _ASSIGNED.match(row)
    if assigned is not None:
        return f"{assigned['head']}0"
    asked = _ASKED.match(row)
    return asked["head"] if asked is not None else row
