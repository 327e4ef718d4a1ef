"""A variable is a name that an ordinary cell binds; some kinds could move to %%setup."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from kernel_magics.assist.place import Position, Span
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.outside import kind_of
from kernel_magics.engine.source.tree import FunctionOrClass, is_literal


@dataclass(frozen=True, slots=True)
class Variable:
    """A statement of an ordinary cell that binds a name.

    Attributes:
        kind: import, function, constant, value (`name = expression`) or other.
        code: its source.
        line: its first line, from 1.
        lines: its whole lines and their final line break; None if it shares a line with others.
        value: the source of a constant or value.
        reads: the names that it needs.
        outside: `code` or `variable`, as `outside_names` tells them apart.
    """

    name: str
    cell: str
    kind: str
    code: str
    line: int
    lines: Span | None = None
    value: str = ""
    reads: tuple[str, ...] = ()
    outside: str = "variable"

    def needs_only(self, names: frozenset[str]) -> bool:
        """True when it uses only these names and builtins."""
        return all(name in names or name in builtin_names() or name == self.name for name in self.reads)


def variables(cell: str, python: str, written: Sequence[str]) -> tuple[Variable, ...]:
    """The names that an ordinary cell binds, one for each statement that does.

    Args:
        cell: its id.
        python: the cell as Python, IPython's syntax read around.
        written: its lines as they are.
    """
    try:
        body = blocks(python)
        names = [block.names for block in body]
    except (SyntaxError, ValueError, RecursionError):
        return ()
    rows = python.split("\n")
    found = []
    for block, said in zip(body, names, strict=True):
        first, last = block.first, block.last
        alone = sum(other.first <= last and other.last >= first for other in body) == 1
        whole = alone and rows[first - 1 : last] == list(written[first - 1 : last])
        lines = whole_lines(written, first - 1, last) if whole else None
        code, value = "\n".join(rows[first - 1 : last]), _value(block.node)
        source = block.segment(value) if value is not None else ""
        for name in said.binds:
            found.append(
                Variable(
                    name, cell, _kind(block.node), code, first, lines, source, said.reads, kind_of(block.node)
                )
            )
    return tuple(found)


def whole_lines(rows: Sequence[str], first: int, last: int) -> Span:
    """The lines from `first` up to `last`, with a line break before or after them."""
    if last < len(rows):
        return Span(Position(first, 0), Position(last, 0))
    start = Position(first - 1, len(rows[first - 1])) if first else Position(0, 0)
    return Span(start, Position(last - 1, len(rows[last - 1])))


def _value(statement: ast.stmt) -> ast.expr | None:
    """The value of `name = value`."""
    if isinstance(statement, ast.AnnAssign):
        return statement.value if isinstance(statement.target, ast.Name) else None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return statement.value if isinstance(statement.targets[0], ast.Name) else None
    return None


def _kind(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return "import"
    if isinstance(statement, FunctionOrClass):
        return "function"
    value = _value(statement)
    if value is None:
        return "other"
    return "constant" if is_literal(value) else "value"
