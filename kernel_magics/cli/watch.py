"""Watching a production run: what its events say goes into reports, also when the run fails."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from kernel_magics.cli.output import write_text
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.check import CheckResult
from kernel_magics.engine.errors import DataflowError, UsageError
from kernel_magics.engine.event import Event, Finished
from kernel_magics.quality.check_report import check_page, check_report


class Watch:
    """Follows the events of one run.

    Raises:
        UsageError: DB002 for a report whose suffix means nothing, before anything runs.
    """

    def __init__(self, flow: Dataflow, arguments: argparse.Namespace, bar: Callable[[Event], None]) -> None:
        self._flow, self._bar = flow, bar
        self._source = Path(arguments.source).name
        self._report = Path(arguments.report) if arguments.report else None
        self._results: dict[str, CheckResult] = {}
        if self._report is not None and self._report.suffix not in (".html", ".json"):
            raise UsageError(
                "DB002", f"no report is called '{self._report}'.", hint="use the suffix .html or .json."
            )

    def __enter__(self) -> Watch:
        return self

    def __call__(self, event: Event) -> None:
        """Note an event of the run."""
        self._bar(event)
        if isinstance(event, Finished) and isinstance(event.value, CheckResult):
            self._results[event.name] = event.value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._report is None:
            return
        errors = [error] if isinstance(error, DataflowError) else []
        report = check_report(self._flow.graph, self._results, errors, self._source)
        html = self._report.suffix == ".html"
        write_text(
            self._report,
            check_page(report) if html else json.dumps(report, indent=1, ensure_ascii=False) + "\n",
        )
