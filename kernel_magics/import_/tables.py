"""What the rows of large families need in a module, and a notebook does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from kernel_magics.engine.source.blocks import Block, block_of, blocks
from kernel_magics.engine.source.rows import Row, row_of
from kernel_magics.engine.source.tree import imported_as
from kernel_magics.export.module.checksum import Part

_IMPORTED: Final = frozenset({"functools", "inspect", "Callable", "Mapping", "TypeVar", "cast"})


def rows_in(text: str) -> Iterator[Row]:
    """The rows on the top level of a text."""
    yield from (row for block in blocks(text) if (row := row_of(block.node)))


def without_rows(statements: Sequence[Block], parts: Sequence[Part]) -> list[Block]:
    """The statements of a setup without the function that makes members, and what only that one needs."""
    makers = {row.maker for part in parts for row in rows_in(part.text)}
    if not makers:
        return list(statements)
    made = [block for block in statements if getattr(block.node, "name", "") in makers]
    kept = [block for block in statements if block not in made]
    read = {name for block in kept for name in block.names.reads}
    for part in parts:
        read |= {
            name for block in blocks(part.text) if row_of(block.node) is None for name in block.names.reads
        }
    gone = {name for block in made for name in block.names.reads} - read
    return [block for old in kept if (block := _left(old, gone)) is not None]


def _left(block: Block, gone: set[str]) -> Block | None:
    """A statement without names that nothing else reads; None for nothing."""
    node = block.node
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias for alias in node.names if imported_as(alias) not in gone & _IMPORTED]
        if len(names) == len(node.names):
            return block
        node.names = names
        return block_of(ast.unparse(node)) if names else None
    made = isinstance(node, ast.Assign) and "TypeVar(" in block.code and gone.issuperset(block.names.binds)
    return None if made else block
