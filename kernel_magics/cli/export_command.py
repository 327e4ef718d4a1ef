"""`dagbook export`: from the notebook's file to a module with tests, in one command."""

from __future__ import annotations

import argparse
from pathlib import Path

from kernel_magics.cli.terminal import say, say_aside
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.run.whereabouts import begin
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.grammar import names_in
from kernel_magics.envelope.target import export_to
from kernel_magics.export.request import ExportRequest
from kernel_magics.loading.place import working_beside
from kernel_magics.notebook import read_notebook
from kernel_magics.values import VALUES


def run(arguments: argparse.Namespace) -> int:
    """Export a notebook.

    Raises:
        DataflowError: anything that would make the module wrong; nothing is written then.
    """
    notebook = read_notebook(arguments.source)
    session = Session(VALUES, outside=notebook.outside)
    with working_beside(arguments.source):
        session.register(*notebook.sources(), load=False)
    request = ExportRequest(
        title=notebook.title,
        source_name=notebook.source_name,
        target=Path(arguments.output),
        tests=Path(arguments.tests) if arguments.tests else None,
        run=not arguments.no_run,
        check=arguments.check,
        examples="refresh" if arguments.refresh_examples else "keep",
        allow_secrets=arguments.allow_secrets,
        force=arguments.force,
        kind=arguments.target,
        outputs=names_in(arguments.outputs),
        skip_failed=arguments.skip_failed,
        draw=_draw,
        place=lambda: working_beside(arguments.source),
    )
    report = export_to(session, request, allow_pickle=arguments.allow_pickle, progress=begin)
    say(report.text())
    if report.drift:
        say_aside("out of date: run the same command without --check")
    return 1 if report.drift else 0


def _draw(graph: Graph, title: str) -> str:
    """The picture of a package; other exports start without the view, a tenth of their time."""
    from kernel_magics.view import static_view, to_svg  # noqa: PLC0415

    return to_svg(static_view(graph, title))
