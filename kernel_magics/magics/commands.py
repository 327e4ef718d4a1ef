"""The line magics' work: parse a line, ask the session, give back something that shows itself."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import DataflowError, UsageError, did_you_mean
from kernel_magics.engine.graph.plan import waiting_error
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.engine.session.session import Session
from kernel_magics.executors import run_with
from kernel_magics.export import export_flow
from kernel_magics.lineage.columns import origin_lines, origins
from kernel_magics.magics.arguments import parse, refuse
from kernel_magics.magics.keeping import PLACES, bytes_of, kept_lines, memory_line
from kernel_magics.magics.picture import Lineage, Picture, Status
from kernel_magics.magics.progress import Progress
from kernel_magics.magics.report import Report, make_rows
from kernel_magics.magics.running import bring_up, due
from kernel_magics.notebook import read_notebook
from kernel_magics.view import to_svg
from kernel_magics.view.build import live_view, static_view
from kernel_magics.view.subgraph import focus

if TYPE_CHECKING:
    from kernel_magics.magics.extension import DagbookMagics


def compute(magics: DagbookMagics, line: str) -> object:
    """`%compute`: bring nodes up to date; with `--inputs`, a single run on other values."""
    head, given, expression = line.partition("--inputs")  # an expression keeps its quotes
    asked = parse("compute", head)
    session = magics.session
    names = [known(session, name) for name in asked.names]
    if given:
        return _once(magics, names, expression.removeprefix("=").strip(), asked.executor)
    wanted = names or session.runnable()
    coming = due(session, wanted, asked.force)
    progress = Progress(len(coming), magics.ticker)
    with progress, magics.views.followed(coming, progress.note) as heard:
        outcome = bring_up(session, names or None, heard, asked.force, _runner(asked.executor))
    magics.show_outcome(outcome)
    shown = names or list(dict.fromkeys([*outcome.computed, *outcome.failed, *outcome.skipped]))
    notices = () if shown else (f"all {len(wanted)} nodes are fresh",)
    rows = make_rows(session, shown, magics.outcomes)
    progress.show(Report(rows, seconds=outcome.seconds, notices=notices))
    if outcome.errors:
        raise outcome.errors[0]
    return None


def dag(magics: DagbookMagics, line: str) -> object:
    """`%dag`: the live graph where the widget is installed, else its picture."""
    asked = parse("dag", line)
    for name in [*asked.names, asked.upstream, asked.downstream]:
        if name is not None:
            known(magics.session, name)

    def view() -> dict[str, Any]:
        whole = _view(magics)
        there = magics.session.graph.nodes  # of what was asked for, cells may have been deleted since
        upstream, downstream = (
            [name] if name in there else None for name in (asked.upstream, asked.downstream)
        )
        names = [name for name in asked.names if name in there] or None
        return focus(whole, upstream=upstream, downstream=downstream, names=names)

    live = None if asked.static or magics.tracker.unwatched else _live_view(magics, view, asked.height)
    if live is None:
        return Picture(view())
    magics.views.show(magics.tracker.identity()[0], live)
    return live


def lineage(magics: DagbookMagics, line: str) -> object:
    """`%lineage NAME`: a table and the graph of what it comes from and feeds."""
    asked = parse("lineage", line)
    name = known(magics.session, asked.name)
    return Lineage(_view(magics), name, origin_lines(name, origins(magics.session.graph)))


def export(magics: DagbookMagics, line: str) -> object:
    """`%export PATH.py`: module, tests and proof."""
    asked = parse("export", line)
    magics.session.hold()
    notebook = read_notebook(asked.notebook) if asked.notebook else magics.find_notebook()
    session = magics.session.arranged(notebook.sources()) if notebook else magics.session
    return export_flow(
        session,
        title=notebook.title if notebook else "",
        source_name=notebook.source_name if notebook else "",
        target=Path(asked.path),
        tests=Path(asked.tests) if asked.tests else None,
        run=not asked.no_run,
        check=asked.check,
        examples="refresh" if asked.refresh_examples else "keep",
        allow_secrets=asked.allow_secrets,
        force=asked.force,
        kind=asked.target,
        draw=lambda graph, title: to_svg(static_view(graph, title)),
    )


def dataflow(magics: DagbookMagics, line: str) -> object:
    """`%dataflow [auto|lazy|status|reset]`, `%dataflow cache [memory|disk|off|clear] [--limit SIZE]`,
    `%dataflow memory SIZE|all`.
    """
    asked = parse("dataflow", line)
    if asked.value and asked.what not in ("cache", "memory"):
        refuse("dataflow", f"'{asked.value}' has no meaning behind '{asked.what}'")
    if (asked.limit and asked.what != "cache") or (asked.what == "memory" and not asked.value):
        refuse("dataflow", "--limit SIZE belongs to 'cache'; 'memory' wants a size, or all")
    if asked.what == "cache" and asked.value not in (None, *PLACES):
        refuse("dataflow", f"'{asked.value}' is none of {', '.join(PLACES)}")
    session, store = magics.session, magics.store
    if asked.what == "reset":
        magics.publisher.withdraw(session.graph.names())
        session.reset()
    elif asked.what in ("auto", "lazy"):
        session.mode = asked.what
    if asked.limit:
        store.room.limit = bytes_of(asked.limit)
    if asked.what == "memory":
        session.memory.budget = None if asked.value == "all" else bytes_of(asked.value)
        magics.publisher.withdraw(session.let_go())
    elif asked.value == "clear":
        store.clear()
    elif asked.value:
        session.cache_by_default(asked.value)
    store.flush()
    magics.refresh_views()
    return Status(live_view(session), [*memory_line(session), *kept_lines(session.cache, store)])


def _view(magics: DagbookMagics) -> dict[str, Any]:
    return magics.headings.place(live_view(magics.session, outcomes=magics.outcomes))


def _live_view(magics: DagbookMagics, view: Callable[[], dict[str, Any]], height: int | None) -> object:
    """The widget, which the package `nbext` brings; None where it or its needs are not installed."""
    if importlib.util.find_spec("nbext") is None:
        return None
    open_view = getattr(importlib.import_module("nbext"), "open_view", None)
    return open_view(magics, view, height) if callable(open_view) else None


def known(session: Session, name: str) -> str:
    """The name, if the dataflow has it.

    Raises:
        DataflowError: DB203 when something needs it, DB308 when nothing knows it.
    """
    if name in session.graph.nodes:
        return name
    if name in session.graph.readers:
        raise waiting_error(session.graph, name)
    hint = did_you_mean(name, session.graph.nodes)
    raise DataflowError("DB308", f"the dataflow has no '{name}'.", hint=hint or "see %dag for its names.")


def _once(magics: DagbookMagics, names: list[str], expression: str, executor: str | None) -> dict[str, Any]:
    """Run on other inputs, leaving the session's values alone."""
    shell: Any = magics.shell
    try:
        inputs = eval(expression, shell.user_global_ns, shell.user_ns)
    except Exception as error:
        raise UsageError(
            "DB001", f"%compute: --inputs {expression!r} fails: {error}.", hint="give a dict of input values."
        ) from None
    if not isinstance(inputs, Mapping):
        raise UsageError(
            "DB001", f"%compute: --inputs gives {type(inputs).__name__}.", hint="give a dict of input values."
        )
    session = magics.session
    flow = Dataflow(session.graph, session.runtime, session)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="DB302")  # said by `_say_check`, without a line of ours
        return flow.run(names or None, inputs=inputs, executor=executor, on_event=_say_check)


def _say_check(event: Event) -> None:
    """Name the conditions that do not hold: a check that only warns lets the run go on."""
    if isinstance(event, Finished) and isinstance(event.value, CheckResult):
        for item in event.value.failed:
            print(f"✗ {event.value.subject}: {item.message}{f' ({item.detail})' if item.detail else ''}")


def _runner(name: str | None) -> Any:
    return lambda *args, **kwargs: run_with(name, *args, **kwargs)
