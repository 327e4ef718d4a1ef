"""Edits above the functions of a module: to imports, constants, helpers and the defaults of params."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.tree import FunctionOrClass, expression, imported_as
from kernel_magics.engine.span import replaced, span_of
from kernel_magics.export.module.constants import make_constants
from kernel_magics.import_.functions import functions_of
from kernel_magics.import_.given import constant_of
from kernel_magics.import_.split import shared_blocks


@dataclass(frozen=True, slots=True)
class Edit:
    """One statement that differs from the one in a new export.

    Attributes:
        names: what it binds.
        old: its text in a new export; "" for an added statement.
        new: its text in the module; None for a deleted one.
    """

    names: tuple[str, ...]
    old: str
    new: Block | None


def top_edits(module: str, exported: str) -> Iterator[Edit]:
    """The differences between the statements above the functions, imports name by name."""
    old = {_binds(block): block for block in shared_blocks(blocks(exported))}
    imported = {name for names, block in old.items() if block.is_import for name in names}
    seen: set[tuple[str, ...]] = set()
    for block in shared_blocks(blocks(module)):
        names, node = _binds(block), block.node
        seen.add(names)
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [item for item in node.names if imported_as(item) not in imported]
            if node.names:
                yield Edit(block.names.binds, "", Block(node, ast.unparse(node)))
        elif names not in old or old[names].text != block.text:
            yield Edit(names, old[names].text if names in old else "", block)
    for names, block in old.items():
        if names not in seen and not block.is_import:
            yield Edit(names, block.text, None)


def _binds(statement: Block) -> tuple[str, ...]:
    return statement.names.binds or (statement.text,)


def default_edits(parts: Sequence[str], graph: Graph) -> dict[str, set[str]]:
    """The defaults that the functions of a module give to each param."""
    named = make_constants(graph, [node for node in graph if node.text is not None]).names
    params = {node.name for node in graph if node.kind == "param"} - named.keys()
    found: dict[str, set[str]] = {}
    for part in parts:
        for item in functions_of(part):
            for arg, default in item.params if item.is_public else ():
                if default is not None and arg.arg in params:
                    found.setdefault(arg.arg, set()).add(item.segment(default))
    return found


def param_constants(graph: Graph) -> dict[str, str]:
    """The params whose defaults are constants of the module, by the constant's name."""
    named = make_constants(graph, [node for node in graph if node.text is not None]).names
    return {constant: param for param, constant in named.items()} | {
        name: name for name in graph.deciding() if name in graph.nodes
    }


def with_default(body: str, name: str, value: str) -> str:
    """A %%params cell with a new default."""
    for block in blocks(body):
        constant = constant_of(block)
        if constant is not None and constant.name == name:
            node: Any = block.node
            return replaced(body, [(span_of(node.value, body.split("\n")), value)])
    return body


def same_value(first: str, second: str) -> bool:
    """True for two sources of one expression."""
    return ast.dump(expression(first)) == ast.dump(expression(second))


def with_statement(body: str, old: str, new: str) -> str:
    """A %%setup cell with a statement replaced; the same body if it does not contain the old one."""
    return body.replace(old, new, 1) if f"\n{old}\n" in f"\n{body}\n" else body


def with_added(body: str, new: Sequence[Block]) -> str:
    """A %%setup cell with more statements: imports after its imports, the others at its end."""
    rows = body.rstrip("\n").split("\n") if body.strip() else []
    last = max([block.last for block in blocks(body) if block.is_import], default=0)
    rows[last:last] = [block.text for block in new if block.is_import]
    for block in new:
        if not block.is_import:
            gap = ["", ""] if isinstance(block.node, FunctionOrClass) and rows else []
            rows += [*gap, *block.text.split("\n")]
    return "\n".join(rows)


def constant_value(statement: Block) -> str:
    """The value in `NAME: type = value`."""
    constant = constant_of(statement)
    return constant.default if constant else ""


def setup_texts(graph: Graph) -> Mapping[str, tuple[str, str]]:
    """By name: the id of the setup cell that binds it, and the statement's text there."""
    return {name: (item.cell_id, item.text) for item in graph.setup.statements for name in item.binds}
