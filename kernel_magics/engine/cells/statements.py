"""A statement is a top-level statement of a setup cell, with the names that it reads and binds."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from kernel_magics.engine.cells.influence import Influence, influence_of, only_shows
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.references import Names
from kernel_magics.engine.source.tree import Function


@dataclass(frozen=True, slots=True)
class Statement:
    """One top-level statement of a setup cell.

    Attributes:
        text: its source, with the comment lines right above it.
        code: its source alone, which decides whether it changed.
        line: the line of the cell on which `text` begins.
        is_definition: it defines a function, whose body does not run yet.
        functions: the functions that it defines.
        node: its syntax, not to be changed.
        influence: what it changes beside what it binds.
        effect: True when it binds nothing but may have a global effect (`pd.set_option(…)`).
    """

    text: str
    code: str
    binds: tuple[str, ...]
    reads: tuple[str, ...]
    cell_id: str
    label: str
    line: int
    is_import: bool
    is_definition: bool
    functions: tuple[str, ...]
    effect: bool
    node: ast.stmt = field(compare=False, repr=False)
    influence: Influence = field(compare=False, repr=False)

    @property
    def ref(self) -> CellRef:
        """The cell's id and label, for messages."""
        return CellRef(self.cell_id, self.label)


def read_statements(
    id: str, label: str, source: str, body: Sequence[ast.stmt] | None = None
) -> tuple[Statement, ...]:
    """The statements of a setup cell.

    Args:
        id: the cell's id.
        source: its body below empty lines, so that line numbers are those of the cell.
        body: the syntax of the source, if it has been parsed.
    """
    return tuple(_statement(id, label, block, block.names) for block in blocks(source, body))


def _statement(id: str, label: str, block: Block, names: Names) -> Statement:
    node = block.node
    functions = [item for item in names.references if isinstance(item.node, Function)]
    defined = {item.name for item in functions if item.home.parent is None}
    return Statement(
        text=block.text,
        code=ast.unparse(node),
        binds=names.binds,
        reads=tuple(name for name in names.reads if name not in builtin_names()),
        cell_id=id,
        label=label,
        line=block.start,
        is_import=block.is_import,
        is_definition=isinstance(node, Function) and not node.decorator_list,
        functions=tuple(name for name in names.binds if name in defined),
        effect=not names.binds and not only_shows(node),
        node=node,
        influence=influence_of(node, names),
    )
