"""`dagbook run`: read input files, compute outputs, write one frame."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from kernel_magics.cli.load import import_file
from kernel_magics.cli.output import write_with
from kernel_magics.cli.watch import Watch
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.cells.options import literal
from kernel_magics.engine.errors import DataflowError, RunError, SourceError, UsageError
from kernel_magics.engine.graph.unknown import expect
from kernel_magics.engine.run.event import Event, Finished, Started

WIDTH = 24
"""Characters of the progress bar."""

READERS: dict[str, Callable[[Path], Any]] = {
    ".csv": pd.read_csv,
    ".parquet": pd.read_parquet,
    ".feather": pd.read_feather,
    ".json": pd.read_json,
}
WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    ".csv": lambda frame, path: frame.to_csv(path),
    ".parquet": lambda frame, path: frame.to_parquet(path),
    ".feather": lambda frame, path: frame.to_feather(path),
    ".json": lambda frame, path: frame.to_json(path, orient="records", date_format="iso"),
}


def run(arguments: argparse.Namespace) -> int:
    """Run a notebook or module on files.

    Raises:
        DataflowError: usage (DB002, DB308), inputs (DB306, DB403, DB406), nodes (DB301), checks (DB302),
            output (DB405).
    """
    output = Path(arguments.output)
    writer = _by_suffix(WRITERS, output)
    flow = load_flow(arguments.source)
    inputs, params = given(flow, arguments)
    outputs = _outputs(flow, arguments.outputs)
    if not arguments.samples:
        _expect_inputs(flow, outputs, inputs)
    bar = Bar(_count(flow, outputs))
    with Watch(flow, arguments, bar, inputs, outputs) as watch:
        made: Any = flow.frame(
            outputs,
            inputs=inputs,
            params=params,
            executor=arguments.executor,
            checks=arguments.checks,
            on_event=watch,
        )
        bar.end()
        frame = made if isinstance(made, pd.DataFrame) else made.to_pandas()  # of Polars or Arrow
        write_with(output, lambda path: _write(writer, frame, path))
        watch.wrote(frame)
    print(f"{output}: {len(frame)} rows x {len(frame.columns)} columns", file=sys.stderr)
    return watch.code


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
            full = WIDTH * self._done // max(self._total, 1)
            bar = f"{'█' * full}{'░' * (WIDTH - full)}"
            sys.stderr.write(f"\r\x1b[K{bar} {self._done}/{self._total} {event.name}")
            sys.stderr.flush()

    def end(self) -> None:
        """Clear the line."""
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _count(flow: Dataflow, outputs: list[str]) -> int:
    """Nodes that a run of these outputs computes, their checks included."""
    needed = {*outputs, *(name for output in outputs for name in flow.upstream(output))}
    return len(needed & flow.nodes.keys()) + sum(check.subject in needed for check in flow.checks.values())


def load_flow(source: str) -> Dataflow:
    """The dataflow of a notebook or module; runs its setup."""
    if Path(source).suffix == ".py":
        return Dataflow.from_module(import_file(source))
    return Dataflow.from_notebook(source)


def given(flow: Dataflow, arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, object]]:
    """The inputs and params that a command line gives."""
    files = _pairs("--input", arguments.input, flow.inputs)
    inputs = {name: _shaped(_read(Path(path)), flow.inputs[name].type) for name, path in files}
    params = {name: literal(value) for name, value in _pairs("--param", arguments.param, flow.params)}
    return inputs, params


def _outputs(flow: Dataflow, asked: str | None) -> list[str]:
    if asked:
        return [name.strip() for name in asked.split(",") if name.strip()]
    read = {name for node in flow.nodes.values() for name in node.input_names}
    return [name for name in flow.nodes if name not in read]


def _pairs(option: str, items: list[str], known: Any) -> list[tuple[str, str]]:
    pairs = []
    for item in items:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(
                "DB002", f"{option} '{item}' cannot be read.", hint=f"write {option} NAME=VALUE."
            )
        expect(name, known, option.removeprefix("--"))
        pairs.append((name, value))
    return pairs


def _expect_inputs(flow: Dataflow, outputs: list[str], given: dict[str, Any]) -> None:
    needed = [name for output in outputs for name in flow.upstream(output)]
    absent = [name for name in flow.inputs if name in needed and name not in given]
    if absent:
        raise RunError(
            "DB306",
            f"input '{absent[0]}' was not given.",
            hint=f"add --input {absent[0]}=FILE (or --samples to run on the notebook's samples).",
        )


def _read(path: Path) -> Any:
    reader = _by_suffix(READERS, path)
    try:
        value = reader(path)
    except OSError as error:
        raise SourceError(
            "DB403", f"cannot read '{path}': {error.strerror or error}.", hint="check the path."
        ) from None
    except ImportError as error:
        raise _needs(path, error) from None
    except Exception as error:
        raise SourceError(
            "DB406", f"'{path}' is not valid {path.suffix[1:]}: {error}.", hint="check the file."
        ) from None
    return value


def _shaped(value: Any, hint: str) -> Any:
    """The frame as the input's type wants it: an unnamed first column is the index."""
    if not isinstance(value, pd.DataFrame):
        return value
    if str(value.columns[0]).startswith("Unnamed:"):
        value = value.set_index(value.columns[0]).rename_axis(None)
    if "Series" not in hint:
        return value
    if len(value.columns) == 2:
        value = value.set_index(value.columns[0])
    return value.squeeze("columns")


def _write(writer: Callable[[pd.DataFrame, Path], object], frame: pd.DataFrame, path: Path) -> None:
    try:
        writer(frame, path)
    except ImportError as error:
        raise _needs(path, error) from None


def _needs(path: Path, error: ImportError) -> DataflowError:
    return DataflowError(
        "DB003",
        f"{path.suffix} files need a package: {str(error).split('.')[0]}.",
        hint="pip install 'dagbook[parquet]'.",
    )


def _by_suffix(table: dict[str, Any], path: Path) -> Any:
    if path.suffix not in table:
        raise UsageError("DB002", f"'{path}' has no known suffix.", hint=f"use one of {', '.join(table)}.")
    return table[path.suffix]
