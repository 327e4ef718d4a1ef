"""A delayed decorator, Apache Hamilton's `@resolve`, is the one that its lambda gives for the config."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Final

from kernel_magics.engine.cells.filled import Filled, literal_for
from kernel_magics.engine.cells.modifiers import Decorator, Unwritable, meaning
from kernel_magics.engine.source.tree import defaults

_DELAYED: Final = ("resolve", "resolve_from_config")


def settled(decorator: Decorator, known: Mapping[str, str], config: Mapping[str, object] | None) -> Decorator:
    """The decorator that a delayed one stands for; any other as it is.

    The lambda is read, never run: its parameters are replaced by their values, and what can be computed of
    literals alone is computed.

    Args:
        known: what names mean of Hamilton's decorators, as by `aliases`.
        config: the values; a parameter without one has its default.

    Raises:
        Unwritable: a value is missing, or the decorator depends on more than the config.
    """
    if decorator.name not in _DELAYED:
        return decorator
    made = decorator.keywords().get("decorate_with")
    if not isinstance(made, ast.Lambda):
        raise Unwritable(f"what @{decorator.name} decorates with is no lambda")
    values: dict[str, ast.expr] = {}
    for arg, default in defaults(made.args):
        if config is not None and arg.arg in config:
            values[arg.arg] = literal_for(config[arg.arg])
        elif default is None:
            raise Unwritable(
                f"@{decorator.name} needs a value of '{arg.arg}': a default of the lambda, or that of the "
                f"config (`dagbook import --config {arg.arg}=…`)"
            )
        else:
            values[arg.arg] = default
    call = Filled(values, {}).visit(deepcopy(made.body))
    name = meaning(ast.unparse(call.func), known) if isinstance(call, ast.Call) else ""
    if not name:
        raise Unwritable(f"what @{decorator.name} decorates with is no decorator of Hamilton")
    return settled(replace(decorator, name=name, call=call), known, config)
