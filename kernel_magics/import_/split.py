"""Splitting assigns each piece of a module to a cell: its parts, and the shared setup."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.references import definition_reads
from kernel_magics.engine.source.tree import Function, FunctionOrClass
from kernel_magics.export.module.checksum import ModuleParts, Part, read_parts


@dataclass(frozen=True, slots=True)
class Split:
    """A module in pieces.

    Attributes:
        module_parts: the module in parts; without any when Dagbook did not write it.
        parts: one for each cell.
        setup: statements outside the parts.
        notes: why some public functions are not nodes.
    """

    module_parts: ModuleParts
    parts: tuple[Part, ...]
    setup: tuple[Block, ...]
    notes: tuple[str, ...] = ()


def split(text: str, helpers: Collection[str] = ()) -> Split:
    """Split a module.

    Args:
        helpers: public functions that cannot be nodes.

    Raises:
        SyntaxError: it is not Python.
    """
    module_parts = read_parts(text)
    if module_parts.parts:
        return Split(module_parts, module_parts.parts, tuple(shared_blocks(blocks(module_parts.top.text))))
    found = [_Read(block) for block in blocks(text)]
    called = _called(found)
    notes = [f"'{name}' is called by other code: it is a helper in %%setup, no node." for name in called]
    if any(is_script(item.block.node) for item in found):
        notes.append("what stands under `if __name__ == ...` is left out.")
    parts = list(_parts(text, found, {*called, *helpers}))
    inside = {line for part in parts for line in range(part.line, part.line + part.text.count("\n") + 1)}
    rest = shared_blocks([item.block for item in found], inside)
    return Split(module_parts, tuple(parts), tuple(rest), tuple(notes))


def is_script(node: ast.stmt) -> bool:
    """True for `if __name__ == "__main__":`, which does not belong to a dataflow."""
    return isinstance(node, ast.If) and any(
        isinstance(item, ast.Name) and item.id == "__name__" for item in ast.walk(node.test)
    )


def shared_blocks(found: Iterable[Block], without: Collection[int] = ()) -> Iterator[Block]:
    """The statements of a module except its docstring, its script, and those on the lines `without`."""
    for number, block in enumerate(found):
        node = block.node
        doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and not number
        if not doc and block.first not in without and not is_script(node):
            yield block


class _Read:
    """A statement with its name, if it defines a function or class, and the names that it looks up."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.name = block.node.name if isinstance(block.node, FunctionOrClass) else ""
        self.reads = definition_reads(block.node) if self.name else block.names.reads
        self.is_function = isinstance(block.node, Function)


def _called(found: Sequence[_Read]) -> list[str]:
    """Public functions that other code of the module looks up."""
    functions = [item.block.node for item in found if isinstance(item.block.node, Function)]
    inputs = {arg.arg for node in functions for arg in ast.walk(node.args) if isinstance(arg, ast.arg)}
    public = {node.name for node in functions if not node.name.startswith("_")} - inputs
    others = (item for item in found if not is_script(item.block.node))
    names = (name for item in others for name in item.reads if name in public and name != item.name)
    return list(dict.fromkeys(names))


def _parts(text: str, found: Sequence[_Read], shared: Collection[str]) -> Iterator[Part]:
    """Each public function, with the private ones right above it that nothing else uses."""
    rows = text.split("\n")
    readers: dict[str, list[str]] = {}
    for item in found:
        for name in item.reads:
            readers.setdefault(name, []).append(item.name)
    above: list[_Read] = []
    for item in found:
        if not item.is_function or item.name in shared:
            above = []
        elif item.name.startswith("_"):
            above.append(item)
        else:
            group = {item.name, *(other.name for other in above)}
            while above and not all(set(readers.get(other.name, ["?"])) <= group for other in above):
                group.discard(above.pop(0).name)
            first = (above[0] if above else item).block.start
            yield Part(item.name, "", "\n".join(rows[first - 1 : item.block.last]), first)
            above = []
