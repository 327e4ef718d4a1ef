"""Splitting says what of a module becomes which cell: its parts, and the setup that they share."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from kernel_magics.engine.cells.defs import Function
from kernel_magics.engine.source.names import statement_names
from kernel_magics.engine.source.references import definition_reads
from kernel_magics.export.module.checksum import Part, Sealed, read_sealed
from kernel_magics.import_.functions import written


@dataclass(frozen=True, slots=True)
class Split:
    """A module in pieces.

    Attributes:
        sealed: the module in parts; without any when Dagbook did not write it.
        parts: one for each cell.
        setup: statements that are no part, with the comment lines right above each.
        notes: why public functions are no nodes.
    """

    sealed: Sealed
    parts: tuple[Part, ...]
    setup: tuple[str, ...]
    notes: tuple[str, ...] = ()


def split(text: str, helpers: Collection[str] = ()) -> Split:
    """Split a module.

    Args:
        helpers: public functions that cannot be nodes.

    Raises:
        SyntaxError: it is not Python.
    """
    sealed = read_sealed(text)
    if sealed.parts:
        return Split(sealed, sealed.parts, tuple(statements_of(sealed.top.text)))
    tree = ast.parse(text)
    called = _called(tree)
    notes = [f"'{name}' is called by other code: it is a helper in %%setup, no node." for name in called]
    if any(map(is_script, tree.body)):
        notes.append("what stands under `if __name__ == ...` is left out.")
    shared = {*called, *helpers}
    parts = list(_parts(text, shared))
    inside = {line for part in parts for line in range(part.line, part.line + part.text.count("\n") + 1)}
    return Split(sealed, tuple(parts), tuple(statements_of(text, inside)), tuple(notes))


def is_script(node: ast.stmt) -> bool:
    """True for `if __name__ == "__main__":`, which is no part of a dataflow."""
    return isinstance(node, ast.If) and any(
        isinstance(item, ast.Name) and item.id == "__name__" for item in ast.walk(node.test)
    )


def statements_of(text: str, without: Collection[int] = ()) -> Iterator[str]:
    """The statements of a text but its docstring, `without` those on some lines."""
    rows = text.split("\n")
    previous = 0
    for number, node in enumerate(ast.parse(text).body):
        first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
        last = node.end_lineno or node.lineno
        doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and not number
        if doc or first in without or is_script(node):
            previous = last
            continue
        while first - 1 > previous and rows[first - 2].startswith("#"):
            first -= 1
        if first > previous:
            yield "\n".join(rows[first - 1 : last])
        previous = last


def _called(tree: ast.Module) -> list[str]:
    """Public functions that other code of the module looks up."""
    public = {node.name for node in tree.body if isinstance(node, Function) and not node.name.startswith("_")}
    found: dict[str, None] = {}
    inputs = {
        item.arg
        for node in tree.body
        if isinstance(node, Function)
        for item in ast.walk(node.args)
        if isinstance(item, ast.arg)
    }
    for node in tree.body:
        if is_script(node):
            continue
        names = statement_names(node).reads
        own = ""
        if isinstance(node, Function | ast.ClassDef):
            names, own = definition_reads(node), node.name
        found |= dict.fromkeys(name for name in names if name in public - inputs and name != own)
    return list(found)


def _parts(text: str, shared: Collection[str]) -> Iterator[Part]:
    """Each public function, with the private ones right above it that nothing else uses."""
    tree, rows = ast.parse(text), text.split("\n")
    readers: dict[str, list[str]] = {}
    for node in tree.body:
        own = getattr(node, "name", "")
        reads = definition_reads(node) if own else statement_names(node).reads
        for name in reads:
            readers.setdefault(name, []).append(own)
    above: list[ast.stmt] = []
    for node in tree.body:
        if not isinstance(node, Function):
            above = []
        elif node.name.startswith("_"):
            above.append(node)
        elif node.name in shared:
            above = []
        else:
            group = {node.name, *(item.name for item in above if isinstance(item, Function))}
            while above and not all(
                set(readers.get(item.name, ["?"])) <= group for item in above if isinstance(item, Function)
            ):
                group.discard(getattr(above.pop(0), "name", ""))
            first = _first(above[0] if above else node, rows)
            body = "\n".join(rows[first - 1 : node.end_lineno])
            yield Part(node.name, "", body, first)
            above = []


def _first(node: ast.stmt, rows: list[str]) -> int:
    """First line of a function, with the comment lines right above it."""
    if not isinstance(node, Function):
        return node.lineno
    return (node.end_lineno or node.lineno) - written(node, rows).text.count("\n")
