"""A function of a module, as its text and its syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from kernel_magics.engine.graph.module import when_of
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.rows import pickers, written_out
from kernel_magics.engine.source.tree import Function
from kernel_magics.engine.source.tree import defaults as defaults_of
from kernel_magics.engine.span import Position, Span, cut, replaced, span_of


@dataclass(frozen=True, slots=True)
class Written:
    """One function of a part.

    Attributes:
        node: its syntax; line numbers count from the first line of `text`.
        text: its source, decorators and the comment lines right above included.
    """

    node: Function
    text: str

    @property
    def name(self) -> str:
        """The function's name."""
        return self.node.name

    @property
    def is_public(self) -> bool:
        """True for a node of the module."""
        return not self.name.startswith("_")

    @property
    def when(self) -> tuple[tuple[str, object], ...]:
        """The params that choose this variant, with their values."""
        return when_of(self.node)

    @property
    def params(self) -> list[tuple[ast.arg, ast.expr | None]]:
        """Every parameter with its default."""
        return defaults_of(self.node.args)

    @property
    def statements(self) -> list[ast.stmt]:
        """Its body without the docstring."""
        return self.node.body[1:] if ast.get_docstring(self.node) is not None else self.node.body

    @property
    def rows(self) -> list[str]:
        """The lines of the text."""
        return self.text.split("\n")

    def segment(self, node: ast.AST) -> str:
        """The source of a part of it."""
        return ast.get_source_segment(self.text, node) or ast.unparse(node)


def functions_of(text: str) -> Iterator[Written]:
    """The functions on the top level of a text, in order; also those that rows stand for."""
    found = blocks(text)
    unneeded = pickers(found)
    for block in written_out(found):
        if isinstance(block.node, Function) and block.node.name not in unneeded:
            ast.increment_lineno(block.node, 1 - block.start)
            yield Written(block.node, block.text)


def without(
    function: Written,
    defaults: frozenset[str] = frozenset(),
    hints: frozenset[str] = frozenset(),
    returns: bool = False,
) -> str:
    """The function's text without the defaults and hints of these parameters, and without its return hint."""
    rows = function.rows
    cuts: list[Span] = []
    for arg, default in function.params:
        own = span_of(arg, rows)
        if default is not None and arg.arg in defaults:
            cuts.append(Span(own.end, _closed(rows, own.end, span_of(default, rows).end)))
        if arg.annotation is not None and arg.arg in hints:
            name = Position(own.start.line, own.start.column + len(arg.arg))
            cuts.append(Span(name, own.end))
    if returns and function.node.returns is not None:
        end = span_of(function.node.returns, rows).end
        head = cut(rows, Span(Position(0, 0), end))
        arrow = head[: head.rindex("->")].rstrip(" ")
        start = Position(arrow.count("\n"), len(arrow.rpartition("\n")[2]))
        cuts.append(Span(start, end))
    return replaced(function.text, ((piece, "") for piece in cuts))


def _closed(rows: list[str], start: Position, end: Position) -> Position:
    """The end of a default including brackets around it."""
    while rows[end.line][end.column : end.column + 1] == ")":
        text = cut(rows, Span(start, end))
        if text.count("(") <= text.count(")"):
            break
        end = Position(end.line, end.column + 1)
    return end
