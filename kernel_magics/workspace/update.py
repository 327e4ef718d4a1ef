"""An update brings nodes up to date; its events are collected in an outcome for the report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kernel_magics.engine.errors import CheckError, DataflowError, quoted
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.run.check import CheckResult, all_errors, check_error
from kernel_magics.engine.run.event import Event, Failed, Finished, Noticed, Skipped
from kernel_magics.engine.run.inline import Inline
from kernel_magics.engine.run.schedule import Place
from kernel_magics.engine.run.testing import TestResult
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import text_key


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a run.

    Attributes:
        computed: nodes whose function ran and returned, in order.
        failed: nodes whose function raised.
        skipped: nodes left out because something upstream failed.
        notices: lines about nodes that are no errors.
        errors: failures of nodes, then one for all checks of severity fail that did not hold.
    """

    computed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    errors: tuple[DataflowError, ...] = ()
    seconds: float = 0.0
    notices: tuple[str, ...] = ()


def stale_nodes(session: Session, names: Iterable[str] | None, force: bool = False) -> list[str]:
    """The nodes that a run will compute: requested or upstream, and not fresh (or forced).

    Args:
        names: the requested names; None for all that can run.
    """
    wanted = session.runnable() if names is None else list(names)
    reached = session.unverified(wanted)
    forced = set(wanted) if force else set()
    return [
        name
        for name, (state, _) in session.states_of(reached).items()
        if (name in forced or state in ("stale", "failed"))
        and session.graph.node(name).kind in ("value", "check")
    ]


def update(
    session: Session,
    names: Iterable[str] | None,
    note: Callable[[Event], None] = lambda event: None,
    force: bool = False,
    place: Place = Inline,
) -> Outcome:
    """Compute what is stale among `names` and upstream of them.

    Args:
        names: None for all that can run.
        note: called with each event.

    Raises:
        WaitingError: DB203, before anything runs.
    """
    start = time.perf_counter()
    computed: list[str] = []
    failed: list[str] = []
    skipped: list[str] = []
    failures: list[DataflowError] = []
    checks: list[CheckError] = []
    notices: list[str] = []
    for event in session.compute(names, force, place):
        note(event)
        if isinstance(event, Finished):
            computed.append(event.name)
            if (
                isinstance(event.value, CheckResult)
                and event.value.severity == "fail"
                and not event.value.held
            ):
                checks.append(check_error(event.value, session.graph.node(event.name).ref))
        elif isinstance(event, Failed):
            failed.append(event.name)
            failures.append(event.error)
        elif isinstance(event, Skipped):
            skipped.append(event.name)
        elif isinstance(event, Noticed):
            notices.append(event.line)
    seconds = time.perf_counter() - start
    errors = (*failures, all_errors(checks)) if checks else tuple(failures)
    return Outcome(tuple(computed), tuple(failed), tuple(skipped), errors, seconds, tuple(notices))


def owned(session: Session, id: str) -> tuple[list[str], tuple[str, ...]]:
    """The names that a cell defines, and a line about those of which another variant is active."""
    graph, params = session.graph, session.params()
    own: dict[str, None] = {}
    resting: dict[str, None] = {}
    for node in graph.owned.get(id, ()):
        active = graph.active(node.name, params)
        (own if active is None or active.cell_id == id else resting)[node.name] = None
    if not resting:
        return list(own), ()
    keys = dict.fromkeys(key for name in resting for item in graph.nodes[name] for key, _ in item.when)
    shown = ", ".join(f"{key}={params[key]!r}" for key in keys if key in params)
    return list(own), (f"… {', '.join(resting)}: another variant is in use, for {shown}",)


def emptied(before: Graph, after: Graph, ids: Iterable[str]) -> tuple[str, ...]:
    """A line for each family that has no members any more: the setup has no list under their name.

    Args:
        ids: the cells that may differ between the two graphs.
    """
    lines = []
    for cell in [after.cells[id] for id in ids if id in after.cells]:
        lost = dict.fromkeys(node.name for node in before.owned.get(cell.id, ()))
        if cell.constants and lost and not after.owned.get(cell.id):
            of = quoted(sorted(cell.constants))
            lines.append(
                f"… {', '.join(lost)}: gone, because {of} of cell {cell.label} is no literal list of the "
                "setup that nothing changes"
            )
    return tuple(lines)


def replaced(before: Graph, after: Graph, id: str) -> tuple[str, ...]:
    """A line for each other cell whose names this one replaced, if the front end sends no cell ids."""
    new = after.cells[id]
    own = {node.name for node in after.owned.get(id, ())}
    lines = []
    for old in before.cells.values():
        kept = {node.name for node in after.owned.get(old.id, ())}
        lost = dict.fromkeys(node.name for node in before.owned.get(old.id, ()) if node.name not in kept)
        names = [name for name in lost if name in own]
        if names and old.id != id and text_key(old) != text_key(new):
            lines.append(f"… {', '.join(names)}: defined here from now on, and no longer in cell {old.label}")
    return tuple(lines)


def raise_first(outcome: Outcome, tests: Iterable[TestResult] = ()) -> None:
    """Raise the first error of a node, a check or a test."""
    errors: list[DataflowError] = [*outcome.errors, *(test.error for test in tests if test.error is not None)]
    if errors:
        raise errors[0]
