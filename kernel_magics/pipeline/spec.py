"""A pipeline is what a pipeline file says: inputs, params, stages, schedule."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast
from zoneinfo import ZoneInfo

from kernel_magics.documents.document import Document
from kernel_magics.engine.errors import did_you_mean
from kernel_magics.pipeline.schedule import Schedule, When, read_schedule
from kernel_magics.pipeline.template import macros_in
from kernel_magics.sources.source import Mode, Sink, Source

SCHEMA: Final = Path(__file__).with_name("schema.json")
Checks = Literal["block", "warn"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a pipeline that runs as a whole.

    Attributes:
        outputs: the nodes that it computes.
        write: where they go; None for a stage whose values only later stages read.
        inputs: where inputs or nodes come from in this stage only.
        params: values of params in this stage only.
        engine: what computes it; "" for this process.
        key: the column by which an engine divides the rows.
        when: on which days of the schedule it runs.
        fitted: whose fitted values it reads; "" for none, "compute" to compute them in any case.
        publish: the registry that gets an envelope of its outputs.
        after: the stages before it.
        retries, retry_delay, pool: for Airflow.
    """

    name: str
    outputs: tuple[str, ...]
    write: Sink | None
    inputs: Mapping[str, Source]
    params: Mapping[str, Any]
    engine: str
    key: str
    when: When
    fitted: str
    publish: str
    after: tuple[str, ...]
    checks: Checks
    retries: int
    retry_delay: str
    pool: str
    description: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline file that was read and conforms to the schema.

    Attributes:
        document: the file.
        module: the notebook, module, package or envelope that says how.
        day_param: the param that is the day of the run, "" for none.
        runs: the folder of the run records.
    """

    document: Document
    name: str
    description: str
    module: Path
    schedule: Schedule
    start: dt.date | None
    timezone: str
    catchup: bool
    after: tuple[str, ...]
    inputs: Mapping[str, Source]
    params: Mapping[str, Any]
    stages: Mapping[str, Stage]
    on_failure: str
    runs: Path
    lineage: str
    day_param: str

    @property
    def folder(self) -> Path:
        """Where relative paths start: the folder of the file."""
        return self.document.path.parent

    def stage(self, name: str) -> Stage:
        """A stage by its name.

        Raises:
            SourceError: DB463.
        """
        if name not in self.stages:
            hint = did_you_mean(name, self.stages) or f"the stages are {', '.join(self.stages)}."
            raise self.document.error("DB463", f"there is no stage '{name}'.", ("stages",), hint)
        return self.stages[name]

    def known(self, day: dt.date) -> dt.datetime:
        """When the rows of a day are known: when the schedule runs it, at the end of its interval."""
        return dt.datetime.combine(self.schedule.after(day), dt.time(), ZoneInfo(self.timezone))

    def params_of(self, stage: Stage) -> dict[str, Any]:
        """The params of a stage, before the day is filled in."""
        return {**self.params, **stage.params}

    def sources_of(self, stage: Stage) -> dict[str, Source]:
        """Where the inputs of a stage come from."""
        return {**self.inputs, **stage.inputs}


@functools.cache
def schema() -> dict[str, Any]:
    """The JSON Schema of pipeline files."""
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def make_pipeline(document: Document) -> Pipeline:
    """The pipeline of a document without faults."""
    data: Mapping[str, Any] = document.data
    params = data.get("params", {})
    stages: dict[str, Stage] = {}
    for name, said in data["stages"].items():
        stages[name] = _stage(name, said, data, list(stages))
    start = data.get("start")
    return Pipeline(
        document=document,
        name=data["name"],
        description=data.get("description", ""),
        module=document.path.parent / data["module"],
        schedule=read_schedule(data.get("schedule", "")),
        start=dt.date.fromisoformat(start) if start else None,
        timezone=data.get("timezone", "UTC"),
        catchup=data.get("catchup", False),
        after=tuple(data.get("after", ())),
        inputs={name: source_of(said) for name, said in data.get("inputs", {}).items()},
        params=params,
        stages=stages,
        on_failure=data.get("on_failure", ""),
        runs=document.path.parent / data.get("runs", "runs"),
        lineage=data.get("lineage", ""),
        day_param=next((name for name, value in params.items() if is_day(value)), ""),
    )


def is_day(value: Any) -> bool:
    """Whether the value of a param is the day of the run, and nothing else."""
    return macros_in(value) == ["ds"] and value.strip().startswith("{{") and value.strip().endswith("}}")


def _stage(name: str, said: Mapping[str, Any], data: Mapping[str, Any], before: list[str]) -> Stage:
    return Stage(
        name=name,
        outputs=tuple(dict.fromkeys(said["outputs"])),
        write=sink_of(said["write"]) if "write" in said else None,
        inputs={key: source_of(value) for key, value in said.get("inputs", {}).items()},
        params=said.get("params", {}),
        engine=said.get("engine", ""),
        key=said.get("key", ""),
        when=cast(When, said.get("when", "daily")),
        fitted=said.get("fitted", ""),
        publish=said.get("publish", ""),
        after=tuple(said.get("after", before[-1:])),
        checks=cast(Checks, said.get("checks", data.get("checks", "block"))),
        retries=said.get("retries", data.get("retries", 0)),
        retry_delay=said.get("retry_delay", data.get("retry_delay", "5m")),
        pool=said.get("pool", data.get("pool", "")),
        description=said.get("description", ""),
    )


def source_of(said: Any) -> Source:
    """The source that an entry says."""
    if isinstance(said, str):
        return Source(path=said)
    return Source(**{**said, "empty": said.get("empty") == "allow"})


def sink_of(said: Any) -> Sink:
    """The sink that an entry says."""
    if isinstance(said, str):
        return Sink(path=said)
    if "path" in said:
        return Sink(path=said["path"], time=said.get("time", ""))
    mode = cast(Mode, said.get("mode", "replace-partition"))
    return Sink(table=said["sql"], url=said["url"], mode=mode, partition=said.get("partition", ""))
