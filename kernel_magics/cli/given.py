"""What a command line gives to a dataflow: files and values, each read as its sample or default is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from dataclasses import MISSING
from pathlib import Path
from typing import Any

from kernel_magics.cli.load import import_file
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import UsageError
from kernel_magics.engine.graph.unknown import expect as expect_name
from kernel_magics.export.layout import schema_path
from kernel_magics.tables.plain import from_text
from kernel_magics.tables.schema import read_schemas
from kernel_magics.tables.values import Expected, expect, read_value

Version = tuple[Dataflow, str]
"""A dataflow and the file that it was loaded from."""


def load_flow(source: str) -> Dataflow:
    """The dataflow of a notebook or module; runs its setup."""
    if Path(source).suffix == ".py":
        return Dataflow.from_module(import_file(source))
    return Dataflow.from_notebook(source)


def given(
    flow: Dataflow, arguments: argparse.Namespace, versions: Sequence[Version]
) -> tuple[dict[str, Any], dict[str, object]]:
    """The inputs and params that a command line gives.

    Args:
        versions: of the dataflow; the first of them that knows an input says how it is read.

    Raises:
        DataflowError: DB002, DB306 or DB321 (words), DB403, DB406 or DB408 (files), DB305 (a sample fails).
    """
    files = _pairs("--input", arguments.input, flow.inputs)
    texts = _pairs("--param", arguments.param, flow.params)
    inputs = {name: read_value(name, text, _expected(flow, name, versions), _say) for name, text in files}
    params = {name: from_text(name, text, expect(*flow.declared(name)).type) for name, text in texts}
    return inputs, params


def _expected(flow: Dataflow, name: str, versions: Sequence[Version]) -> Expected:
    """What an input must be: as a notebook's sample is, as the schema beside a module says, or its hint."""
    for version, source in versions:
        if name in version.inputs:
            hint, sample = version.declared(name)
            if sample is not MISSING:
                return expect(hint, sample)
            schemas = _schemas(Path(source))
            if name in schemas:
                return Expected(schemas[name])
    return expect(flow.declared(name)[0])


def _schemas(source: Path) -> dict[str, Any]:
    path = schema_path(source)
    return read_schemas(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _say(note: str) -> None:
    print(f"note: {note}", file=sys.stderr)


def _pairs(option: str, items: list[str], known: Collection[str]) -> list[tuple[str, str]]:
    pairs = []
    for item in items:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(
                "DB002", f"{option} '{item}' cannot be read.", hint=f"write {option} NAME=VALUE."
            )
        expect_name(name, known, option.removeprefix("--"))
        pairs.append((name, value))
    return pairs
