"""A run computes the stages of a pipeline for one day, in order, and resumes where an earlier run ended.

What a stage computed is kept, signed, beside the run record, so that later stages and a resumed run read it
instead of computing it again, as long as code, params and files are the same.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import DataflowError, UsageError
from kernel_magics.engine.graph.private import private_nodes
from kernel_magics.engine.run.event import Event
from kernel_magics.engine.session.store import Result
from kernel_magics.engine.values.value import MISSING
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.loading.place import working_beside
from kernel_magics.loading.version import load_version
from kernel_magics.pipeline.events import Events
from kernel_magics.pipeline.lock import locked
from kernel_magics.pipeline.observer import Observer, failure
from kernel_magics.pipeline.plan import StagePlan, read_module, stage_plan
from kernel_magics.pipeline.record import DONE, FAILED, NOT_DUE, Records, file_digest, text_digest
from kernel_magics.pipeline.spec import Pipeline, Stage
from kernel_magics.pipeline.template import macros, rendered
from kernel_magics.registry.registry import pointed
from kernel_magics.sources.database import Batch
from kernel_magics.sources.read import read_source
from kernel_magics.sources.source import Source
from kernel_magics.sources.spool import spool
from kernel_magics.sources.write import Written, write_sink
from kernel_magics.store import DiskStore
from kernel_magics.tables.files import find_files
from kernel_magics.tables.plain import from_text
from kernel_magics.tables.plural import plural
from kernel_magics.tables.schema import is_table
from kernel_magics.tables.values import Expected, expect
from kernel_magics.values import VALUES

if TYPE_CHECKING:
    from kernel_magics.scale.source import Files

Say = Callable[[str], None]
_KEPT: Final = ".values"


@dataclass(frozen=True, slots=True)
class Options:
    """How a pipeline is run.

    Attributes:
        stages: only these, () for all.
        params: texts that replace params of the file.
        say: told what is done.
        on_event: called with each event of a stage.
        begin: called with the number of nodes of a stage, before its events.
        if_due: leave out stages that are not due, also where they are asked for by name.
    """

    stages: tuple[str, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    say: Say = lambda text: None
    on_event: Callable[[Event], None] = lambda event: None
    begin: Callable[[int], None] = lambda count: None
    if_due: bool = False


class Runner:
    """Runs a pipeline on days; loads its module once.

    Raises:
        DataflowError: the module cannot be loaded.
    """

    def __init__(self, pipeline: Pipeline, options: Options) -> None:
        self.pipeline, self.options = pipeline, options
        self.records = Records.of(pipeline)
        self._version = load_version(str(pipeline.module.absolute()))
        self._module = replace(read_module(pipeline), graph=self._version.flow.graph)
        self._code = _code_digest(pipeline)
        self._store = DiskStore(self.records.folder / _KEPT)
        self._store.refuse_unsafe()
        self._jobs: dict[str, Job] = {}

    def run(self, day: dt.date) -> None:
        """Run a day; of an earlier run that failed, stages that are done and unchanged are kept.

        Raises:
            DataflowError: as its stages do; DB351 where the day is being run.
        """
        text = day.isoformat()
        whole = not self.options.stages
        wanted = [self.pipeline.stage(name) for name in self.options.stages or self.pipeline.stages]
        self._jobs = {}
        with locked(self.records.lock(text), f"day {text}", shared=not whole):
            before = self.records.read(text)
            resumes = bool(before["stages"]) and before.get("state") != DONE
            if whole and not resumes:
                self.records.begin(text, state="running")
            for stage in wanted:
                with _locked_stage(self.records, text, stage, whole):
                    self._stage(stage, day, whole and resumes)
            if whole:
                self.records.note(text, {}, state=DONE)

    def _stage(self, stage: Stage, day: dt.date, resumes: bool) -> None:
        text = day.isoformat()
        say = self.options.say
        asked = self.options.stages and not self.options.if_due
        if not asked and not self.pipeline.schedule.is_due(day, stage.when):
            say(f"{text} {stage.name}: not due, it runs {stage.when}")
            self.records.note(text, {stage.name: {"state": NOT_DUE}})
            return
        job = self._jobs[stage.name] = self._job(stage, day)
        known = self.records.read(text)["stages"].get(stage.name, {})
        if resumes and known.get("state") == DONE and known.get("key") == job.key and _is_there(self, known):
            say(f"{text} {stage.name}: done before")
            return
        started, private = time.time(), private_nodes(self._version.flow.graph)
        try:
            observer = Observer(self.pipeline.module, private, self.options.on_event)
            private = observer.private
            with job.scratch:
                facts = self._work(job, observer, say)
        except BaseException as error:
            told = failure(error, private)
            failed = {"state": FAILED, "key": job.key, "error": told}
            self.records.note(text, {stage.name: {**failed, **_timing(started), **job.facts}}, state=FAILED)
            raise
        self.records.note(text, {stage.name: {"state": DONE, "key": job.key, **_timing(started), **facts}})
        say(f"{text} {stage.name}: {_said(facts)}")

    def _job(self, stage: Stage, day: dt.date) -> Job:
        """Everything that a stage is made from."""
        pipeline = self.pipeline
        known = macros(day, pipeline.schedule)
        params = {name: rendered(value, known) for name, value in pipeline.params_of(stage).items()}
        params |= self._given(params)
        flow = self._version.flow
        params |= {name: _typed(flow, name, params[name]) for name in params if name in flow.params}
        envelope = self._envelope(stage)
        keys = self._keys(stage, day)
        plan = stage_plan(self._module, stage, list(keys), params, pipeline.sources_of(stage))
        sources = {name: source.filled(params) for name, source in plan.reads.items()}
        files = {name: _digests(pipeline, source) for name, source in sources.items()}
        key = text_digest(
            self._code,
            [stage.outputs, stage.engine, stage.fitted, stage.checks, str(stage.write), stage.publish],
            params,
            {name: source.facts() for name, source in sources.items()},
            files,
            {name: keys[name] for name in plan.reuses},
            envelope.digest if envelope is not None else "",
        )
        return Job(stage, day, plan, params, sources, keys, envelope, key)

    def _keys(self, stage: Stage, day: dt.date) -> dict[str, str]:
        """For each value that earlier stages have made for this day from what is there now, their key."""
        record = self.records.read(day.isoformat())["stages"]
        found: dict[str, str] = {}
        for earlier in _before(self.pipeline, stage):
            known = record.get(earlier.name, {})
            if earlier.inputs or earlier.params or known.get("state") != DONE:
                continue
            if earlier.name not in self._jobs:
                self._jobs[earlier.name] = self._job(earlier, day)
            if self._jobs[earlier.name].key == known["key"]:
                found |= dict.fromkeys(earlier.outputs, known["key"])
        return found

    def _given(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Params of the command line, each with the type that the module declares."""
        flow = self._version.flow
        found: dict[str, Any] = {}
        for name, text in self.options.params.items():
            if name not in params and name not in flow.params:
                listed = ", ".join(sorted({*params, *flow.params})) or "none"
                raise UsageError("DB306", f"there is no param '{name}'.", hint=f"The params are: {listed}.")
            kind = expect(*flow.declared(name)).type if name in flow.params else Any
            found[name] = from_text(name, text, kind) if kind is not Any else text
        return found

    def _envelope(self, stage: Stage) -> Envelope | None:
        """The envelope whose fitted values a stage reads."""
        if stage.fitted in ("", "compute"):
            return None
        registry, at, environment = stage.fitted.rpartition("@")
        if not at:
            return Envelope.open(self.pipeline.folder / stage.fitted)
        return Envelope.open(pointed(self.pipeline.folder / registry, environment))

    # -- one stage -----------------------------------------------------------------------------------------

    def _work(self, job: Job, observer: Observer, say: Say) -> dict[str, Any]:
        stage, version = job.stage, self._version
        flow = version.flow if job.envelope is None else _with_stored(version.flow, job.envelope)
        say(f"{job.day} {stage.name}: reading {', '.join(job.sources) or 'nothing'}")
        inputs, overrides = self._read(job, say, observer.profiled)
        self.options.begin(len(job.plan.nodes))
        observer.reads(inputs)
        events = Events(self.pipeline, stage, str(job.day), flow, job.sources, inputs, observer, say)
        with events:
            try:
                values = self._compute(job, flow, inputs, overrides, observer)
            finally:
                events.checked(observer.results)
                job.facts["checks"], job.facts["drift"] = observer.checks(), observer.drift()
            written = self._write(job, values)
            if written is not None:
                events.wrote(written.value)
            self._publish(job, inputs, values, say)
            self._keep(job, values)
        return {
            **job.facts,
            "outputs": {name: _about(value) for name, value in values.items()},
            **({"rows": written.rows} if written is not None else {}),
            "files": {self._shown(path): file_digest(path) for path in (written.files if written else ())},
        }

    def _read(
        self, job: Job, say: Say, profiled: Collection[str] = ()
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The values of inputs, and of nodes that are given instead of computed.

        Args:
            profiled: inputs whose whole values are looked at.
        """
        inputs: dict[str, Any] = {}
        overrides: dict[str, Any] = {}
        read: dict[str, Any] = {}
        for name, source in job.sources.items():
            is_input = name in self._version.flow.inputs
            wanted = self._expected(name, is_input)
            files = (
                self._in_files(job, name, source, wanted, say) if is_input and name not in profiled else None
            )
            if files is not None:
                inputs[name] = files
                paths = dict.fromkeys(chunk.path for chunk in files.chunks)
                digest = text_digest([file_digest(path) for path in paths])
                read[name] = {"from": source.label, "rows": int(files.rows.sum()), "digest": digest}
                continue
            value = read_source(name, source, wanted, job.params, self.pipeline.folder, say)
            (inputs if is_input else overrides)[name] = value
            read[name] = {"from": source.label, **_about(value)}
        for name in job.plan.reuses:
            value = self._kept(job.keys[name], name)
            if value is not MISSING:
                overrides[name] = value
        missing = [name for name in job.plan.reuses if name not in overrides]
        if missing:  # nothing is kept: compute them here, from the inputs
            keys = {name: key for name, key in job.keys.items() if name not in missing}
            plan = stage_plan(
                self._module, job.stage, list(keys), job.params, self.pipeline.sources_of(job.stage)
            )
            sources = {name: source.filled(job.params) for name, source in plan.reads.items()}
            return self._read(replace(job, plan=plan, sources=sources, keys=keys), say, profiled)
        job.facts["inputs"] = read
        return inputs, overrides

    def _in_files(self, job: Job, name: str, source: Source, wanted: Expected, say: Say) -> Files | None:
        """An input of which the workers of a stage with a key read their own rows; None for any other.

        Rows of a database go into files first, some at a time.
        """
        schema, folder = wanted.schema, self.pipeline.folder
        whole = not (source.path or source.url) or job.stage.publish or self.pipeline.lineage
        if not job.stage.key or whole or schema is None:
            return None
        from kernel_magics.scale.source import files_of  # noqa: PLC0415  # needs pyarrow, as all of that does

        text = str(folder / source.path)
        if source.url:
            scratch = Path(job.scratch.enter_context(tempfile.TemporaryDirectory(prefix="dagbook-")))
            if not spool(name, source, schema, job.params, folder, scratch, say):
                return None
            text = str(scratch)
        found = files_of(name, text, schema, job.stage.key)
        counted = None if found is None else found.counted(job.stage.key)
        return (
            counted if counted is not None and len(counted.rows) else None
        )  # no rows: told where it is read

    def _expected(self, name: str, is_input: bool) -> Expected:
        """What an input must be; a node, as the notebook's samples make it."""
        if is_input:
            return self._version.expected(name) or self._version.hinted(name)
        flow = self._version.flow
        if all(flow.has_sample(each) for each in flow.inputs):
            with working_beside(self._version.place):
                return expect(None, flow.run(name, checks="off")[name])
        return expect(self._module.graph.node(name).type or None)

    def _compute(
        self,
        job: Job,
        flow: Dataflow,
        inputs: Mapping[str, Any],
        overrides: Mapping[str, Any],
        observer: Observer,
    ) -> dict[str, Any]:
        own = {name: value for name, value in job.params.items() if name in flow.params}
        with working_beside(self._version.place):
            return flow.run(
                job.stage.outputs,
                inputs=inputs,
                params=own,
                overrides=overrides,
                executor=job.stage.engine or None,
                key=job.stage.key or None,
                checks="raise" if job.stage.checks == "block" else "warn",
                fitted="compute" if job.stage.fitted == "compute" else None,
                on_event=observer,
            )

    def _write(self, job: Job, values: Mapping[str, Any]) -> Written | None:
        if job.stage.write is None:
            return None
        owner, column = f"{self.pipeline.name}.{job.stage.name}", self.pipeline.day_param or "day"
        batch = Batch(owner, str(job.day), column, self.pipeline.known(job.day))
        return write_sink(job.stage.write, values, job.params, self.pipeline.folder, batch)

    def _publish(self, job: Job, inputs: Mapping[str, Any], values: Mapping[str, Any], say: Say) -> None:
        """Publish an envelope of the outputs, where the stage says so."""
        stage = job.stage
        if not stage.publish:
            return
        from kernel_magics.pipeline.publish import publish_stage  # noqa: PLC0415  # exports, half a second

        known = dict(inputs)
        if job.plan.reuses:  # what earlier stages made is learnt from their inputs
            plan = stage_plan(self._module, stage, [], job.params, self.pipeline.sources_of(stage))
            sources = {name: source.filled(job.params) for name, source in plan.reads.items()}
            known |= self._read(replace(job, plan=plan, sources=sources, keys={}, facts={}), say)[0]
        say(f"{job.day} {stage.name}: publishing to {stage.publish}")
        digest, new = publish_stage(self.pipeline, stage, known, job.params, values)
        job.facts["published"] = {"registry": stage.publish, "digest": digest, "new": new}

    # -- values between stages -----------------------------------------------------------------------------

    def _keep(self, job: Job, values: Mapping[str, Any]) -> None:
        """Keep the outputs for later stages, in this run or a resumed one."""
        for name, value in values.items():
            digest = VALUES.digest(value) or ""
            self._store.put(text_digest(job.key, name), name, Result(value, digest, 0.0, time.time()))
        self._store.flush()

    def _kept(self, key: str, name: str) -> Any:
        found = self._store.get(text_digest(key, name))
        return MISSING if found is None else found.value

    def _shown(self, path: Path) -> str:
        with contextlib.suppress(ValueError):
            return path.relative_to(self.pipeline.folder).as_posix()
        return str(path)


@dataclass(frozen=True, slots=True)
class Job:
    """One stage on one day.

    Attributes:
        params: with the day filled in.
        sources: of what it reads, with the day filled in.
        keys: for each value of an earlier stage, the key of that stage.
        envelope: whose fitted values it reads.
        key: of everything that its values are made from; rows of databases excepted.
        facts: for the record, collected while it runs.
        scratch: what is removed at its end.
    """

    stage: Stage
    day: dt.date
    plan: StagePlan
    params: Mapping[str, Any]
    sources: Mapping[str, Source]
    keys: Mapping[str, str]
    envelope: Envelope | None
    key: str
    facts: dict[str, Any] = field(default_factory=dict)
    scratch: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)


@bracket
def _locked_stage(records: Records, day: str, stage: Stage, whole: bool) -> Iterator[None]:
    """The lock of one stage, where stages run one by one; a run of all holds that of the day."""
    if whole:
        yield
        return
    with locked(records.lock(day, f"stage-{stage.name}"), f"stage '{stage.name}' of {day}"):
        yield


def _before(pipeline: Pipeline, stage: Stage) -> list[Stage]:
    """The stages that come before one, however far."""
    found: list[str] = []
    queue = list(stage.after)
    while queue:
        name = queue.pop()
        if name not in found:
            found.append(name)
            queue += pipeline.stages[name].after
    return [each for each in pipeline.stages.values() if each.name in found]


def _with_stored(flow: Dataflow, envelope: Envelope) -> Dataflow:
    return type(flow)(flow._flow.with_stored(envelope.stored))


def _typed(flow: Dataflow, name: str, value: Any) -> Any:
    """The value of a param with the type that the module declares."""
    kind = expect(*flow.declared(name)).type
    if kind is float and type(value) is int:
        return float(value)
    return from_text(name, value, kind) if isinstance(value, str) and kind is not Any else value


def _is_there(runner: Runner, known: Mapping[str, Any]) -> bool:
    """Whether the files of a stage are as it wrote them, and its values are kept."""
    folder = runner.pipeline.folder
    files = all(file_digest(folder / path) == digest for path, digest in known.get("files", {}).items())
    return files and all(runner._kept(known["key"], name) is not MISSING for name in known.get("outputs", {}))


def _digests(pipeline: Pipeline, source: Source) -> list[list[str]]:
    """The digests of the files of a source; of none where they cannot be found."""
    path = source.path or source.rows
    if not path:
        return []
    try:
        found = find_files(str(pipeline.folder / path))
    except DataflowError:
        return []
    return [[str(path), file_digest(path)] for path in found]


def _code_digest(pipeline: Pipeline) -> str:
    """The digest of the module, and of the modules beside it that it imported."""
    root = pipeline.module.absolute()
    if root.is_dir():
        return Envelope.open(root).digest
    beside = {
        str(path): file_digest(path)
        for path in _imported()
        if path.is_relative_to(root.parent) and "site-packages" not in path.parts
    }
    return text_digest(file_digest(root), beside)


def _imported() -> list[Path]:
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    return sorted({Path(file) for file in files if file and file.endswith(".py")})


def _about(value: Any) -> dict[str, Any]:
    """Rows and digest of a value."""
    rows = {"rows": len(value)} if is_table(value) and not hasattr(value, "collect") else {}
    return {**rows, "digest": VALUES.digest(value) or "unknown"}


def _said(facts: Mapping[str, Any]) -> str:
    files = ", ".join(facts["files"])
    rows = plural(facts["rows"], "row") if "rows" in facts else "done"
    warned = sum(not check["held"] for check in facts["checks"])
    more = f"; {plural(warned, 'condition')} did not hold" if warned else ""
    return f"{rows}{f' in {files}' if files else ''}{more}"


def _timing(started: float) -> dict[str, Any]:
    moment = dt.datetime.fromtimestamp(started, dt.UTC).isoformat(timespec="seconds")
    return {"started": moment, "seconds": round(time.time() - started, 3)}


def day_of(pipeline: Pipeline, text: str | None, params: Mapping[str, str]) -> dt.date:
    """The day of a run: that of the command line, or else the last that is over in its time zone.

    Raises:
        UsageError: DB002 where two days are given, or a text is none.
    """
    given = {each for each in (text, params.get(pipeline.day_param)) if each}
    if len(given) > 1:
        raise UsageError("DB002", f"two days are given: {' and '.join(sorted(given))}.", hint="give one.")
    try:
        if given:
            return dt.date.fromisoformat(given.pop())
    except ValueError as error:
        raise UsageError("DB002", f"this is no day: {error}.", hint="write it as 2026-01-31.") from None
    return pipeline.schedule.before(dt.datetime.now(ZoneInfo(pipeline.timezone)).date())
