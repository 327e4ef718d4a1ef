"""Emission sends events about a run to other systems; if that fails, the run continues."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from kernel_magics.cli.terminal import say_aside
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.lineage.columns import origins
from kernel_magics.quality.profile import profile


class Emission:
    """The OpenLineage events of one run.

    Args:
        outputs: names of the nodes that are written.
        inputs: the values of the run's inputs.

    Raises:
        DataflowError: DB003 where the client is not installed.
    """

    def __init__(
        self,
        flow: Dataflow,
        arguments: argparse.Namespace,
        outputs: Iterable[str],
        inputs: Mapping[str, object],
    ) -> None:
        try:
            from kernel_magics.lineage.openlineage import Dataset, Emitter, RunFacts  # noqa: PLC0415  # an extra
        except ImportError:
            raise DataflowError(
                "DB003",
                "--lineage needs the package 'openlineage-python'.",
                hint="pip install 'dagbook[lineage]'.",
            ) from None
        outputs = list(outputs)
        job, namespace = Path(arguments.source).stem, os.environ.get("OPENLINEAGE_NAMESPACE", "dagbook")
        files = dict(item.split("=", 1) for item in arguments.input)
        needed = {name for output in outputs for name in flow.upstream(output)} & flow.inputs.keys()
        read = [
            Dataset("file", _place(files[name]), name)
            if name in files
            else Dataset(namespace, f"{job}.{name}", name)
            for name in sorted(needed)
        ]
        known = origins(flow.graph)
        self._facts = RunFacts(
            job=job,
            namespace=namespace,
            inputs=read,
            output=Dataset("file", _place(arguments.output)),
            origins={name: known[name] for name in outputs if name in known},
            profiles={name: profile(value) for name, value in inputs.items()},
        )
        self._emitter = Emitter(arguments.lineage)

    def start(self) -> None:
        """Send the start of the run."""
        self._send(lambda: self._emitter.start(self._facts))

    def wrote(self, frame: object) -> None:
        """Record the output as it was written."""
        self._facts = replace(self._facts, profiles={**self._facts.profiles, "": profile(frame)})

    def end(self, checks: Iterable[CheckResult], error: BaseException | None) -> None:
        """Send the end of the run, with its error if there is one."""
        self._facts = replace(self._facts, checks=tuple(checks))
        if error is None:
            self._send(lambda: self._emitter.complete(self._facts))
        else:
            self._send(lambda: self._emitter.fail(self._facts, str(error) or type(error).__name__))

    def _send(self, send: Callable[[], None]) -> None:
        try:
            send()
        except Exception as error:  # a failure of the network, the disk or the server must not end a run
            say_aside(f"lineage could not be sent: {type(error).__name__}: {error}")


def _place(path: str) -> str:
    return str(Path(path).absolute())
