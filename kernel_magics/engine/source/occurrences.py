"""An occurrence is one mention of a name in the text of code, with its position."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from kernel_magics.engine.source.scopes import Reference, Role, Scope
from kernel_magics.engine.source.tree import MENTION, mentions
from kernel_magics.engine.span import Span, code_points, cut, span


class Occurrence(NamedTuple):
    """A mention of a name with its position (lines from 0)."""

    span: Span
    reference: Reference

    @property
    def name(self) -> str:
        """The name."""
        return self.reference.name

    @property
    def role(self) -> Role:
        """Whether the code reads, binds or deletes it."""
        return self.reference.role

    @property
    def home(self) -> Scope:
        """The scope that the name belongs to."""
        return self.reference.home


def placed(references: Iterable[Reference], source: str) -> list[Occurrence]:
    """The occurrences of references, in order of position; a name read and written at once is a write."""
    rows = source.split("\n")
    found = {
        (where, item.role == "keyword"): Occurrence(where, item)
        for item in references
        for where in _spans(item, rows)
        if unicodedata.normalize("NFKC", cut(rows, where)) == item.name
    }
    return sorted(found.values(), key=lambda item: item.span)


def _spans(item: Reference, rows: Sequence[str]) -> Iterator[Span]:
    """The positions of a name in the syntax node that mentions it."""
    node, name = item.node, item.name
    match node:
        case ast.Name():
            yield _at(rows, node.lineno, node.col_offset, node.end_col_offset or 0)
        case ast.arg() | ast.keyword():
            yield _at(rows, node.lineno, node.col_offset, node.col_offset + len(name.encode()))
        case ast.alias(asname=None):
            yield _at(rows, node.lineno, node.col_offset, node.col_offset + len(name.encode()))
        case ast.alias() | ast.MatchAs() | ast.MatchStar():
            yield _tail(rows, node, name)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _behind(rows, node, r"\bdef\s+(\w+)")
        case ast.ClassDef():
            yield from _behind(rows, node, r"\bclass\s+(\w+)")
        case ast.ExceptHandler():
            yield from _behind(rows, node, rf"\bas\s+({re.escape(name)})\b")
        case ast.MatchMapping():
            yield from _behind(rows, node, rf"\*\*\s*({re.escape(name)})\b")
        case ast.Global() | ast.Nonlocal():
            yield from _behind(rows, node, rf"\b({re.escape(name)})\b")
        case ast.Constant() | ast.JoinedStr():
            yield from _mentions(rows, node, name)


def _at(rows: Sequence[str], line: int, start: int, end: int) -> Span:
    """A span given the parser's position: lines from 1, columns in bytes."""
    row = rows[line - 1]
    return span(line - 1, code_points(row, start), code_points(row, end))


def _tail(rows: Sequence[str], node: ast.alias | ast.pattern, name: str) -> Span:
    """The last characters of a node, as many as the name has."""
    line = node.end_lineno or node.lineno
    column = code_points(rows[line - 1], node.end_col_offset or 0)
    return span(line - 1, column - len(name), column)


def _behind(
    rows: Sequence[str], node: ast.stmt | ast.excepthandler | ast.pattern, pattern: str
) -> Iterator[Span]:
    """The first group of a pattern, searched from a node's start through its lines."""
    start = code_points(rows[node.lineno - 1], node.col_offset)
    for number in range(node.lineno - 1, node.end_lineno or node.lineno):
        match = re.compile(pattern).search(rows[number], start)
        if match is not None:
            yield span(number, match.start(1), match.end(1))
            return
        start = 0


def _mentions(rows: Sequence[str], text: ast.expr, name: str) -> Iterator[Span]:
    """The position of each `@name` in the text of a query; none if escapes or braces make it ambiguous."""
    first, last = text.lineno - 1, (text.end_lineno or text.lineno) - 1
    found: list[tuple[str, Span]] = []
    for number in range(first, last + 1):
        row = rows[number]
        start = code_points(row, text.col_offset) if number == first else 0
        end = code_points(row, text.end_col_offset or 0) if number == last else len(row)
        for match in MENTION.finditer(row[start:end]):
            found.append((match[1], span(number, start + match.start(1), start + match.end(1))))
    known = mentions(text)
    if [word for word, _ in found] == [word for word, _ in known]:
        pairs = zip(found, known, strict=True)
        yield from (where for (word, where), (_, is_read) in pairs if is_read and word == name)
