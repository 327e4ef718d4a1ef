"""Running a notebook in clean processes: once as it is, and once as the proposed dataflow."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernel_magics.convert import hamilton_worker, worker
from kernel_magics.convert.conversion import Conversion
from kernel_magics.convert.kinds import prints
from kernel_magics.convert.statement import is_star
from kernel_magics.convert.versions import DefUse
from kernel_magics.convert.worker import Fingerprint
from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.cell import CellSource, read_cell
from kernel_magics.export.clean.process import HOME, run_script

_FITS = re.compile(r"\.(?:partial_)?fit")
Noted = Mapping[int, Mapping[str, Fingerprint]]


@dataclass(frozen=True)
class PlainValues:
    """The values of the variables in the ordinary notebook, by number of the statement.

    Attributes:
        moved: the names whose values each statement changed in place.
        made: the names that code in IPython's syntax and star imports bound.
        shares: for each name that a statement binds, the names it read whose objects the value contains.
        drew: for each statement that drew random numbers, the values of its names, pickled (None: cannot be);
            the name "" marks draws from a generator of its own.
        displayed: for each expression that displayed its value at the end of a cell, the variable whose
            object that is, as of `model.fit(X, y)`; "" for any other value.
        errors: type and text of the exceptions.
        shown: what each cell printed and displayed, by its place.
    """

    before: Noted = field(default_factory=dict)
    after: Noted = field(default_factory=dict)
    moved: Mapping[int, Sequence[str]] = field(default_factory=dict)
    made: Mapping[int, Sequence[str]] = field(default_factory=dict)
    shares: Mapping[int, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    drew: Mapping[int, Mapping[str, bytes | None]] = field(default_factory=dict)
    displayed: Mapping[int, str] = field(default_factory=dict)
    errors: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    shown: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FlowValues:
    """The values of the nodes of the dataflow, by name."""

    values: Mapping[str, Fingerprint]
    errors: Mapping[str, str]
    failure: str = ""


Ask = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Runs a worker on a request, see `worker.answer`."""


def run_plain(chains: DefUse, ask: Ask, drawn: Collection[int] = ()) -> PlainValues:
    """Run the ordinary notebook from top to bottom.

    Args:
        drawn: statements that give another value in each run, as they read what others drew.
    """
    tracked = [
        name
        for name, meanings in chains.bindings.items()
        if name.strip("_")  # `_` is what the last cell displayed, too
        and any(
            chains.kinds[version.statement] not in ("import", "helper", "show") for _, version in meanings
        )
    ]
    last = {item.cell: item.number for item in chains.statements}
    shared = _shared(chains)
    statements = []
    for item in chains.statements:
        ours = read_cell(item.text, f"cell{item.cell}", f"[{item.cell}]") if item.ours else None
        names = {**dict.fromkeys(item.reads), **chains.uses[item.number]}
        used = [name for name in names if name in tracked or name not in chains.bindings]
        opaque = item.tree is None or is_star(item.tree)
        row = {"number": item.number, "cell": item.cell, "text": item.text, "reads": used}
        row |= {"binds": [name for name in item.binds if name in tracked], "tracked": tracked}
        row |= {
            "label": chains.label(item.number),
            "opaque": opaque,
            "last": last[item.cell] == item.number,
            "called": called(item.tree),
        }
        row |= {"prints": prints(item.tree), "fits": bool(_FITS.search(item.text))}
        row |= {"draws": item.number in chains.drawing or item.number in drawn, "hidden": bool(item.wrapper)}
        row["ours"] = [*shared, _row(ours)] if ours else []
        statements.append(row)
    return PlainValues(**ask({"statements": statements}))


def _shared(chains: DefUse) -> list[list[str | int]]:
    """A setup for nodes in a notebook that has none: what it imports, and its functions."""
    if any(item.ours == "setup" for item in chains.statements):
        return []
    kinds = zip(chains.statements, chains.kinds, strict=True)
    text = "\n".join(item.text for item, kind in kinds if kind in ("import", "helper"))
    return [_row(CellSource("setup", "[0]", "setup", "", text))]


def called(node: ast.AST | None) -> str:
    """`model` for a statement `model.fit(…)`, whose purpose is to change it."""
    call = node.value if isinstance(node, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    owner = function.value if isinstance(function, ast.Attribute) else None
    return owner.id if isinstance(owner, ast.Name) else ""


@dataclass(frozen=True)
class Compared:
    """Values beside those of Apache Hamilton.

    Attributes:
        verdicts: for each node, "" where its value is Hamilton's, else why not.
        failure: why nothing could be compared.
    """

    verdicts: Mapping[str, str]
    failure: str = ""


def compare_with_hamilton(
    texts: Sequence[tuple[str, str]], config: Mapping[str, object], graph: Graph, folder: Path
) -> Compared | None:
    """Compute each node by both; None where Hamilton is not installed.

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
    if answer.content["absent"]:
        return None
    return Compared(dict(answer.content["verdicts"]), answer.content["failure"])


def _row(cell: CellSource | Cell) -> list[str | int]:
    """The fields of a `CellSource` as a JSON list."""
    return [cell.id, cell.label, cell.magic, cell.line, cell.body, cell.group, cell.first]


def run_flow(conversion: Conversion, ask: Ask, given: Mapping[str, bytes]) -> FlowValues:
    """Compute every node of the proposed dataflow.

    Args:
        given: values of inputs that would be others in another run, pickled.
    """
    answer = ask({"cells": [_row(cell) for cell in conversion.graph.cells.values()], "given": dict(given)})
    return FlowValues(answer["values"], answer["errors"], answer["failure"])


def run_written(conversion: Conversion, ask: Ask) -> tuple[dict[int, str], dict[int, str]]:
    """Run the converted notebook from top to bottom; what its code cells show and how they fail, by place."""
    places = [place for place, cell in enumerate(conversion.cells) if cell.type == "code"]
    cells = [{"id": conversion.cells[place].id, "text": conversion.cells[place].source} for place in places]
    answer = ask({"notebook": cells})
    return (
        {places[number]: text for number, text in answer["shown"].items()},
        {places[number]: text for number, text in answer["errors"].items()},
    )


def in_clean_process(folder: Path) -> Ask:
    """Requests run in a new process in the notebook's folder; SourceError DB422 is raised when it dies."""

    def run_there(request: Mapping[str, Any]) -> dict[str, Any]:
        answer = run_script(worker.__file__, {**request, "home": HOME}, folder, {"PYTHONHASHSEED": "0"})
        if answer.content is None:
            code, last = answer.outcome.code, answer.outcome.last
            place = f" while it was {answer.at}" if answer.at else ""
            raise SourceError(
                "DB422",
                f"the process that runs the notebook ended with code {code}{place}: {last or 'no message'}.",
                hint="a notebook that ends its process cannot be proven; convert it with --no-run.",
            )
        return answer.content

    return run_there
