"""The description of a dataflow in `envelope.json`: nodes with lineage, schema, checks, metrics, source."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.session.session import Session
from kernel_magics.export.module.hints import Hints
from kernel_magics.lineage.columns import origins
from kernel_magics.tables.plain import to_json
from kernel_magics.tables.schema import Schema, schema_of

METRIC = "metric"
"""The tag of nodes whose values measure the quality of an envelope."""


def describe_nodes(graph: Graph, natures: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """Every node: its inputs, its origin, the columns of inputs from which its value is made, its natures.

    Args:
        natures: those that the tests keep true, such as "by store"; see `export/claims.py`.
    """
    found = origins(graph)
    return {
        name: {
            "inputs": list(graph.reads(name)),
            "cell": node.cell,
            "doc": node.doc,
            "tags": dict(node.tags),
            "fitted": node.fitted,
            "natures": list(natures.get(name, ())),
            "lineage": found[name].to_json() if name in found else None,
        }
        for name in graph.names()
        if (node := graph.node(name)).kind == "value"
    }


def describe_inputs(
    graph: Graph, hints: Hints, schemas: Mapping[str, Schema], needed: Collection[str]
) -> list[dict[str, Any]]:
    """Inputs with their types; `needed` are those that the outputs read when fitted values are stored."""
    return [
        {
            "name": name,
            "type": hints.types.get(name, ""),
            "doc": graph.node(name).doc,
            "needed": name in needed,
            "schema": schemas[name].to_json() if name in schemas else None,
        }
        for name in graph.names()
        if graph.node(name).kind == "input" and name in graph.readers
    ]


def describe_params(graph: Graph, hints: Hints) -> list[dict[str, Any]]:
    """Params with their types and the source of their defaults."""
    return [
        {
            "name": name,
            "type": hints.types.get(name, ""),
            "doc": graph.node(name).doc,
            "default": graph.node(name).value,
        }
        for name in graph.names()
        if graph.node(name).kind == "param" and name in graph.readers
    ]


def describe_outputs(session: Session, hints: Hints, outputs: Sequence[str]) -> list[dict[str, Any]]:
    """Outputs with their types and the columns of tables."""
    found = []
    for name in outputs:
        schema = schema_of(session.memos[name].value)
        found.append(
            {
                "name": name,
                "type": hints.types.get(name, ""),
                "doc": session.graph.node(name).doc,
                "schema": schema.to_json() if schema else None,
            }
        )
    return found


def describe_checks(session: Session) -> dict[str, Any]:
    """The number of checks, and of those that do not hold on the samples."""
    graph = session.graph
    results = {
        name: memo.value
        for name in graph.names()
        if (memo := session.memos.get(name)) is not None and isinstance(memo.value, CheckResult)
    }
    broken = [result for result in results.values() if not result.held]
    failed = sum(result.severity == "fail" for result in broken)
    return {"count": len(results), "failed": failed, "warned": len(broken) - failed}


def describe_metrics(session: Session) -> tuple[dict[str, Any], list[str]]:
    """The values of nodes with the tag `metric`, and notes on those that are not numbers."""
    metrics: dict[str, Any] = {}
    notes = []
    for name in session.graph.names():
        node = session.graph.node(name)
        if node.kind != "value" or METRIC not in node.tags:
            continue
        value: Any = session.memos[name].value
        value = (
            value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value
        )
        if isinstance(value, bool | int | float) and value - value == 0:
            metrics[name] = to_json(value)
        else:
            notes.append(f"metric '{name}' is no finite number, and is left out.")
    return metrics, notes


def describe_source(name: str, folder: Path) -> dict[str, Any]:
    """The notebook, the commit of its repository, whether it differs from that; None without a repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    state = _git(folder, "status", "--porcelain", "--", name) if commit and name else None
    return {"notebook": name, "commit": commit or None, "dirty": None if state is None else bool(state)}


def _git(folder: Path, *words: str) -> str | None:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        command = ["git", "-C", str(folder), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout.strip() if done.returncode == 0 else None
    return None
