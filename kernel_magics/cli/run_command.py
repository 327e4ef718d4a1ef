"""`dagbook run`: read input files, compute outputs, write them."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernel_magics.cli.given import configured, given
from kernel_magics.cli.output import one_at_a_time, size_text
from kernel_magics.cli.terminal import say_aside
from kernel_magics.cli.watch import Watch
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import RunError, UsageError, quoted
from kernel_magics.engine.run.event import Event, Finished, Started
from kernel_magics.engine.run.whereabouts import begin
from kernel_magics.engine.source.grammar import names_in
from kernel_magics.loading.place import working_beside
from kernel_magics.loading.version import Version, load_version
from kernel_magics.placement.named import expect_executor
from kernel_magics.sources.database import Batch, store
from kernel_magics.sources.text import sink_of_text
from kernel_magics.tables.files import expect_format, optional
from kernel_magics.tables.outputs import collected, one_table, several_tables
from kernel_magics.tables.schema import is_table
from kernel_magics.tables.values import write_value

if TYPE_CHECKING:
    from kernel_magics.cli.append import Append

WIDTH = 24
"""Characters of the progress bar."""


def run(arguments: argparse.Namespace) -> int:
    """Run a notebook or module on files.

    Raises:
        DataflowError: usage (DB002, DB308, DB321, DB326), inputs (DB306, DB403, DB406, DB408), nodes (DB301),
            checks (DB302), output (DB307, DB342, DB405, DB409).
    """
    if not arguments.output and not arguments.plan:
        raise UsageError("DB002", "the output is missing.", hint="write -o FILE, or -o FOLDER/.")
    folder = _folder(arguments.output) if arguments.output else None
    sink = sink_of_text(arguments.output) if arguments.output else None
    if folder is None and arguments.output and sink is None:
        expect_format(arguments.output)
    if sink is not None and (arguments.append or arguments.key):
        raise UsageError(
            "DB002", "a table is written as a whole.", hint="write to files with --append or --key."
        )
    if arguments.executor:
        expect_executor(arguments.executor)
    version = configured(load_version(arguments.source), arguments)
    if arguments.append != (arguments.since is not None):
        raise UsageError("DB002", "--append and --since belong together.", hint="add --since 2024-05-01.")
    if arguments.key:
        return _in_parts(version, arguments)
    _refuse_without_key(arguments)
    flow = version.flow
    inputs, params = given(version, arguments)
    outputs = _outputs(flow, arguments.outputs, version.outputs)
    if not arguments.samples:
        _refuse_absent(
            version,
            flow.needs(outputs, params=params, checks=arguments.checks, fitted=arguments.fitted),
            inputs,
        )
    append = _append(version, arguments, inputs, params, outputs) if arguments.append else None
    inputs = append.inputs if append is not None else inputs
    bar = Bar(_count(flow, outputs))
    with Watch(flow, arguments, bar, inputs, outputs) as watch:
        with working_beside(arguments.source):
            made = flow.run(
                outputs,
                inputs=inputs,
                params=params,
                executor=arguments.executor,
                checks=arguments.checks,
                fitted=arguments.fitted,
                on_event=watch,
            )
            made = {name: collected(value) for name, value in made.items()}
        bar.end()
        if sink is not None:
            table = one_table(made, "")
            store(sink, table, Path(), Batch("dagbook run", ""))
            watch.wrote(table)
            written = {}
            say_aside(f"{sink.label}: {size_text(table)}")
        elif folder is None:
            written = {Path(arguments.output): one_table(made, arguments.output)}
        else:
            written = _files(folder, several_tables(made), arguments.format)
        made.clear()
        with one_at_a_time(folder or Path(arguments.output)):
            written = append.joined(written) if append is not None else written
            for path, value in written.items():
                write_value(value, path)
                watch.wrote(value)
    for path, value in written.items():
        say_aside(f"{path}: {size_text(value)}")
    return watch.code


def _in_parts(version: Version, arguments: argparse.Namespace) -> int:
    """Run in parts of a key."""
    optional("pyarrow", "runs in parts")
    from kernel_magics.cli import scale_run  # noqa: PLC0415  # needs pandas and pyarrow

    if arguments.append and arguments.output and _folder(arguments.output) is not None:
        raise UsageError(
            "DB002",
            f"--append with --key writes one file, and '{arguments.output}' is a folder.",
            hint="write -o FILE.parquet, or leave out --key.",
        )
    outputs = _outputs(version.flow, arguments.outputs, version.outputs)
    if not arguments.samples:
        names = [item.partition("=")[0] for item in arguments.input]
        _refuse_absent(
            version,
            version.flow.needs(outputs, checks=arguments.checks, fitted=arguments.fitted),
            dict.fromkeys(names),
        )
    append = None
    if arguments.append:
        inputs, params = given(version, arguments)
        append = _append(version, arguments, inputs, params, outputs)
    if arguments.plan:
        scale_run.show_plan(version, arguments, outputs, append)
        return 0
    bar = Bar(0)
    with Watch(version.flow, arguments, bar, {}, outputs) as watch:
        if watch.compares:
            say_aside("note: a run in parts is not compared with the baseline")
        written = scale_run.run_in_parts(version, arguments, outputs, bar.rows, watch, append)
        bar.end()
    for path, text in written.items():
        say_aside(f"{path}: {text}")
    return watch.code


def _refuse_without_key(arguments: argparse.Namespace) -> None:
    """Refuse options that only runs in parts have."""
    given = {"--parts": arguments.parts, "--plan": arguments.plan, "--verify": arguments.verify}
    option = next((name for name, value in given.items() if value), None)
    if option is not None:
        raise UsageError(
            "DB002", f"{option} belongs to runs in parts.", hint=f"add --key COLUMN to {option}."
        )


def _append(
    version: Version,
    arguments: argparse.Namespace,
    inputs: Mapping[str, Any],
    params: Mapping[str, object],
    outputs: list[str],
) -> Append:
    from kernel_magics.cli import append  # noqa: PLC0415  # needs pandas, half a second

    return append.prepare(version, arguments, inputs, params, outputs)


def _folder(output: str) -> Path | None:
    """The folder for the outputs; None if the output is one file."""
    return Path(output) if output.endswith("/") or Path(output).is_dir() else None


def _files(folder: Path, tables: Mapping[str, Any], suffix: str) -> dict[Path, Any]:
    """A file for each table under its name; other values as JSON."""
    return {
        folder / f"{name}.{suffix if is_table(value) else 'json'}": value for name, value in tables.items()
    }


class Bar:
    """A progress bar on a terminal; silent elsewhere."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._last = total, 0, 0.0
        self._on = sys.stderr.isatty()

    def __call__(self, event: Event) -> None:
        """Count an event."""
        self._done += isinstance(event, Finished)
        now = time.monotonic()
        if self._on and isinstance(event, Started) and now - self._last > 0.1:
            self._last = now
            full = min(WIDTH, WIDTH * self._done // max(self._total, 1))
            bar = f"{'█' * full}{'░' * (WIDTH - full)}"
            sys.stderr.write(f"\r\x1b[K{bar} {self._done}/{self._total} {event.name}")
            sys.stderr.flush()

    def rows(self, done: int, total: int, what: str) -> None:
        """Show the rows that a run in parts has done."""
        begin(f"at {what}")
        if self._on:
            full = WIDTH * done // max(total, 1)
            bar = f"{'█' * full}{'░' * (WIDTH - full)}"
            sys.stderr.write(f"\r\x1b[K{bar} {done:,}/{total:,} rows, {what}")
            sys.stderr.flush()

    def end(self) -> None:
        """Clear the line."""
        begin("")
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _count(flow: Dataflow, outputs: list[str]) -> int:
    """Nodes that a run of these outputs computes, their checks included."""
    needed = {*outputs, *(name for output in outputs for name in flow.upstream(output))}
    return len(needed & flow.nodes.keys()) + sum(check.subject in needed for check in flow.checks.values())


def _outputs(flow: Dataflow, asked: str | None, usual: Sequence[str]) -> list[str]:
    if asked:
        return list(names_in(asked))
    if usual:
        return list(usual)
    read = {name for node in flow.nodes.values() for name in node.input_names}
    return [name for name in flow.nodes if name not in read]


def _refuse_absent(version: Version, needed: Iterable[str], given: Mapping[str, object]) -> None:
    absent = [name for name in needed if name not in given]
    keys = sorted(version.flow.config_keys - version.config)
    if absent and keys:
        raise RunError(
            "DB306",
            f"input '{absent[0]}' was not given.",
            hint=f"decorators of the module may make it, and look up {quoted(keys)}: "
            f"add --param {keys[0]}=VALUE, or --input {absent[0]}=FILE.",
        )
    if absent:
        raise RunError(
            "DB306",
            f"input '{absent[0]}' was not given.",
            hint=f"add --input {absent[0]}=FILE (or --samples to run on the notebook's samples).",
        )
