"""Cell magics register their cell, bring its nodes up to date, run tests, and show a report."""

from __future__ import annotations

from collections.abc import Sequence

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import UsageError
from kernel_magics.engine.run.testing import TestResult, tested_names
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource, split_cell
from kernel_magics.engine.source.grammar import once_magics
from kernel_magics.magics.cells import Request
from kernel_magics.magics.context import Context
from kernel_magics.magics.progress import Progress
from kernel_magics.workspace.report import Report
from kernel_magics.workspace.update import Outcome, emptied, owned, raise_first, replaced


def register(context: Context, magic: str, line: str, body: str) -> None:
    """Run one of our cells.

    Raises:
        DataflowError: the cell is wrong, and the dataflow unchanged; or a node, a check or a test failed.
    """
    workspace, session = context.workspace, context.workspace.session
    request = context.cells.request()
    id = request.id
    before = session.graph
    source = _source(request, magic, line, body)
    changed = session.register(source, last_wins=not request.known)
    own, notices = owned(session, id)
    notices += replaced(before, session.graph, id) if not request.known else ()
    notices += emptied(before, session.graph, session.graph.touched)
    workspace.publisher.withdraw(name for name in changed if name not in session.graph.nodes)
    if magic == "setup":
        workspace.publisher.share(id)
    try:
        stale = session.stale_after(changed) if session.mode == "auto" else []
        tests = _tests(session, magic, id, set(changed))
        with Progress(context.ticker) as progress:
            outcome = workspace.update(stale, [progress])
            results = [session.test(test) for test in tests]
        _show(context, request, progress, own, outcome, results, notices)
        raise_first(outcome, results)
    finally:
        workspace.outputs.refresh(changed, id)


def _source(request: Request, magic: str, line: str, body: str) -> CellSource:
    """The cell as files and the editor read it, or what code in another cell calls the magic with.

    Raises:
        UsageError: DB001, a magic above ours is one that they know nothing of.
    """
    cut = split_cell(request.text)
    if cut.magic == magic and cut.line == line.strip():
        place = (cut.first, cut.outer)
        return CellSource(request.id, request.label, magic, cut.line, cut.body, "", *place, code=cut.code)
    if cut.head.lstrip().startswith("%%") and not cut.magic:
        outer = cut.head.split()[0]
        raise UsageError(
            "DB001",
            f"{outer} stands above %%{magic} in cell {request.label}: commands would not find this cell.",
            hint=f"delete {outer}: only {', '.join(once_magics())} may stand above ours.",
        )
    return CellSource(request.id, request.label, magic, line.strip(), body)


def _tests(session: Session, magic: str, id: str, changed: set[str]) -> list[Cell]:
    """The test cells to run: this one, or those of functions that changed."""
    if magic == "test":
        return [session.graph.cells[id]]
    if session.mode == "lazy":
        return []
    every = [cell for cell, _ in session.graph.tests()]
    if magic == "setup":
        return every
    return [cell for cell in every if changed & set(tested_names(session.graph, cell))]


def _show(
    context: Context,
    request: Request,
    progress: Progress,
    own: Sequence[str],
    outcome: Outcome,
    results: Sequence[TestResult],
    notices: tuple[str, ...],
) -> None:
    """Publish the values and display the report of a cell that defines the nodes `own`."""
    workspace = context.workspace
    others = [name for name in outcome.computed if name not in own]
    workspace.publisher.claim(own)
    workspace.publisher.refresh(others)
    report = Report(
        workspace.rows(own), tuple(others), outcome.seconds, tuple(results), (*notices, *outcome.notices)
    )
    if report.rows or report.updated or report.tests or report.notices:
        place = progress.show(report, request.known and context.in_notebook)
        workspace.outputs.keep(request.id, place, report)
