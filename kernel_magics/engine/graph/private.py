"""Private marks name the inputs, and the columns of inputs, that no file may contain unchanged.

`%%inputs --private email,iban` names columns or inputs, and so does a comment `# private: email, iban`.
A comment `# private` marks the whole input at the end of a declaration, and on a line inside it the columns
on that line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.cells.parse import comments
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.grammar import names_in

_COMMENT: Final = re.compile(r"private\b(?:\s*:\s*(?P<names>[^#]*))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Marks:
    """What is private.

    Attributes:
        inputs: inputs that are private as a whole.
        columns: names of columns, index levels and keys.
        cells: for each such name, the cell that marks it.
    """

    inputs: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()
    cells: tuple[tuple[str, CellRef], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.inputs or self.columns)

    def record(self) -> dict[str, list[str]] | None:
        """The marks for the clean process; None where there are none."""
        return {"inputs": sorted(self.inputs), "columns": sorted(self.columns)} if self else None


UNMARKED: Final = Marks()


def private_marks(graph: Graph) -> Marks:
    """The marks of all `%%inputs` cells."""
    found = {
        name: cell.ref for cell in graph.cells.values() if cell.magic == "inputs" for name in _marked(cell)
    }
    inputs = frozenset(name for name in found if name in graph.nodes and graph.node(name).kind == "input")
    return Marks(inputs, frozenset(found) - inputs, tuple(found.items()))


def _marked(cell: Cell) -> Iterator[str]:
    for value in cell.given.get("--private", ()):
        yield from names_in(value)
    marks = {
        line: found["names"]
        for line, text in comments(cell.body).items()
        if (found := _COMMENT.match(text)) is not None
    }
    if not marks:
        return
    ends: dict[int, list[str]] = {}
    for statement in ast.parse(cell.body).body:
        one = [getattr(statement, "target", None)]
        targets = statement.targets if isinstance(statement, ast.Assign) else one
        bound = [target.id for target in targets if isinstance(target, ast.Name)]
        ends.setdefault(statement.end_lineno or statement.lineno, []).extend(bound)
    for line, names in marks.items():
        yield from names_in(names) if names else ends.get(line) or _keys(cell, line)


def _keys(cell: Cell, line: int) -> list[str]:
    """The names of columns on a line: keys of a dict, keywords of a call."""
    found = []
    for node in ast.walk(ast.parse(cell.body)):
        if isinstance(node, ast.Dict):
            keys = [key for key in node.keys if isinstance(key, ast.Constant) and key.lineno == line]
            found += [key.value for key in keys if isinstance(key.value, str)]
        elif isinstance(node, ast.keyword) and node.arg and node.lineno == line:
            found.append(node.arg)
    return found


def private_nodes(graph: Graph) -> frozenset[str]:
    """Inputs that hold what is marked, and all that is computed from them: values of these may tell it.

    A marked column may be in any input of the cell that marks it.
    """
    cells = {cell.id for cell in graph.cells.values() if cell.magic == "inputs" and any(_marked(cell))}
    inputs = [node.name for node in graph if node.kind == "input" and node.cell_id in cells]
    none: frozenset[str] = frozenset()
    below = closure(inputs, lambda name: graph.readers.get(name, none))
    return frozenset([*inputs, *below])
