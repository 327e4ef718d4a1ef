"""Watching a production run: its events are written to reports and compared with a baseline."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from kernel_magics.cli.emission import Emission
from kernel_magics.cli.output import write_text
from kernel_magics.cli.terminal import say_aside
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import DataflowError, UsageError
from kernel_magics.engine.graph.private import private_nodes
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.engine.source.cover import Cover
from kernel_magics.export.baseline import BASELINE, baseline_path
from kernel_magics.quality.baseline import LIMITS_SUFFIX, is_counted, read_baseline
from kernel_magics.quality.check_report import check_page, check_report
from kernel_magics.quality.drift import Shift, drift, worst
from kernel_magics.quality.limits import Limits, read_limits
from kernel_magics.quality.profile import SAMPLE, Profile, profile

_SHOWN = 20


class Watch:
    """Follows the events of one run.

    Args:
        bar: called with every event, too.
        inputs: the values of the run's inputs.
        outputs: names of the nodes that are written.

    Raises:
        UsageError: DB002 for a report with an unknown suffix, before anything runs.
        DataflowError: DB403 or DB407 for a baseline or limits that cannot be read, before anything runs.
    """

    def __init__(
        self,
        flow: Dataflow,
        arguments: argparse.Namespace,
        bar: Callable[[Event], None],
        inputs: Mapping[str, object],
        outputs: Sequence[str] = (),
    ) -> None:
        self._flow, self._bar, self._inputs = flow, bar, inputs
        self._source = Path(arguments.source)
        self._report = Path(arguments.report) if arguments.report else None
        self._results: dict[str, CheckResult] = {}
        self._profiles: dict[str, Profile] = {}
        self._shifts: list[Shift] = []
        if self._report is not None and self._report.suffix not in (".html", ".json"):
            raise UsageError(
                "DB002", f"no report is called '{self._report}'.", hint="use the suffix .html or .json."
            )
        self._baseline = _baseline(self._source, arguments.baseline)
        self._limits = _limits(self._source, arguments.limits)
        self._emission = Emission(flow, arguments, outputs, inputs) if arguments.lineage else None

    @property
    def compares(self) -> bool:
        """Whether there is a baseline."""
        return bool(self._baseline)

    @property
    def code(self) -> int:
        """The exit code of a completed run: 3 when a failing limit was exceeded."""
        return 3 if worst(self._shifts) == "fail" else 0

    def __enter__(self) -> Watch:
        if self._emission is not None:
            self._emission.start()
        return self

    def wrote(self, frame: object) -> None:
        """Record the output after it was written."""
        if self._emission is not None:
            self._emission.wrote(frame)

    def __call__(self, event: Event) -> None:
        """Handle an event of the run; of a value, only the profile is kept."""
        self._bar(event)
        if not isinstance(event, Finished):
            return
        if isinstance(event.value, CheckResult):
            self._results[event.name] = event.value
        elif event.name in self._baseline:
            self._profiles[event.name] = profile(event.value, SAMPLE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._compare()
        if self._emission is not None:
            self._emission.end(self._results.values(), error)
        if self._report is None:
            return
        errors = [error] if isinstance(error, DataflowError) else []
        graph = self._flow.graph
        counted = [name for name, made in self._baseline.items() if is_counted(made)]
        private = {*private_nodes(graph), *counted}
        report = check_report(graph, self._results, errors, self._source.name, private)
        report["drift"] = Cover().document([shift.to_json() for shift in self._shifts])
        report["ok"] = report["ok"] and not self.code
        write_text(self._report, _text(report, self._report.suffix))

    def _compare(self) -> None:
        """Compare every profile with the baseline and print what drifted."""
        self._profiles |= {
            name: profile(value, SAMPLE) for name, value in self._inputs.items() if name in self._baseline
        }
        for name, made in self._profiles.items():
            self._shifts += drift(name, self._baseline[name], made, self._limits)
        told = [shift for shift in self._shifts if shift.level != "ok"]
        for shift in sorted(told, key=lambda shift: shift.level)[:_SHOWN]:
            word = "drift" if shift.level == "fail" else "drift (warning)"
            say_aside(f"{word}: '{shift.name}': {shift.text} [{shift.measure} {shift.value:.3g}]")
        if len(told) > _SHOWN:
            say_aside(f"… and {len(told) - _SHOWN} more; --report FILE has all")


def _text(report: dict[str, Any], suffix: str) -> str:
    return (
        check_page(report) if suffix == ".html" else json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    )


def _baseline(source: Path, asked: str | None) -> dict[str, Profile]:
    """The requested baseline, or else the one beside the module."""
    if asked == "off":
        return {}
    usual = source / BASELINE if source.is_dir() else baseline_path(source)
    path = Path(asked) if asked else usual
    return read_baseline(path) if asked or path.is_file() else {}


def _limits(source: Path, asked: str | None) -> Limits:
    path = Path(asked) if asked else source.with_suffix(LIMITS_SUFFIX)
    return read_limits(path) if asked or path.is_file() else Limits()
