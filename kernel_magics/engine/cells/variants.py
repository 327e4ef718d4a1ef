"""Variants: the values of the config for which `@config.when` and the like have a function exist."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Mapping

from kernel_magics.engine.cells.modifiers import Decorator, Unwritable
from kernel_magics.engine.source.choice import Except, When
from kernel_magics.engine.source.tree import is_literal


def base(name: str) -> str:
    """The name of the node: `tax` for `tax__eu`."""
    return name.rpartition("__")[0] or name


def variants(decorator: Decorator, config: Mapping[str, object] | None) -> list[When]:
    """The values for which a variant exists, as far as cells say it; [] if it does not for the config.

    A variant for several values is several variants.
    """
    word = decorator.name.partition(".")[2]
    given = {key: value for key, value in decorator.keywords().items() if key != "name"}
    if any(not is_literal(value) for value in given.values()):
        raise Unwritable(f"the arguments of @{decorator.name} are computed")
    values = {key: ast.literal_eval(value) for key, value in given.items()}
    plain = not any(isinstance(value, list | tuple | dict) for value in values.values())
    listed = all(isinstance(value, list | tuple) for value in values.values())
    if word == "when" and plain:
        return [tuple(values.items())]
    if word == "when_in" and config is None and listed:
        pairs = ([(key, item) for item in value if item is not None] for key, value in values.items())
        return list(itertools.product(*pairs))
    if word == "when_not" and plain:
        return [tuple((key, Except((value,))) for key, value in values.items())]
    if word == "when_not_in" and listed:
        return [tuple((key, Except(tuple(value))) for key, value in values.items())]
    if config is None:
        raise Unwritable(f"@{decorator.name} has no form in cells without values of the config")
    tests: dict[str, Callable[[object, object], bool]] = {
        "when": lambda have, want: have == want,
        "when_not": lambda have, want: have != want,
        "when_in": lambda have, want: have in want,  # type: ignore[operator]
        "when_not_in": lambda have, want: have not in want,  # type: ignore[operator]
    }
    if word not in tests:
        raise Unwritable(f"@{decorator.name} has no form in cells")
    return [()] if all(tests[word](config.get(key), value) for key, value in values.items()) else []
