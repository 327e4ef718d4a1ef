"""Decorated functions of a cell become the functions that Apache Hamilton's decorators stand for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kernel_magics.engine.cells.conditions import Entry, check_on
from kernel_magics.engine.cells.definition import Definition
from kernel_magics.engine.cells.modifiers import Decorator, Unwritable, decorators
from kernel_magics.engine.cells.outputs import suffix
from kernel_magics.engine.cells.validators import Condition
from kernel_magics.engine.cells.written import Form, Source, write
from kernel_magics.engine.errors import CellError
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.mapped import MappedSource
from kernel_magics.engine.source.tree import Function


@dataclass(frozen=True)
class Piece:
    """A statement of a `%%node` cell of functions, as it is written or as its decorators say.

    Attributes:
        block: the statement, in the text of the cell or in a text of its own.
        lines: of a text of its own, the line of the cell for each of its lines.
        when: the values of params for which it exists.
    """

    block: Block
    lines: tuple[int, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    when: tuple[tuple[str, object], ...] = ()
    cache: str = ""
    conditions: tuple[Condition, ...] = ()

    @property
    def name(self) -> str:
        """The name of the function: that of the node, and of a variant what it is for."""
        name = getattr(self.block.node, "name", "")
        return name if name.startswith("_") else name + suffix(self.when)

    def line(self, number: int) -> int:
        """The line of the cell from which a line of the text comes."""
        return self.lines[number - 1] if self.lines else number

    def placed(self, text: MappedSource) -> MappedSource:
        """A part of the text, with lines of the cell."""
        if not self.lines:
            return text
        source = text.source
        if self.when:
            own = getattr(self.block.node, "name", "")
            source = re.sub(rf"(?m)^((?:async )?def ){own}\b", rf"\g<1>{self.name}", source, count=1)
        return MappedSource(source, tuple(map(self.line, text.lines)))

    def checks(self, node: Definition) -> Iterator[Definition]:
        """What validators demand of this node."""
        for severity in ("fail", "warn"):
            entries = [
                Entry(item.of("value"), item.of(node.name), node.line, node.line)
                for item in self.conditions
                if item.severity == severity
            ]
            if entries:
                yield check_on(node, entries, severity)


def expanded(cell: CellSource, found: Iterable[Block], modifiers: Mapping[str, str]) -> Iterator[Piece]:
    """The statements of a cell; a decorated function is replaced by those that it stands for.

    Args:
        modifiers: names that stand for decorators of Apache Hamilton, with what they mean there.

    Raises:
        CellError: DB115 for a decorator that no function stands for.
    """
    shared: set[str] = set()
    for block in found:
        node = block.node
        known = decorators(node, modifiers) if isinstance(node, Function) else []
        if not isinstance(node, Function) or not known:
            yield Piece(block)
            continue
        for form in _forms(cell, block, node, known):
            lines = _lines(form.text, block)
            for part in blocks(form.text):
                name = getattr(part.node, "name", "")
                if name.startswith("_") and form.when:  # variants for several values share their helper
                    if name in shared:
                        continue
                    shared.add(name)
                conditions = tuple(item for item in form.conditions if item.subject == name)
                off = "off" if form.uncached else ""
                yield Piece(part, lines, form.tags, form.when, off, conditions)


def _forms(cell: CellSource, block: Block, node: Function, known: list[Decorator]) -> list[Form]:
    try:
        if node.name.startswith("_"):
            raise Unwritable(f"@{known[0].name} above a helper has no form in cells")
        forms = write(Source(block, known, None))
        notes = [note for form in forms for note in form.notes]
        if notes:
            raise Unwritable(notes[0])
    except Unwritable as error:
        raise CellError(
            "DB115",
            (
                f"'{node.name}'",
                cell.ref.on(node.lineno),
                f" has decorators of Apache Hamilton that no cell obeys: {error}.",
            ),
            hint="write what they make as nodes, or keep the function in a module for Dataflow.from_module.",
            names=[node.name],
            line=node.lineno,
        ) from None
    return forms


def _lines(text: str, block: Block) -> tuple[int, ...]:
    """The line of the cell for each line of a text made of a function: its own, or that of the header."""
    assert isinstance(block.node, ast.FunctionDef | ast.AsyncFunctionDef)
    first = block.node.lineno
    rows = block.source.split("\n")[first : block.last]
    found, place = [], 0
    for row in text.split("\n"):
        if row.strip() and row in rows[place:]:
            place = rows.index(row, place) + 1
            found.append(first + place)
        else:
            found.append(first)
    return tuple(found)
