"""Blame is the cell over which a clean process stumbled, and the error that names it."""

from __future__ import annotations

import re
from pathlib import Path

from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.message import Part
from kernel_magics.engine.session.session import Session
from kernel_magics.export.clean.process import Outcome


def ended(session: Session, folder: Path, done: Outcome) -> ExportError:
    """DB505: the process ended before it answered, in the node whose function it noted last."""
    how = f"ended with code {done.code}" if done.code >= 0 else f"was ended by signal {-done.code}"
    said = done.output.strip().split("\n") if done.output.strip() else []
    noted = folder / "at"
    function = noted.read_text(encoding="utf-8") if noted.is_file() else ""
    nodes = [node for node in session.graph if node.function == function]
    place: list[Part] = [f" in '{nodes[0].name}'", nodes[0].ref.aside()] if nodes else []
    return ExportError(
        "DB505",
        (f"the clean process {how}", *place, f": {said[-1]}." if said else "."),
        hint="a node that ends its process, or needs too much memory, cannot be proven.",
        names=[node.name for node in nodes[:1]],
        frames=said[-12:],
    )


def not_imported(session: Session, text: str, failure: str, line: int) -> ExportError:
    """DB504: the module failed on a line of its own, which is a line of a setup cell."""
    rows = text.split("\n")
    row = rows[line - 1].strip() if 0 < line <= len(rows) else ""
    cells = [cell.ref for cell in session.graph.setup.cells if row and _bare(row) in _bare(cell.body)]
    return ExportError(
        "DB504",
        (
            f"the module cannot be imported in a clean process: {failure}",
            *(cell.aside() for cell in cells[:1]),
            ".",
        ),
        hint="setup must work anywhere: what it reads from files or variables should be an input.",
        reason=f"{failure}.",
        frames=[f"  line {line} of the module", f"    {row}"] if row else [],
    )


def _bare(text: str) -> str:
    """Code without what formatting may change."""
    return re.sub(r"[\s'\"(),]", "", text)
