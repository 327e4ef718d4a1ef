"""Layout of an expression: on one line where it fits, else indented by its brackets."""

from __future__ import annotations

import ast
import io
import tokenize

from kernel_magics.engine.source.mapped import tokens
from kernel_magics.engine.source.tree import expression

_WIDTH = 98


def one_line(source: str) -> str | None:
    """A longer expression on one line; None if it does not fit or contains a comment."""
    text, row, column, last = "", 0, 0, ""
    for token in tokens(source):
        if token.type == tokenize.COMMENT or "\n" in token.string.strip("\n"):
            return None
        if token.type in (
            tokenize.NL,
            tokenize.NEWLINE,
            tokenize.INDENT,
            tokenize.DEDENT,
            tokenize.ENDMARKER,
        ):
            continue
        if token.start[0] != row:
            closes = token.string in (")", "]", "}")
            if closes and last == ",":
                text = text[:-1]
            text += "" if not text or closes or text[-1] in "([{" or token.string == "." else " "
        else:
            text += " " * (token.start[1] - column)
        text += token.string
        row, column, last = token.end[0], token.end[1], token.string
    same = ast.dump(expression(text)) == ast.dump(expression(source))
    return text if same and len(text) <= _WIDTH else None


def indented(source: str) -> str:
    """An expression of several lines, each indented by its open brackets."""
    depth = {1: 0}
    level = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.OP:
            continue
        level += token.string in ("(", "[", "{")
        level -= token.string in (")", "]", "}")
        depth[token.end[0] + 1] = level
    rows = source.split("\n")
    for number, row in enumerate(rows, start=1):
        bare = row.strip()
        known = depth.get(number, depth.get(number - 1, 0))
        depth.setdefault(number, known)
        closing = len(bare) - len(bare.lstrip(")]}"))
        rows[number - 1] = "    " * max(known - closing, 0) + bare
    return "\n".join(rows)
