"""Modules inside others: those that decorators such as `@subdag` run as a whole."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from kernel_magics.engine.cells.form import Source
from kernel_magics.engine.source.blocks import Block


def modules_inside(
    read: Mapping[str, Sequence[Block]], sources_of: Mapping[str, Mapping[int, Source]]
) -> dict[str, dict[str, str]]:
    """By module, the modules that its decorators run as a whole, by the name that they have there."""
    stems = {name.removesuffix(".py"): name for name in read}
    found: dict[str, dict[str, str]] = {}
    for name, rows in read.items():
        imported = {
            alias.asname or alias.name: stems[alias.name]
            for block in rows
            if isinstance(block.node, ast.Import | ast.ImportFrom)
            for alias in block.node.names
            if alias.name in stems and stems[alias.name] != name
        }
        used = {
            ast.unparse(item)
            for source in sources_of[name].values()
            for decorator in source.decorators
            if decorator.name.partition(".")[0] in ("subdag", "parameterized_subdag", "with_columns")
            for item in decorator.call.args
        }
        if modules := {alias: module for alias, module in imported.items() if alias in used}:
            found[name] = modules
    return found


def knowing(
    source: Source, modules: Mapping[str, str], sources_of: Mapping[str, Mapping[int, Source]]
) -> Source:
    """A function with those of the modules that its decorators run, which are called by private names."""
    if not modules:
        return source
    known = {
        alias: tuple(each for each in sources_of[module].values() if not each.node.name.startswith("_"))
        for alias, module in modules.items()
    }
    names = {each.node.name for functions in known.values() for each in functions}
    return replace(source, modules=known, private=source.private | names)
