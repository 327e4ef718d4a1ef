"""A row of a module makes one member of a large family: `lag_7 = _member("lag_7", _lag_k, k=7)`.

The last word is the family's function with keyword-only parameters for the loop variables. Everything that
reads modules reads a row as the small function that a small family has in its place.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kernel_magics.engine.source.blocks import Block
from kernel_magics.engine.source.mapped import docstring
from kernel_magics.engine.source.tree import Function, defaults

MAKER: Final = "_member"
"""The function that makes a member; underscores follow where a module has another one of this name."""
_MAKERS: Final = re.compile(rf"{MAKER}_*")
_ANY: Final = re.compile(rf"^\w+ = {MAKER}_*\(", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """One member.

    Attributes:
        name: of the member's function.
        family: the function that all members share.
        reads: the names of the member's inputs, by parameter of the shared function, where they differ.
        values: of the loop variables.
        maker: the function that makes members.
    """

    name: str
    family: str
    reads: Mapping[str, str]
    values: Mapping[str, object]
    maker: str = MAKER

    @property
    def text(self) -> str:
        """The statement."""
        reads = [repr(dict(self.reads))] if self.reads else []
        values = [f"{name}={value!r}" for name, value in self.values.items()]
        return f"{self.name} = {self.maker}({', '.join([repr(self.name), self.family, *reads, *values])})"


def row_of(statement: ast.stmt) -> Row | None:
    """The row that a statement is; None for any other statement."""
    match statement:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.Call(
                func=ast.Name(id=maker),
                args=[ast.Constant(value=said), ast.Name(id=family), *more],
                keywords=keywords,
            ),
        ) if said == name and _MAKERS.fullmatch(maker) and len(more) <= 1:
            try:
                reads = ast.literal_eval(more[0]) if more else {}
                values = {item.arg or "": ast.literal_eval(item.value) for item in keywords}
            except (ValueError, TypeError, SyntaxError):
                return None
            return Row(name, family, reads, values, maker) if _are_names(reads) and "" not in values else None
    return None


def has_rows(source: str) -> bool:
    """True for a module that may have rows; a fast look at its text."""
    return MAKER in source and _ANY.search(source) is not None


def _are_names(reads: object) -> bool:
    return isinstance(reads, dict) and all(
        isinstance(name, str) and name.isidentifier() for pair in reads.items() for name in pair
    )


def written_out(found: Sequence[Block]) -> list[Block]:
    """The statements with a function in place of each row whose shared function is among them."""
    shared = {block.node.name: block for block in found if isinstance(block.node, Function)}
    headers: dict[str, _Header] = {}
    written: list[Block] = []
    for block in found:
        row = row_of(block.node)
        if row is None or row.family not in shared:
            written.append(block)
            continue
        if row.family not in headers:
            headers[row.family] = _header(shared[row.family])
        written.append(_function(block, row, headers[row.family]))
    return written


def made_out(text: str, row: Row) -> ast.stmt:
    """The function that a row stands for, given the text of the shared function.

    Raises:
        SyntaxError: there is none, such as for one input that two parameters share.
    """
    return ast.parse(_text(row, _header_of(text))).body[0]


@functools.lru_cache(maxsize=8)
def _header_of(text: str) -> _Header:
    return _header(Block(ast.parse(text).body[0], text, source=text))


@dataclass(frozen=True, slots=True)
class _Header:
    """What members take over from the shared function: parameters, what it returns, docstring."""

    parameters: Mapping[str, str]
    returns: str
    doc: str
    is_async: bool


def _header(block: Block) -> _Header:
    node = block.node
    if not isinstance(node, Function):
        raise TypeError(f"not a function: {block.code[:40]!r}")
    rows = block.source.split("\n")
    parameters = {}
    for arg, default in defaults(node.args):
        hint = f": {_segment(rows, arg.annotation)}" if arg.annotation else ""
        value = f" = {_segment(rows, default)}" if default is not None else ""
        parameters[arg.arg] = hint + value
    returns = f" -> {_segment(rows, node.returns)}" if node.returns else ""
    return _Header(parameters, returns, ast.get_docstring(node) or "", isinstance(node, ast.AsyncFunctionDef))


def _segment(rows: Sequence[str], part: ast.expr) -> str:
    """The source of a part, which is on one line, or is written anew."""
    if part.lineno != part.end_lineno:
        return ast.unparse(part)
    return rows[part.lineno - 1].encode()[part.col_offset : part.end_col_offset].decode()


def _function(block: Block, row: Row, header: _Header) -> Block:
    text = _text(row, header)
    node = ast.parse(text).body[0]
    ast.increment_lineno(node, block.first - 1)
    return replace(block, node=node, code=text, source="")


def _text(row: Row, header: _Header) -> str:
    names = {name: row.reads.get(name, name) for name in header.parameters if name not in row.values}
    parameters = ", ".join(f"{new}{header.parameters[old]}" for old, new in names.items())
    given = ", ".join([*names.values(), *(f"{name}={value!r}" for name, value in row.values.items())])
    doc = header.doc
    for name, value in row.values.items():
        doc = doc.replace(f"{{{name}}}", str(value))
    lines = [f"{'async ' if header.is_async else ''}def {row.name}({parameters}){header.returns}:"]
    lines += [f"    {docstring(doc)}"] if doc else []
    return "\n".join([*lines, f"    return {'await ' if header.is_async else ''}{row.family}({given})"])


def with_keywords(text: str, names: Sequence[str]) -> str:
    """A function's text whose parameters of these names, the last ones, are keyword-only."""
    node = ast.parse(text).body[0]
    if not isinstance(node, Function) or not names:
        return text
    first = next(arg for arg in node.args.args if arg.arg == names[0])
    rows = text.split("\n")
    row = rows[first.lineno - 1].encode()
    rows[first.lineno - 1] = (row[: first.col_offset] + b"*, " + row[first.col_offset :]).decode()
    return "\n".join(rows)
