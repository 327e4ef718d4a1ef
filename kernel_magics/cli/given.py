"""Inputs and params from a command line, each read with the type of its sample or default."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any

from kernel_magics.cli.load import import_file
from kernel_magics.cli.place import working_beside
from kernel_magics.cli.terminal import say_aside
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import UsageError
from kernel_magics.engine.graph.unknown import expect as expect_name
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.export.layout import schema_path
from kernel_magics.notebook import read_notebook
from kernel_magics.tables.plain import from_text
from kernel_magics.tables.schema import read_schemas
from kernel_magics.tables.values import Expected, expect, read_value


@dataclass(frozen=True, slots=True)
class Version:
    """A dataflow, the file that it was loaded from, and the file whose folder is its working directory.

    Attributes:
        outputs: what it computes where nothing else is asked for; () for what no other node reads.
    """

    flow: Dataflow
    source: str
    place: str
    outputs: tuple[str, ...] = ()


def load_version(source: str, place: str = "") -> Version:
    """The dataflow of a notebook, module or envelope; runs its setup.

    Args:
        place: the file in whose folder it works, where that is not `source`.
    """
    place = place or source
    if Path(source).suffix == ".py":
        return Version(Dataflow.from_module(import_file(source, place)), source, place)
    if Path(source).is_dir():
        envelope = Envelope.open(source)
        return Version(envelope.flow, str(envelope.module_path), place, envelope.outputs)
    notebook = read_notebook(source)
    with working_beside(place):
        return Version(Dataflow.from_notebook(notebook), source, place)


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
    files = _pairs("--input", arguments.input, flow.inputs)
    texts = _pairs("--param", arguments.param, flow.params)
    inputs = {
        name: read_value(name, text, _expected(name, version, other), _print_note) for name, text in files
    }
    params = {name: from_text(name, text, expect(*flow.declared(name)).type) for name, text in texts}
    return inputs, params


def _expected(name: str, first: Version, other: Version | None) -> Expected:
    """The expected type of an input: of the notebook's sample, of the schema beside a module, or its hint."""
    for version in (first, other):
        if version is not None and name in version.flow.inputs:
            with working_beside(version.place):
                hint, sample = version.flow.declared(name)
            if sample is not MISSING:
                return expect(hint, sample)
            schemas = _schemas(Path(version.source))
            if name in schemas:
                return Expected(schemas[name])
    return expect(first.flow.declared(name)[0])


def _schemas(source: Path) -> dict[str, Any]:
    path = schema_path(source)
    return read_schemas(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _print_note(note: str) -> None:
    say_aside(f"note: {note}")


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
