"""Running a notebook in clean processes: once as it is, and once as the proposed dataflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernel_magics.convert import hamilton_worker, worker
from kernel_magics.convert.conversion import Conversion
from kernel_magics.convert.versions import DefUse
from kernel_magics.convert.worker import Fingerprint
from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.cell import CellSource, read_cell
from kernel_magics.export.clean.process import HOME, run_script

Noted = Mapping[int, Mapping[str, Fingerprint]]


@dataclass(frozen=True)
class PlainValues:
    """The values of the variables in the ordinary notebook, by number of the statement.

    Attributes:
        shares: for each name that a statement binds, the names it read whose objects the value contains.
        errors: type and text of the exceptions.
    """

    before: Noted = field(default_factory=dict)
    after: Noted = field(default_factory=dict)
    shares: Mapping[int, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    errors: Mapping[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class FlowValues:
    """The values of the nodes of the dataflow, by name."""

    values: Mapping[str, Fingerprint]
    errors: Mapping[str, str]
    failure: str = ""


Ask = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Runs a worker on a request, see `worker.answer`."""


def run_plain(chains: DefUse, ask: Ask) -> PlainValues:
    """Run the ordinary notebook from top to bottom."""
    tracked = [
        name
        for name, meanings in chains.bindings.items()
        if any(chains.kinds[version.statement] not in ("import", "helper", "show") for _, version in meanings)
    ]
    statements = []
    for item in chains.statements:
        if item.tree is None and not item.ours:
            continue
        ours = read_cell(item.text, f"cell{item.cell}", f"[{item.cell}]") if item.ours else None
        reads = [
            name for name in {**dict.fromkeys(item.reads), **chains.uses[item.number]} if name in tracked
        ]
        row = {"number": item.number, "cell": item.cell, "text": item.text, "reads": reads}
        row |= {"binds": [name for name in item.binds if name in tracked], "tracked": tracked}
        row["ours"] = [_row(ours)] if ours else []
        statements.append(row)
    answer = ask({"statements": statements})
    return PlainValues(answer["before"], answer["after"], answer["shares"], answer["errors"])


def compare_with_hamilton(
    texts: Sequence[tuple[str, str]], config: Mapping[str, object], graph: Graph, folder: Path
) -> dict[str, str] | None:
    """For each node, "" where its value is Hamilton's, else why not; None where Hamilton is not installed.

    Raises:
        SourceError: DB422 when the process that computes them dies.
    """
    cells = [_row(cell) for cell in graph.cells.values()]
    request = {"texts": list(texts), "config": dict(config), "cells": cells, "home": HOME}
    answer = run_script(hamilton_worker.__file__, request, folder, {"PYTHONHASHSEED": "0"})
    if answer.content is None:
        code, last = answer.outcome.code, answer.outcome.last
        raise SourceError(
            "DB422",
            f"the process that runs the modules ended with code {code}: {last or 'no message'}.",
            hint="convert without a proof: --no-run.",
        )
    return None if answer.content["absent"] else dict(answer.content["verdicts"])


def _row(cell: CellSource | Cell) -> list[str | int]:
    """The fields of a `CellSource` as a JSON list."""
    return [cell.id, cell.label, cell.magic, cell.line, cell.body, cell.group, cell.first]


def run_flow(conversion: Conversion, ask: Ask) -> FlowValues:
    """Compute every node of the proposed dataflow."""
    answer = ask({"cells": [_row(cell) for cell in conversion.graph.cells.values()]})
    return FlowValues(answer["values"], answer["errors"], answer["failure"])


def in_clean_process(folder: Path) -> Ask:
    """Requests run in a new process in the notebook's folder; SourceError DB422 is raised when it dies."""

    def run_there(request: Mapping[str, Any]) -> dict[str, Any]:
        answer = run_script(worker.__file__, {**request, "home": HOME}, folder, {"PYTHONHASHSEED": "0"})
        if answer.content is None:
            code, last = answer.outcome.code, answer.outcome.last
            raise SourceError(
                "DB422",
                f"the process that runs the notebook ended with code {code}: {last or 'no message'}.",
                hint="a notebook that ends its process cannot be proven; convert it with --no-run.",
            )
        return answer.content

    return run_there
