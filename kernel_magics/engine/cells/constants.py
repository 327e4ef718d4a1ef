"""Constants are names of a module that one statement assigns; decorators may be made of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace

from kernel_magics.engine.cells.filled import Filled, Values
from kernel_magics.engine.cells.modifiers import Decorator, Unwritable
from kernel_magics.engine.source.tree import FunctionOrClass


def folded(decorator: Decorator, constants: Values) -> Decorator:
    """The decorator with arguments that are computed of constants alone, such as `**{… for … in NAMES}`.

    What stands in `value(…)` keeps the names of constants, which the function reads when it runs.

    Args:
        constants: what names of the text stand for, as by `constants_of`.

    Raises:
        Unwritable: they depend on more than constants.
    """
    try:
        call = Filled(constants, constants).visit(deepcopy(decorator.call))
    except Unwritable as error:
        raise Unwritable(
            f"the arguments of @{decorator.name} are not made of constants alone ({error})"
        ) from None
    return replace(decorator, call=call)


def constants_of(statements: Iterable[ast.stmt]) -> dict[str, ast.expr]:
    """What names of a text stand for that one statement assigns and no other one can change.

    A statement that is neither an assignment, an import nor a definition may change all that it mentions.
    """
    found: dict[str, ast.expr] = {}
    again: set[str] = set()
    for node in statements:
        if isinstance(node, FunctionOrClass | ast.Import | ast.ImportFrom):
            again.add(getattr(node, "name", ""))
            continue
        match node:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, ast.expr() as value):
                again |= {name} & found.keys()
                found[name] = value
            case _:
                again |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    known: dict[str, ast.expr] = {}
    for name in found.keys() - again:
        known[name] = found[name]
    for name in [name for name in found if name in known]:
        with suppress(Unwritable):
            known[name] = Filled(known, {}).visit(deepcopy(known[name]))
    return known
