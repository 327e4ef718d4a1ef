"""Locating maps a failure of the clean process to the cell that caused it, and makes its error."""

from __future__ import annotations

import ast
import os
import re
import sys
from pathlib import Path

from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.message import CellRef, Part
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.references import read_names
from kernel_magics.export.clean.pickling import Candidate
from kernel_magics.export.clean.process import Answer


def ended(session: Session, answer: Answer) -> ExportError:
    """DB505: the process ended without an answer, in the node whose function it noted last."""
    code, said = answer.outcome.code, answer.outcome.lines
    how = f"ended with code {code}" if code >= 0 else f"was ended by signal {-code}"
    nodes = [node for node in session.graph if node.function == answer.at]
    place: list[Part] = [f" in '{nodes[0].name}'", nodes[0].ref.aside()] if nodes else []
    return ExportError(
        "DB505",
        (f"the clean process {how}", *place, f": {said[-1]}." if said else "."),
        hint="a node that ends its process, or needs too much memory, cannot be proven.",
        names=[node.name for node in nodes[:1]],
        frames=said[-12:],
    )


def not_imported(session: Session, candidate: Candidate, failure: str, line: int) -> ExportError:
    """DB504: the module failed on import, on a line that comes from a cell."""
    rows = candidate.text.split("\n")
    row = rows[line - 1].strip() if 0 < line <= len(rows) else ""
    cell = _cell_at(session, candidate, line)
    hint = "setup must work anywhere: what it reads from files or variables should be an input."
    neighbour = re.search(r"No module named '(\w+)", failure)
    if neighbour and (home := _home(neighbour[1])):
        hint = (
            f"'{neighbour[1]}' is a file in '{home}': export into that folder, make it a package that is "
            "installed, or move what is needed into %%setup."
        )
    return ExportError(
        "DB504",
        (
            f"the module cannot be imported in a clean process: {failure}",
            *([cell.aside()] if cell else []),
            ".",
        ),
        hint=hint,
        reason=f"{failure}.",
        frames=[f"  line {line} of the module", f"    {row}"] if row else [],
    )


def _cell_at(session: Session, candidate: Candidate, line: int) -> CellRef | None:
    """The cell from which a line of the module comes: it binds the same names, at best by the same code."""
    whole = ast.parse(candidate.text).body
    here = next((node for node in whole if line <= (node.end_lineno or 0)), None)
    if here is None:
        return None
    binds, code = read_names([here]).binds, ast.unparse(here)
    found = [
        (item.code != code, item.ref)
        for item in session.graph.setup.statements
        if item.code == code or any(candidate.setup.get(name, name) in binds for name in item.binds)
    ]
    nodes = (node.ref for node in session.graph if node.function in binds)
    return min(found, key=lambda pair: pair[0])[1] if found else next(nodes, None)


def _home(module: str) -> str:
    """The folder of a local module that the notebook imported; "" for any other."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None or {"site-packages", "dist-packages"} & set(Path(file).parts):
        return ""
    folder = Path(file).parent
    return os.path.relpath(folder.parent if Path(file).name == "__init__.py" else folder)
