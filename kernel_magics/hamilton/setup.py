"""The setup of cells of Apache Hamilton: imports that are read, constants and helpers."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from kernel_magics.engine.cells.form import Form
from kernel_magics.engine.source.blocks import Block
from kernel_magics.engine.source.references import read_names


def binds(block: Block) -> tuple[str, ...]:
    """The names that a statement defines."""
    return tuple(read_names(ast.parse(block.text).body).binds)


def setup_of(
    shared: Sequence[Block],
    forms: Sequence[Form],
    inside: Collection[str],
    own: Collection[tuple[str, str]],
) -> str:
    """The setup's text: imports that are read, constants and helpers.

    Args:
        inside: names of modules whose functions are among the helpers.
        own: what the modules define, as pairs of module and name.
    """
    bound = {name for block in shared if not block.is_import for name in binds(block)}
    own = {(module, name) for module, name in own if name in bound}
    code = "\n".join(
        [*(block.code for block in shared if not block.is_import), *(form.text for form in forms)]
    )
    used = {part.id for part in ast.walk(ast.parse(code)) if isinstance(part, ast.Name)}
    rows: dict[str, None] = {}
    for block in shared:
        if block.is_import:
            text = _import(block.node, used, inside, own)
            if text:
                rows[text] = None
    others = [block.text for block in shared if not block.is_import]
    others += [form.setup for form in forms if form.setup]
    return "\n\n".join(part for part in ["\n".join(rows), *others] if part)


def _import(node: ast.stmt, used: set[str], inside: Collection[str], own: Collection[tuple[str, str]]) -> str:
    """An import without what is here, and without names of Hamilton that nothing reads."""
    assert isinstance(node, ast.Import | ast.ImportFrom)
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    kept = [
        alias
        for alias in node.names
        if (alias.asname or alias.name) not in inside
        and ((module, alias.name) not in own or alias.asname not in (None, alias.name))
        and (
            (module or alias.name).partition(".")[0] != "hamilton"
            or (alias.asname or alias.name.partition(".")[0]) in used
        )
    ]
    if not kept:
        return ""
    node.names = kept
    return ast.unparse(node)
