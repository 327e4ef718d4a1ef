"""Appending computes the new rows of a file from the history that they need, and keeps the older ones."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kernel_magics.cli.terminal import say_aside
from kernel_magics.engine.errors import RunError, UsageError
from kernel_magics.loading.place import working_beside
from kernel_magics.loading.version import Version
from kernel_magics.nature.declared import declared
from kernel_magics.nature.history import appended, history, with_history
from kernel_magics.nature.kept import FOLDER, Kept
from kernel_magics.nature.sample import Sample

_READERS: Mapping[str, Callable[[Path], Any]] = {".parquet": pd.read_parquet, ".feather": pd.read_feather}


@dataclass(frozen=True)
class Append:
    """A run that appends.

    Attributes:
        since: the moment from which rows are new.
        whole: the inputs with all rows.
        inputs: the rows of the inputs that the run needs.
        params: values of params.
    """

    since: pd.Timestamp
    whole: Sample
    inputs: dict[str, Any]
    params: Mapping[str, object]

    def joined(self, written: Mapping[Path, Any]) -> dict[Path, Any]:
        """The tables to write: older rows from the files, the others as computed."""
        return {path: self._joined(path, value) for path, value in written.items()}

    def _joined(self, path: Path, value: Any) -> Any:
        old = read_old(path)
        if isinstance(value, pd.Series):
            old = old.iloc[:, 0].rename(value.name)
        return appended(old, value, self.since, self.whole)


def prepare(
    version: Version,
    arguments: argparse.Namespace,
    inputs: Mapping[str, Any],
    params: Mapping[str, object],
    outputs: list[str],
) -> Append:
    """Prepare a run that appends.

    Raises:
        UsageError: DB002 for a moment that cannot be read.
        RunError: DB342 where outputs need everything, or have no time.
    """
    try:
        since = pd.Timestamp(arguments.since)
    except ValueError:
        raise UsageError(
            "DB002", f"--since '{arguments.since}' is no moment.", hint="write --since 2024-05-01."
        ) from None
    flow = version.flow
    graph = flow.graph
    names = list(dict.fromkeys([*outputs, *(name for output in outputs for name in flow.upstream(output))]))
    names = [name for name in names if name in flow.nodes]
    absent = [name for name in flow.inputs if not flow.has_sample(name)]
    with working_beside(version.place):
        samples = [name for name in flow.inputs if name not in inputs and flow.has_sample(name)]
        inputs = {**{name: flow.declared(name)[1] for name in samples}, **inputs}
        found = flow.natures(
            names,
            inputs={name: inputs[name] for name in absent if name in inputs},
            params=params,
            kept=Kept(FOLDER),
        )
    needed = history(graph, {name: nature.own for name, nature in found.items()}, outputs)
    whole = Sample(inputs, keys=declared(graph, "--key"), times=declared(graph, "--time"))
    if not whole.times:
        raise RunError(
            "DB342",
            "nothing can be appended: no input has a time.",
            hint="say which column tells it with `%%inputs --time COLUMN`.",
        )
    say_aside(f"note: rows since {since} need {needed.text} before them")
    return Append(since, whole, with_history(inputs, needed, since, whole), params)


def read_old(path: Path) -> Any:
    """The table that is appended to.

    Raises:
        RunError: DB342 where there is none, or a file whose types are not known.
    """
    reader = _READERS.get(path.suffix)
    if reader is None or not path.is_file():
        what = "is not there" if reader is not None else "keeps no types"
        raise RunError(
            "DB342",
            f"'{path}' {what}, so nothing can be appended to it.",
            hint="write all rows once, as parquet or feather, without --append.",
        )
    return reader(path)
