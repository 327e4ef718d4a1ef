"""Fixes are edits that certainly solve a problem."""

from __future__ import annotations

import re

from kernel_magics.assist.document import Document
from kernel_magics.assist.edit import Insert, Replace, edited
from kernel_magics.assist.place import Position, Span, code_points, span
from kernel_magics.assist.problem import Cursor, Fix
from kernel_magics.assist.reading import Reading, read
from kernel_magics.assist.variables import variables, whole_lines
from kernel_magics.engine.graph.link import ALIASES
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.tree import Function

_MISSING = "..."


def rename_here(document: Document, id: str, name: str, new: str, title: str = "") -> Fix | None:
    """Rename in one cell only; None if that would change what something means."""
    reading = document.readings[id]
    marks = [mark for mark in reading.marks if mark.text == name and mark.role not in ("keyword", "import")]
    taken = {mark.text for mark in reading.marks if mark.scope is not None}
    if not marks or (new in taken and any(mark.role == "parameter" for mark in marks)):
        return None
    edits = tuple(Replace(id, mark.span, new) for mark in marks)
    after = read(id, reading.kind, edited(reading.written, edits))
    said = sum(mark.text == new for mark in after.marks) - sum(mark.text == new for mark in reading.marks)
    if after.error is not None or said != len(marks):
        return None
    start = marks[0].span.start
    cursor = Cursor(id, span(start.line, start.column, start.column + len(new)))
    return Fix(title or f"Rename to '{new}'", "rename", edits, cursor)


def free_name(document: Document, name: str) -> str:
    """An unused name similar to this one."""
    number = 2
    while document.known(f"{name}_{number}"):
        number += 1
    return f"{name}_{number}"


def declare(document: Document, id: str, name: str, magic: str, value: str = "") -> Fix:
    """Declare a name in the first `%%inputs` (or `%%params`) cell, or else in a new cell above."""
    variable = document.variables.get(name)
    if not value and variable is not None and variable.value and variable.needs_only(document.shared):
        value = variable.value
    value = value or _MISSING
    code = f"{name} = {value}"
    title = f"Declare '{name}' in %%{magic}"
    column = len(f"{name} = ")
    home = next((item for item in document.readings.values() if item.magic == magic), None)
    if home is None:
        cursor = Cursor("", span(1, column, column + len(value.split("\n")[0])))
        return Fix(title, magic, (Insert(id, "before", f"%%{magic}\n{code}"),), cursor)
    edit, line = _appended(home, code)
    return Fix(title, magic, (edit,), Cursor(home.id, span(line, column, column + len(value.split("\n")[0]))))


def move_to_setup(document: Document, id: str, name: str) -> Fix | None:
    """Move a definition of an ordinary cell, or add a well-known import, to the first `%%setup` cell."""
    variable = document.variables.get(name)
    movable = variable is not None and variable.kind in ("import", "function", "constant")
    if variable is not None and movable and variable.lines and variable.needs_only(document.shared):
        taken = Replace(variable.cell, variable.lines, "")
        return Fix(f"Move '{name}' to %%setup", "setup", (taken, _into_setup(document, id, variable.code)))
    if name in ALIASES:
        return Fix(f"Add `{ALIASES[name]}` to %%setup", "setup", (_into_setup(document, id, ALIASES[name]),))
    return None


def move_statement(document: Document, id: str, line: int) -> Fix | None:
    """Move an import, a class or a constant from a cell of functions to the first `%%setup` cell."""
    reading = document.readings[id]
    if reading.source is None or reading.magic != "node" or not line:
        return None
    for item in variables(id, reading.source.placed, reading.rows):
        if item.lines is None or item.kind not in ("import", "function", "constant", "value"):
            continue
        if item.code.startswith(("def ", "async ", "@")) or not item.needs_only(document.shared):
            continue
        if item.line <= line <= item.line + item.code.count("\n"):
            taken = Replace(id, item.lines, "")
            code = _into_setup(document, id, item.code)
            return Fix(f"Move '{item.name}' to %%setup", "setup", (taken, code))
    return None


def _into_setup(document: Document, id: str, code: str) -> Replace | Insert:
    """Insert imports after the imports, what a setup cell needs at its top, the rest at its end."""
    cells = [item for item in document.readings.values() if item.magic == "setup"]
    home = next((item for item in cells if item.id == id), cells[0] if cells else None)
    if home is None:
        first = next((item.id for item in document.readings.values() if item.magic), id)
        return Insert(first, "before", f"%%setup\n{code}")
    is_import = code.startswith(("import ", "from "))
    line = max(home.first, _imports(home) if is_import else 0)
    if (is_import or home.id == id) and line < len(home.rows):
        return Replace(home.id, span(line, 0, 0), f"{code}\n")
    return _appended(home, code)[0]


def _imports(home: Reading) -> int:
    """The last line of a cell's leading imports, 0 without any."""
    last = 0
    for block in blocks(home.source.placed) if home.source and home.error is None else ():
        if not block.is_import:
            break
        last = block.last
    return last


def _appended(home: Reading, code: str) -> tuple[Replace, int]:
    """Append a line to a cell; also returns the line's number."""
    last = len(home.rows)
    while last > home.first and not home.rows[last - 1].strip():
        last -= 1
    end = Position(last - 1, len(home.rows[last - 1]))
    return Replace(home.id, Span(end, end), f"\n{code}"), last


def make_parameter(document: Document, id: str, function: str, name: str) -> Fix | None:
    """Add a parameter to a `def`: at the end, or at the front if others have defaults."""
    reading = document.readings[id]
    if reading.source is None or reading.error is not None:
        return None
    found = [block.node for block in blocks(reading.source.placed)]
    node = next((node for node in found if isinstance(node, Function) and node.name == function), None)
    if node is None:
        return None
    spec = node.args
    if spec.posonlyargs or (not spec.args and spec.kwonlyargs):
        return None
    rows = reading.source.placed.split("\n")
    if spec.args and not spec.defaults:
        last = spec.args[-1]
        line, text = last.end_lineno or last.lineno, f", {name}"
        column = code_points(rows[line - 1], last.end_col_offset or 0)
    elif spec.args:
        line, text = spec.args[0].lineno, f"{name}, "
        column = code_points(rows[line - 1], spec.args[0].col_offset)
    else:
        match = re.search(r"\bdef\s+\w+\s*\(", rows[node.lineno - 1])
        if match is None:
            return None
        line, text, column = node.lineno, name, match.end()
    at = Position(line - 1, column)
    return Fix(f"Make '{name}' a parameter of '{function}'", "parameter", (Replace(id, Span(at, at), text),))


def delete_line(document: Document, id: str, name: str) -> Fix | None:
    """Delete the declaration of an input or param, unless it shares its lines or is the only one."""
    reading = document.readings[id]
    if reading.source is None or len(reading.own) < 2:
        return None
    lines = [(block.first, block.last) for block in blocks(reading.source.placed)]
    marks = [mark for mark in reading.marks if name in mark.names]
    if len(marks) != 1:
        return None
    line = marks[0].span.start.line + 1
    around = [pair for pair in lines if pair[0] <= line <= pair[1]]
    if len(around) != 1:
        return None
    first, last = around[0][0] - 1, around[0][1]
    piece = whole_lines(reading.rows, first, last)
    edits = (Replace(id, piece, ""),)
    if read(id, reading.kind, edited(reading.written, edits)).error is not None:
        return None
    return Fix(f"Delete '{name}'", "delete", edits)
