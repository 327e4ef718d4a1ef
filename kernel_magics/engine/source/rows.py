"""A row of a module makes one member of a large family: `lag_7 = _member("lag_7", _lag_k, k=7)`.

The second argument is the family's function with keyword-only parameters for the loop variables. Decorators
stand around the row: `lag_7__us = _when(region="US")(_member("lag_7__us", _lag_k__us, k=7))`. An output of a
computation with several is a row of the function that picks it. Everything that reads modules reads a row as
the small function that a small family has in its place.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from kernel_magics.engine.source.blocks import Block
from kernel_magics.engine.source.mapped import docstring
from kernel_magics.engine.source.tree import Function, defaults, statement

MAKER: Final = "_member"
"""The function that makes a member; underscores follow where a module has another one of this name."""
_MAKERS: Final = re.compile(rf"{MAKER}_*")
_SUFFIX: Final = re.compile(r"(?:__\w*)?_*")
_LAST_SUFFIX: Final = re.compile(r"(?<=\w)__\w+$|$")
_ANY: Final = re.compile(rf"\b{MAKER}_*\(\s*[\"']")


@dataclass(frozen=True, slots=True)
class Row:
    """One member.

    Attributes:
        name: of the member's function.
        family: the function that all members share.
        reads: the names of the member's inputs, by parameter of the shared function, where they differ.
        values: of the loop variables.
        maker: the function that makes members.
        decorators: their sources, the outermost first.
    """

    name: str
    family: str
    reads: Mapping[str, str]
    values: Mapping[str, object]
    maker: str = MAKER
    decorators: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The statement."""
        reads = [repr(dict(self.reads))] if self.reads else []
        values = [f"{name}={value!r}" for name, value in self.values.items()]
        made = f"{self.maker}({', '.join([repr(self.name), self.family, *reads, *values])})"
        for decorator in reversed(self.decorators):
            made = f"{decorator}({made})"
        return f"{self.name} = {made}"

    def filled(self, doc: str) -> str:
        """A docstring of the family as the member's."""
        for name, value in self.values.items():
            doc = doc.replace(f"{{{name}}}", str(value))
        return doc


def row_of(statement: ast.stmt) -> Row | None:
    """The row that a statement is; None for any other statement."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value):
            decorators, value = _undecorated(value)
        case _:
            return None
    match value:
        case ast.Call(
            func=ast.Name(id=maker),
            args=[ast.Constant(value=said), ast.Name(id=family), *more],
            keywords=keywords,
        ) if said == name and _MAKERS.fullmatch(maker) and len(more) <= 1:
            try:
                reads = ast.literal_eval(more[0]) if more else {}
                values = {item.arg or "": ast.literal_eval(item.value) for item in keywords}
            except (ValueError, TypeError, SyntaxError):
                return None
            if not _are_names(reads) or "" in values:
                return None
            return Row(name, family, reads, values, maker, tuple(map(ast.unparse, decorators)))
    return None


def _undecorated(value: ast.Call) -> tuple[list[ast.expr], ast.Call]:
    """The decorators around a call, `a(1)(b(2)(call))`, and that call."""
    decorators: list[ast.expr] = []
    while isinstance(value.func, ast.Call) and len(value.args) == 1 and not value.keywords:
        inner = value.args[0]
        if not isinstance(inner, ast.Call):
            break
        decorators.append(value.func)
        value = inner
    return decorators, value


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
    docs: dict[str, str] = {}
    written: list[Block] = []
    for block in found:
        row = row_of(block.node)
        if row is None or row.family not in shared:
            written.append(block)
            continue
        if row.family not in headers:
            headers[row.family] = _header(shared[row.family])
        header = headers[row.family]
        docs[row.name.removesuffix(header.suffix)] = row.filled(header.doc)
        written.append(_function(block, row, header, docs))
    return written


def pickers(found: Sequence[Block]) -> set[str]:
    """The names of functions that only pick an output in a row; what is written out does not need them."""
    rows = [row for block in found if (row := row_of(block.node))]
    names = {row.family for row in rows if not row.values}
    functions = {block.node.name: block.node for block in found if isinstance(block.node, Function)}
    return {name for name in names & functions.keys() if picked(functions[name])[0]}


def made_out(text: str, row: Row, docs: Mapping[str, str] = MappingProxyType({})) -> ast.stmt:
    """The function that a row stands for, given the text of the shared function.

    Args:
        docs: of computations with several outputs, for rows of functions that pick one.

    Raises:
        SyntaxError: there is none, such as for one input that two parameters share.
    """
    return statement(_text(row, _header_of(text), docs))


@functools.lru_cache(maxsize=8)
def _header_of(text: str) -> _Header:
    return _header(Block(statement(text), text, source=text))


@dataclass(frozen=True, slots=True)
class _Header:
    """What members take over from the shared function: parameters, what it returns, docstring.

    Attributes:
        picks: the key of the output that the function picks from its only parameter; "" if it does more.
        suffix: of a variant's name.
    """

    parameters: Mapping[str, str]
    returns: str
    doc: str
    is_async: bool
    picks: str
    suffix: str


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
    is_async = isinstance(node, ast.AsyncFunctionDef)
    return _Header(parameters, returns, ast.get_docstring(node) or "", is_async, *picked(node))


def picked(function: Function) -> tuple[str, str]:
    """The key and the suffix, for a function `_KEY` or `_KEY__SUFFIX` of one parameter that only returns
    `parameter["KEY"]`; an empty key for any other, and what follows two underscores in its name.
    """
    names = [arg.arg for arg, _ in defaults(function.args)]
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    match body:
        case [ast.Return(value=ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))))]:
            suffix = function.name.removeprefix(f"_{key}")
            if names == [name] and suffix != function.name and _SUFFIX.fullmatch(suffix):
                return key, suffix
    return "", _LAST_SUFFIX.search(function.name)[0]  # type: ignore[index]  # it matches any name


def output_doc(name: str, whole: str, doc: str) -> str:
    """The docstring of an output.

    Args:
        whole, doc: the computation and its docstring.
    """
    said = doc.split("\n")[0].strip().rstrip(".:")
    if not said:
        return f"The {name} of {whole}."
    return f"{said} ({name})." if ":" in said else f"{said}: {name}."


def _segment(rows: Sequence[str], part: ast.expr) -> str:
    """The source of a part, which is on one line, or is written anew."""
    if part.lineno != part.end_lineno:
        return ast.unparse(part)
    return rows[part.lineno - 1].encode()[part.col_offset : part.end_col_offset].decode()


def _function(block: Block, row: Row, header: _Header, docs: Mapping[str, str]) -> Block:
    text = _text(row, header, docs)
    node = statement(text)
    ast.increment_lineno(node, block.first - 1)
    return replace(block, node=node, code=text, source="")


def _text(row: Row, header: _Header, docs: Mapping[str, str]) -> str:
    names = {name: row.reads.get(name, name) for name in header.parameters if name not in row.values}
    parameters = ", ".join(f"{new}{header.parameters[old]}" for old, new in names.items())
    given = ", ".join([*names.values(), *(f"{name}={value!r}" for name, value in row.values.items())])
    doc = row.filled(header.doc)
    body = f"{'await ' if header.is_async else ''}{row.family}({given})"
    if header.picks and not row.values:
        doc = doc or output_doc(row.name.removesuffix(header.suffix), given, docs.get(given, ""))
        body = f"{given}[{header.picks!r}]"
    lines = [f"@{decorator}" for decorator in row.decorators]
    lines += [f"{'async ' if header.is_async else ''}def {row.name}({parameters}){header.returns}:"]
    lines += [f"    {docstring(doc)}"] if doc else []
    return "\n".join([*lines, f"    return {body}"])


def with_keywords(text: str, names: Sequence[str]) -> str:
    """A function's text whose parameters of these names, the last ones, are keyword-only."""
    node = statement(text)
    if not isinstance(node, Function) or not names:
        return text
    first = next(arg for arg in node.args.args if arg.arg == names[0])
    rows = text.split("\n")
    row = rows[first.lineno - 1].encode()
    rows[first.lineno - 1] = (row[: first.col_offset] + b"*, " + row[first.col_offset :]).decode()
    return "\n".join(rows)
