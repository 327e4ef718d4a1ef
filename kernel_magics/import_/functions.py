"""A function of a module, as its text and its syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from kernel_magics.engine.cells.defs import Function
from kernel_magics.engine.graph.module import when_of
from kernel_magics.engine.source.blocks import blocks


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
        """True for what is a node of the module."""
        return not self.name.startswith("_")

    @property
    def when(self) -> tuple[tuple[str, object], ...]:
        """The params that choose this variant, with their values."""
        return when_of(self.node)

    @property
    def params(self) -> list[tuple[ast.arg, ast.expr | None]]:
        """Every parameter with its default."""
        spec = self.node.args
        positional = [*spec.posonlyargs, *spec.args]
        none: list[ast.expr | None] = [None] * (len(positional) - len(spec.defaults))
        pairs = [*zip(positional, [*none, *spec.defaults], strict=True)]
        return [*pairs, *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]

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
    """The functions on the top level of a text, in order."""
    for block in blocks(text):
        if isinstance(block.node, Function):
            ast.increment_lineno(block.node, 1 - block.start)
            yield Written(block.node, block.text)


def without(
    function: Written,
    defaults: frozenset[str] = frozenset(),
    hints: frozenset[str] = frozenset(),
    returns: bool = False,
) -> str:
    """The function's text without the defaults and hints of these parameters, and without its return hint."""
    raw = function.text.encode()
    starts = [0]
    for row in raw.split(b"\n"):
        starts.append(starts[-1] + len(row) + 1)

    def end(node: ast.expr | ast.arg) -> int:
        return starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)

    cuts: list[tuple[int, int]] = []
    for arg, default in function.params:
        name = starts[arg.lineno - 1] + arg.col_offset + len(arg.arg.encode())
        if default is not None and arg.arg in defaults:
            last = end(default)
            while raw[last : last + 1] == b")" and raw[end(arg) : last].count(b"(") > raw[
                end(arg) : last
            ].count(b")"):
                last += 1
            cuts.append((end(arg), last))
        if arg.annotation is not None and arg.arg in hints:
            cuts.append((name, end(arg)))
    if returns and function.node.returns is not None:
        last = end(function.node.returns)
        cuts.append((raw.rindex(b"->", 0, last), last))
    for first, last in sorted(cuts, reverse=True):
        raw = (raw[:first].rstrip(b" ") if raw[first:last].startswith(b"->") else raw[:first]) + raw[last:]
    return raw.decode()
