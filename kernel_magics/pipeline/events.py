"""Events of OpenLineage tell other systems what a stage reads and writes; if sending fails, it runs on."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.lineage.columns import origins
from kernel_magics.pipeline.observer import Observer, failure
from kernel_magics.pipeline.spec import Pipeline, Stage
from kernel_magics.quality.profile import profile
from kernel_magics.sources.source import Sink, Source, shown


class Events:
    """The events of one stage on one day; none unless the pipeline says `lineage`.

    Raises:
        DataflowError: DB003 where the client is not installed.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        stage: Stage,
        day: str,
        flow: Dataflow,
        sources: Mapping[str, Source],
        inputs: Mapping[str, Any],
        observer: Observer,
        say: Callable[[str], None],
    ) -> None:
        self._emitter: Any = None
        self._say, self._observer = say, observer
        if not pipeline.lineage:
            return
        try:
            from kernel_magics.lineage.openlineage import Dataset, Emitter, RunFacts  # noqa: PLC0415
        except ImportError:
            raise DataflowError(
                "DB003",
                "lineage needs the package 'openlineage-python'.",
                hint="pip install 'dagbook[lineage]'.",
            ) from None
        known = origins(flow.graph)
        self._facts: Any = RunFacts(
            job=f"{pipeline.name}.{stage.name}",
            namespace=os.environ.get("OPENLINEAGE_NAMESPACE", "dagbook"),
            inputs=[Dataset(*_place(source, pipeline.folder), name) for name, source in sources.items()],
            output=Dataset(*_target(pipeline, stage)),
            origins={name: known[name] for name in stage.outputs if name in known},
            profiles={name: profile(value) for name, value in inputs.items()},
        )
        web = pipeline.lineage.startswith(("http://", "https://"))
        self._emitter = Emitter(pipeline.lineage if web else str(pipeline.folder / pipeline.lineage))

    def checked(self, results: Sequence[CheckResult]) -> None:
        """Note the results of checks."""
        if self._emitter is not None:
            self._facts = replace(self._facts, checks=tuple(results))

    def wrote(self, value: Any) -> None:
        """Note what was written."""
        if self._emitter is not None:
            self._facts = replace(self._facts, profiles={**self._facts.profiles, "": profile(value)})

    def __enter__(self) -> Events:
        if self._emitter is not None:
            self._send(lambda: self._emitter.start(self._facts))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._emitter is None:
            return
        if error is None:
            self._send(lambda: self._emitter.complete(self._facts))
        else:
            said = failure(error, self._observer.private)["message"]
            self._send(lambda: self._emitter.fail(self._facts, said))

    def _send(self, send: Callable[[], None]) -> None:
        try:
            send()
        except Exception as error:  # of the network, the disk or the server: it must not end a run
            self._say(f"lineage could not be sent: {type(error).__name__}: {error}")


def _place(source: Source, folder: Path) -> tuple[str, str]:
    if source.path:
        return "file", str((folder / source.path).absolute())
    if source.feast:
        return str((folder / source.feast).absolute()), source.view
    if source.url:
        return shown(source.url), source.table or " ".join(source.sql.split())
    return "dagbook", "value"


def _target(pipeline: Pipeline, stage: Stage) -> tuple[str, str]:
    sink = stage.write or Sink()
    if sink.path:
        return "file", str((pipeline.folder / sink.path).absolute())
    return (shown(sink.url), sink.table) if sink.url else ("dagbook", f"{pipeline.name}.{stage.name}")
