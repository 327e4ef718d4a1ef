"""The functions of line magics: parse a line, call the session, return an object that displays itself."""

from __future__ import annotations

import keyword
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import DataflowError, UsageError, did_you_mean
from kernel_magics.engine.graph.plan import waiting_error
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.grammar import names_in
from kernel_magics.export.request import ExportRequest
from kernel_magics.flow import Flow
from kernel_magics.lineage.columns import origin_lines, origins
from kernel_magics.magics.arguments import parse, refuse
from kernel_magics.magics.context import Context
from kernel_magics.magics.picture import Lineage, Picture, Status
from kernel_magics.magics.progress import Progress
from kernel_magics.magics.storage import PLACES, bytes_of, kept_lines, memory_line, memory_lines
from kernel_magics.notebook import read_notebook
from kernel_magics.placement import placed
from kernel_magics.view import to_svg
from kernel_magics.view.build import live_view, static_view
from kernel_magics.view.subgraph import focus
from kernel_magics.workspace.report import Report, make_rows
from nbext.connect import open_view


def compute(context: Context, line: str) -> object:
    """`%compute`: bring nodes up to date; with `--inputs`, a single run on other values."""
    head, given, expression = line.partition("--inputs")  # an expression keeps its quotes
    asked = parse("compute", head)
    workspace, session = context.workspace, context.workspace.session
    names = [known(session, name) for name in asked.names]
    if given:
        return _once(context, names, expression.removeprefix("=").strip(), asked.executor)
    with Progress(context.ticker) as progress, placed(asked.executor) as place:
        outcome = workspace.update(names or None, [progress], asked.force, place)
    workspace.show_outcome(outcome)
    shown = names or list(dict.fromkeys([*outcome.computed, *outcome.failed, *outcome.skipped]))
    notices = outcome.notices if shown else (f"all {len(session.runnable())} nodes are fresh",)
    rows = make_rows(session, shown, workspace.outcomes)
    progress.show(Report(rows, seconds=outcome.seconds, notices=notices))
    if outcome.errors:
        raise outcome.errors[0]
    return None


def dag(context: Context, line: str) -> object:
    """`%dag`: the live graph where the widget is installed, else its picture."""
    asked = parse("dag", line)
    workspace, session = context.workspace, context.workspace.session
    for name in [*asked.names, asked.upstream, asked.downstream]:
        if name is not None:
            known(session, name)

    def view() -> dict[str, Any]:
        whole = workspace.view()
        there = session.graph.nodes  # some of the requested cells may have been deleted since
        upstream, downstream = (
            [name] if name in there else None for name in (asked.upstream, asked.downstream)
        )
        names = [name for name in asked.names if name in there] or None
        return focus(whole, upstream=upstream, downstream=downstream, names=names)

    still = asked.static or context.cells.unwatched
    live = None if still else open_view(workspace, view, asked.height)
    if live is None:
        return Picture(view())
    workspace.views.show(context.cells.request().id, live)
    return live


def lineage(context: Context, line: str) -> object:
    """`%lineage NAME`: a table and the graph of a node's upstream and downstream."""
    asked = parse("lineage", line)
    session = context.workspace.session
    name = known(session, asked.name)
    return Lineage(context.workspace.view(), name, origin_lines(name, origins(session.graph)))


def export(context: Context, line: str) -> object:
    """`%export PATH [NAMES]`: module, tests and proof, of these nodes and what they need; or a folder."""
    asked = parse("export", line)
    workspace = context.workspace
    workspace.session.hold()
    notebook = read_notebook(asked.notebook) if asked.notebook else workspace.find_notebook()
    session = workspace.session.arranged(notebook.sources()) if notebook else workspace.session
    request = ExportRequest(
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
        outputs=(*asked.names, *names_in(asked.outputs)),
        skip_failed=asked.skip_failed,
        draw=lambda graph, title: to_svg(static_view(graph, title)),
    )
    from kernel_magics.envelope.target import export_to  # noqa: PLC0415  # a kernel starts without it

    return export_to(session, request, allow_pickle=asked.allow_pickle)


def dataflow(context: Context, line: str) -> object:
    """`%dataflow [auto|lazy|status|reset]`, `%dataflow cache [memory|disk|off|clear] [--limit SIZE]`,
    `%dataflow memory [SIZE|all]`, `%dataflow samples LOG`, `%dataflow controls`, `%dataflow as NAME`.
    """
    asked = parse("dataflow", line)
    if asked.what == "samples":
        from kernel_magics.magics import samples  # noqa: PLC0415  # needs pandas, half a second

        if not asked.value or asked.limit:
            refuse(
                "dataflow", "'samples' wants the log of a service, as in `%dataflow samples requests.jsonl`"
            )
        samples.samples(context, asked)
        return None
    if asked.rows or asked.where or asked.labels:
        refuse("dataflow", "--rows, --where and --labels belong to 'samples'")
    if asked.what == "as":
        _make_variable(context, asked.value or "", asked.limit)
        return None
    if asked.value and asked.what not in ("cache", "memory"):
        refuse("dataflow", f"'{asked.value}' has no meaning behind '{asked.what}'")
    if asked.limit and asked.what != "cache":
        refuse("dataflow", "--limit SIZE belongs to 'cache'; behind 'memory' write the size, or all")
    if asked.what == "controls":
        from kernel_magics.magics.controls import controls  # noqa: PLC0415  # ipywidgets, a third of a second

        return controls(context)
    if asked.what == "cache" and asked.value not in (None, *PLACES):
        refuse("dataflow", f"'{asked.value}' is none of {', '.join(PLACES)}")
    workspace = context.workspace
    session, store = workspace.session, workspace.store
    if asked.what == "reset":
        workspace.publisher.withdraw(session.graph.names())
        session.reset()
    elif asked.what in ("auto", "lazy"):
        session.mode = asked.what
    if asked.limit:
        store.room.limit = bytes_of(asked.limit)
    if asked.what == "memory" and asked.value:
        session.memos.memory.budget = None if asked.value == "all" else bytes_of(asked.value)
        workspace.publisher.withdraw(session.memos.evict())
    elif asked.value == "clear":
        store.refuse_unsafe()
        store.clear()
    elif asked.value:
        if asked.value == "disk":
            store.refuse_unsafe()
        session.cache_by_default(asked.value)
    store.flush()
    workspace.views.refresh()
    lines = memory_lines(session) if asked.what == "memory" else memory_line(session)
    return Status(live_view(session), [*lines, *kept_lines(session.memos.cache, store)])


def _make_variable(context: Context, name: str, limit: str | None) -> None:
    """`%dataflow as NAME`: the cells as they are now, as a `Dataflow` with a setup and values of its own."""
    graph = context.workspace.session.graph
    if limit or not name.isidentifier() or keyword.iskeyword(name):
        refuse("dataflow", "'as' wants the name of a variable, as in `%dataflow as flow`")
    if name in graph.nodes or name in graph.setup.names:
        refuse("dataflow", f"'{name}' is a name of the dataflow itself")
    flow = Flow(graph, context.workspace.session.runtime)
    context.shell.user_ns[name] = Dataflow(Flow.of_cells(flow.cell_sources()))


def known(session: Session, name: str) -> str:
    """The name, if the dataflow has it.

    Raises:
        DataflowError: DB203 when something needs it, DB308 otherwise.
    """
    if name in session.graph.nodes:
        return name
    if name in session.graph.readers:
        raise waiting_error(session.graph, name)
    hint = did_you_mean(name, session.graph.nodes)
    raise DataflowError("DB308", f"the dataflow has no '{name}'.", hint=hint or "see %dag for its names.")


def _once(context: Context, names: list[str], expression: str, executor: str | None) -> dict[str, Any]:
    """Run on other inputs without changing the session's values."""
    shell: Any = context.shell
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
    session = context.workspace.session
    flow = Dataflow(Flow(session.graph, session.runtime, session))
    with warnings.catch_warnings():
        # reported by `_print_check`, without a line of our code
        warnings.filterwarnings("ignore", message="DB302")
        return flow.run(names or None, inputs=inputs, executor=executor, on_event=_print_check)


def _print_check(event: Event) -> None:
    """Print the conditions that do not hold: the run continues after a check that only warns."""
    if isinstance(event, Finished) and isinstance(event.value, CheckResult):
        for item in event.value.failed:
            print(f"✗ {event.value.subject}: {item.message}{f' ({item.detail})' if item.detail else ''}")
