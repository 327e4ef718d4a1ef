"""Pairs are the words NAME=VALUE behind an option such as `--input` or `--param`."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Collection, Sequence

from kernel_magics.engine.errors import UsageError
from kernel_magics.engine.graph.unknown import expect


def pair(option: str, item: str) -> tuple[str, str]:
    """The name and the value that one word says.

    Raises:
        UsageError: DB002 for another form.
    """
    name, equals, value = item.partition("=")
    if not equals:
        raise UsageError("DB002", f"{option} '{item}' cannot be read.", hint=f"write {option} NAME=VALUE.")
    return name, value


def pairs(option: str, items: list[str], known: Collection[str]) -> list[tuple[str, str]]:
    """What the words of an option say, in order.

    Raises:
        UsageError: DB002 for another form, DB306 for an unknown name.
    """
    found = []
    for item in items:
        name, value = pair(option, item)
        expect(name, known, option.removeprefix("--"))
        found.append((name, value))
    return found


def literals(option: str, items: Sequence[str]) -> dict[str, object]:
    """What the words of an option say, as values of Python; what is none is a text.

    Raises:
        UsageError: DB002 for another form.
    """
    found: dict[str, object] = {}
    for name, text in (pair(option, item) for item in items):
        try:
            found[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            found[name] = text
    return found


def importing(arguments: argparse.Namespace) -> dict[str, object] | None:
    """What decorators of modules look up where `--import` says to import them; None for reading their text.

    Raises:
        UsageError: DB002 for `--config` without it.
    """
    config = literals("--config", arguments.config)
    if config and not arguments.imports:
        raise UsageError("DB002", "--config is for modules that are imported.", hint="add --import.")
    return config if arguments.imports else None
