"""Calls of one function by another: as a node is a value in cells, what is called is a helper beside it."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable

from kernel_magics.engine.cells.form import called_name
from kernel_magics.engine.cells.modifiers import Unwritable
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.references import definition_reads, read_names
from kernel_magics.engine.source.rewrite import renamed
from kernel_magics.engine.source.scopes import Reference
from kernel_magics.engine.source.tree import Function


def called_nodes(found: Iterable[Block]) -> frozenset[str]:
    """The public functions of a module that its other statements call, or read otherwise."""
    found = list(found)
    public = {name for block in found if (name := _node_of(block))}
    read = {name for block in found for name in _reads(block)}
    return frozenset(public & read)


def under_private_names(text: str, called: Collection[str]) -> str:
    """The text with calls of helpers in place of calls of nodes.

    Raises:
        Unwritable: what it does depends on the name.
    """
    names = {name for block in blocks(text) for name in _reads(block)} if called else set()
    if names.isdisjoint(called):
        return text
    new = renamed(text, lambda item: called_name(item.name, called) if _is_read(item) else item.name)
    if new is None:
        raise Unwritable(f"'{min(names.intersection(called))}', which is a node, is more than called")
    return new


def _node_of(block: Block) -> str:
    """The name of a function that can be a node; "" for any other statement."""
    node = block.node
    if not isinstance(node, Function) or node.name.startswith("_") or node.args.vararg or node.args.kwarg:
        return ""
    return node.name


def _reads(block: Block) -> Collection[str]:
    """What a statement reads beside its own names; of a function not what only its decorators read."""
    if not isinstance(block.node, Function):
        return read_names([block.node]).reads
    plain = copy.copy(block.node)
    plain.decorator_list = []
    return definition_reads(plain)


def _is_read(item: Reference) -> bool:
    return item.role == "read" and item.home.parent is None
