"""`dagbook diff --values A B`: how the values of two versions differ on the same inputs, for a review."""

from __future__ import annotations

import argparse
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from kernel_magics.cli.given import given
from kernel_magics.cli.output import write_text
from kernel_magics.cli.revision import read_text
from kernel_magics.cli.terminal import say
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.engine.source.secrets import masked
from kernel_magics.loading.place import working_beside
from kernel_magics.loading.version import Version, load_version
from kernel_magics.quality.impact import Impact, NodeImpact, impact, worst_first
from kernel_magics.quality.impact_view import impact_markdown
from kernel_magics.quality.session_impact import checked


def run(arguments: argparse.Namespace) -> int:
    """Compare two versions and print or write the result.

    Returns:
        0, or with `--exit-code` 1 when a value differs.

    Raises:
        DataflowError: a version cannot be read or run.
    """
    with tempfile.TemporaryDirectory() as folder:
        versions = (arguments.old, arguments.new)
        before, after = (_loaded(Path(folder, str(place)), name) for place, name in enumerate(versions))
        found = value_impact(before, after, arguments)
    text = impact_markdown(found)
    if arguments.output:
        write_text(Path(arguments.output), masked(text))
    else:
        say(text, end="")
    return 1 if arguments.exit_code and found.nodes else 0


def _loaded(folder: Path, name: str) -> Version:
    """A version; the file of a revision is written to `folder` but runs in the folder of its path."""
    if Path(name).exists():
        return load_version(name)
    path, text = read_text(name)
    folder.mkdir()
    copy = folder / path.name
    copy.write_text(text, encoding="utf-8")
    return load_version(str(copy), str(path))


def value_impact(before: Version, after: Version, arguments: argparse.Namespace) -> Impact:
    """The differences between values of two versions, on the same inputs or else on their own samples."""
    old_flow, new_flow = before.flow, after.flow
    old, old_checks = _values(before, after, arguments)
    new, new_checks = _values(after, before, arguments)
    order = [*new_flow.graph.names(), *old_flow.graph.names()]
    found = impact((), old, new, order)
    checks = [
        one
        for name in old_checks.keys() & new_checks.keys()
        if (one := checked(name, old_checks[name], new_checks[name]))
    ]
    checks += [NodeImpact(name, "removed") for name in old_checks.keys() - new_checks.keys()]
    checks += [_fresh(name, result) for name, result in new_checks.items() if name not in old_checks]
    edited = [
        name
        for name in new_flow.nodes
        if name in old_flow.nodes and _source(old_flow, name) != _source(new_flow, name)
    ]
    return replace(found, edited=tuple(edited), nodes=worst_first([*found.nodes, *checks]))


def _fresh(name: str, result: CheckResult) -> NodeImpact:
    said = "; ".join(f"{item.message} fails ({item.detail})" for item in result.failed)
    return NodeImpact(name, "added" if result.held else "broken", note=said)


def _source(flow: Dataflow, name: str) -> list[str]:
    """The code of a node in a version, independent of its position."""
    return [node.digest for node in flow.graph.nodes[name]]


def _values(
    version: Version, other: Version, arguments: argparse.Namespace
) -> tuple[dict[str, Any], dict[str, CheckResult]]:
    """Every value and every result of a check."""
    inputs, params = given(version, arguments, other)
    checks: dict[str, CheckResult] = {}

    def collect(event: Event) -> None:
        if isinstance(event, Finished) and isinstance(event.value, CheckResult):
            checks[event.name] = event.value

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="DB302")  # failed checks are shown in the table
        with working_beside(version.place):
            values = version.flow.run(inputs=inputs, params=params, checks="warn", on_event=collect)
    return {**inputs, **values}, checks
