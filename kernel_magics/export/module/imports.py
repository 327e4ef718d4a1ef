"""The shared part of a module: the imports, constants and helpers of the setup that its functions use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kernel_magics.engine.cells.statements import Statement
from kernel_magics.engine.graph.setup import Setup
from kernel_magics.export.module.privates import rename

_DISPLAY = re.compile(r"\w+\.set_option\(\s*['\"](display|plotting|styler)\b|\w+\.style\.use\(|^%")


@dataclass(frozen=True, slots=True)
class Shared:
    """Source of the imports, and of the statements below them."""

    imports: tuple[str, ...]
    rest: tuple[str, ...]


def used_statements(setup: Setup, names: Iterable[str]) -> tuple[Statement, ...]:
    """The setup statements that `names` need, in order, without those that only affect the display."""
    needed = setup.closure(name for name in names if name in setup.names)
    future = [
        item for item in setup.statements if item.code.startswith("from __future__ ") and item not in needed
    ]
    return (*future, *(item for item in needed if not (item.effect and _DISPLAY.match(item.code))))


def shared_part(statements: Iterable[Statement], renamed: Mapping[str, str]) -> Shared:
    """Split statements into imports and the rest.

    Imports move to the top, unless a statement with an effect (a changed `sys.path`) comes before them.
    """
    statements = list(statements)
    imports: list[str] = []
    rest: list[str] = []
    effects = False
    for statement in statements:
        text = rename(statement.text, renamed, statement.ref)
        if statement.is_import and not effects:
            imports.append(text)
        else:
            rest.append(text)
        effects = effects or statement.effect
    return Shared(tuple(imports), tuple(rest))
