"""Inputs and params from a command line, each read with the type of its sample or default."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import Any

from kernel_magics.cli.terminal import say_aside
from kernel_magics.engine.errors import UsageError
from kernel_magics.engine.graph.unknown import expect as expect_name
from kernel_magics.loading.version import Version
from kernel_magics.tables.plain import from_text
from kernel_magics.tables.values import Expected, expect, read_value


def given(
    version: Version, arguments: argparse.Namespace, other: Version | None = None
) -> tuple[dict[str, Any], dict[str, object]]:
    """The inputs and params that a command line gives.

    Args:
        other: another version, whose schemas are used for inputs that this one does not have.

    Raises:
        DataflowError: DB002, DB306 or DB321 (words), DB403, DB406 or DB408 (files), DB305 (a sample fails).
    """
    flow = version.flow
    files = pairs("--input", arguments.input, flow.inputs)
    texts = pairs("--param", arguments.param, flow.params)
    inputs = {
        name: read_value(name, text, expected(name, version, other), _print_note) for name, text in files
    }
    params = {name: from_text(name, text, expect(*flow.declared(name)).type) for name, text in texts}
    return inputs, params


def expected(name: str, first: Version, other: Version | None = None) -> Expected:
    """The expected type of an input: of the notebook's sample, of the schema beside a module, or its hint."""
    for version in (first, other):
        expected = None if version is None else version.expected(name)
        if expected is not None:
            return expected
    return first.hinted(name)


def _print_note(note: str) -> None:
    say_aside(f"note: {note}")


def pairs(option: str, items: list[str], known: Collection[str]) -> list[tuple[str, str]]:
    """What an option such as `--input NAME=VALUE` says, in order.

    Raises:
        UsageError: DB002 for another form, DB306 for an unknown name.
    """
    found = []
    for item in items:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(
                "DB002", f"{option} '{item}' cannot be read.", hint=f"write {option} NAME=VALUE."
            )
        expect_name(name, known, option.removeprefix("--"))
        found.append((name, value))
    return found
