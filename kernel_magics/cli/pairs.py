"""Pairs are the words NAME=VALUE behind an option such as `--input` or `--param`."""

from __future__ import annotations

from collections.abc import Collection

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
