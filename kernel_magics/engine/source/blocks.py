"""A block is a statement of a text with its lines and the comments right above it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from kernel_magics.engine.source.references import Names, read_names
from kernel_magics.engine.source.tree import lines_of


@dataclass(frozen=True, slots=True)
class Block:
    """One top-level statement.

    Attributes:
        node: its syntax.
        code: its lines, including decorators and trailing comments; only its own part of a line that it
            shares with other statements.
        gap: the lines between the statement before and this one: comments and empty lines.
        first: the number of its own first line, from 1.
        last: the number of its last line.
        source: the whole text.
    """

    node: ast.stmt
    code: str
    gap: tuple[str, ...] = ()
    first: int = 1
    last: int = 1
    source: str = field(default="", repr=False)

    @property
    def is_import(self) -> bool:
        """True for an import."""
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @property
    def names(self) -> Names:
        """The names that it reads and binds."""
        return read_names([self.node])

    @property
    def comments(self) -> tuple[str, ...]:
        """The comment lines right above it."""
        return tuple(takewhile(lambda row: row.startswith("#"), reversed(self.gap)))[::-1]

    @property
    def text(self) -> str:
        """The comments and the code."""
        return "\n".join([*self.comments, self.code])

    @property
    def start(self) -> int:
        """The number of the first line of its text."""
        return self.first - len(self.comments)

    @property
    def note(self) -> str:
        """The comment after it on its last line."""
        row = self.source.split("\n")[self.last - 1].encode()
        tail = row[self.node.end_col_offset or 0 :].decode().strip()
        return tail.lstrip("#").strip() if tail.startswith("#") else ""

    def segment(self, part: ast.expr) -> str:
        """The source of a part of it."""
        return ast.get_source_segment(self.source, part) or ""


def blocks(source: str, body: Sequence[ast.stmt] | None = None) -> list[Block]:
    """The blocks of a text, or of some consecutive statements `body` of it.

    Raises:
        SyntaxError: it is not Python.
    """
    body = ast.parse(source).body if body is None else body
    rows = source.split("\n")
    found = []
    previous = 0
    for place, node in enumerate(body):
        first, last = lines_of(node)
        behind = place + 1 < len(body) and body[place + 1].lineno == last
        code = "\n".join(rows[first - 1 : last])
        if behind or first == previous:
            tail = "" if behind else rows[last - 1].encode()[node.end_col_offset or 0 :].decode()
            code = (ast.get_source_segment(source, node) or "") + tail
        gap = tuple(rows[previous : first - 1])
        found.append(Block(node, code, gap, first, last, source))
        previous = last
    return found


def block_of(statement: str) -> Block:
    """The block of a text that holds one statement and the comments above it."""
    return blocks(statement)[0]
