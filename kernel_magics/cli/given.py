"""Inputs and params from a command line, each read with the type of its sample or default."""

from __future__ import annotations

import argparse
from typing import Any

from kernel_magics.cli.pairs import literals, pairs
from kernel_magics.cli.terminal import say_aside
from kernel_magics.loading.version import Version
from kernel_magics.sources.given import read_text
from kernel_magics.tables.plain import from_text
from kernel_magics.tables.values import Expected, expect


def configured(version: Version, arguments: argparse.Namespace) -> Version:
    """The version with those params that decorators of its module look up, such as `--param region=US`.

    Raises:
        UsageError: DB002 for another form.
    """
    found = literals("--param", arguments.param)
    return version.configured({key: value for key, value in found.items() if key in version.flow.config_keys})


def given(
    version: Version, arguments: argparse.Namespace, other: Version | None = None
) -> tuple[dict[str, Any], dict[str, object]]:
    """The inputs and params that a command line gives.

    Args:
        other: another version, whose schemas are used for inputs that this one does not have.

    Raises:
        DataflowError: DB002, DB306 or DB321 (words), DB403, DB406 or DB408 (files), DB465 or DB466
            (databases), DB305 (a sample fails).
    """
    flow = version.flow
    files = pairs("--input", arguments.input, flow.inputs)
    items = [item for item in arguments.param if item.partition("=")[0] not in version.config]
    texts = pairs("--param", items, [*flow.params, *sorted(flow.config_keys)])
    params = {name: from_text(name, text, expect(*flow.declared(name)).type) for name, text in texts}
    inputs = {
        name: read_text(name, text, expected(name, version, other), params, _print_note)
        for name, text in files
    }
    return inputs, params


def expected(name: str, first: Version, other: Version | None = None) -> Expected:
    """The expected type of an input: of the notebook's sample, of the schema beside a module, or its hint."""
    for version in (first, other):
        found = None if version is None else version.expected(name)
        if found is not None:
            return found
    return first.hinted(name)


def _print_note(note: str) -> None:
    say_aside(f"note: {note}")
