"""Names that functions of Apache Hamilton may have and cells may not: those of Python's builtins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from kernel_magics.engine.cells.form import Form
from kernel_magics.engine.cells.modifiers import Unwritable
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.rewrite import renamed
from kernel_magics.engine.source.scopes import Reference
from kernel_magics.engine.source.tree import Function, defaults

T = TypeVar("T")


def own_name(name: str) -> str:
    """The name in cells: `input_value` for `input`."""
    return f"{name}_value" if name in builtin_names() else name


def own_names(given: Mapping[str, T]) -> dict[str, T]:
    """The same values under names of cells."""
    return {own_name(name): value for name, value in given.items()}


def has_others(function: Function) -> bool:
    """True for a node whose name, or one that it reads, is another one in cells."""
    names = [function.name, *(arg.arg for arg, _ in defaults(function.args))]
    return not function.name.startswith("_") and any(own_name(name) != name for name in names)


def in_cells(forms: Sequence[Form]) -> tuple[list[Form], list[str]]:
    """The forms under names that cells can have, and remarks on those that changed.

    Raises:
        Unwritable: a function has both names, or what it does depends on the name.
    """
    found: dict[str, None] = {}
    made = [_renamed(form, found) for form in forms]
    return made, [
        f"'{name}' is called '{own_name(name)}' in cells, where no node or input has the name of a builtin"
        for name in found
    ]


def _renamed(form: Form, found: dict[str, None]) -> Form:
    texts = [_function(block, found) for block in blocks(form.text)]
    names = [*form.names, *(key for key, _ in form.when)]
    found.update(dict.fromkeys(name for name in names if own_name(name) != name))
    conditions = [replace(item, subject=own_name(item.subject)) for item in form.conditions]
    return replace(
        form,
        text="\n\n\n".join(texts),
        names=tuple(map(own_name, form.names)),
        when=tuple((own_name(key), value) for key, value in form.when),
        conditions=tuple(conditions),
        own_tags={own_name(key): tags for key, tags in form.own_tags.items()},
    )


def _function(block: Block, found: dict[str, None]) -> str:
    """A node's function whose own name and parameters are none of builtins; a helper stays as it is."""
    node, text = block.node, block.text
    if not isinstance(node, Function) or node.name.startswith("_"):
        return text
    params = {arg.arg for arg, _ in defaults(node.args)}
    changed = {name for name in params if own_name(name) != name}
    if taken := {own_name(name) for name in changed} & params:
        raise Unwritable(f"'{node.name}' reads '{min(taken)}', too")
    if changed:
        found.update(dict.fromkeys(name for name in params if name in changed))
        new = renamed(text, lambda item: own_name(item.name) if _is_own(item, changed) else item.name)
        if new is None:
            raise Unwritable(f"'{min(changed)}' is the name of a builtin, and '{node.name}' depends on it")
        text = new
    own = own_name(node.name)
    return re.sub(rf"(?m)^((?:async )?def ){node.name}\b", rf"\g<1>{own}", text, count=1)


def _is_own(item: Reference, changed: set[str]) -> bool:
    """True for a parameter of the function itself, and for a mention of it."""
    home = item.home
    outer = home.parent is not None and home.parent.parent is None
    return item.role != "keyword" and outer and home.kind == "function" and item.name in changed
