"""A plan says what each stage of a pipeline computes, reads and writes, and what is missing; nothing runs."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kernel_magics.documents.document import Place
from kernel_magics.engine.errors import DataflowError, SourceError, did_you_mean
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import make_plan
from kernel_magics.loading.files import read_graph
from kernel_magics.pipeline.spec import Pipeline, Stage
from kernel_magics.pipeline.template import macros, rendered
from kernel_magics.placement.named import NAMED
from kernel_magics.sources.reference import missing as missing_secret
from kernel_magics.sources.source import Source, names_in
from kernel_magics.tables.files import find_files

_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "list": (list,),
}


@dataclass(frozen=True, slots=True)
class Module:
    """The dataflow of a pipeline's module, as it is written.

    Attributes:
        fitted: nodes whose values an envelope stores.
        is_envelope: it is one.
    """

    graph: Graph
    fitted: frozenset[str]
    is_envelope: bool = False


@dataclass(frozen=True, slots=True)
class StagePlan:
    """What one stage does.

    Attributes:
        nodes: what it computes, in order.
        reads: the inputs that it reads, and the nodes that it reads instead of computing them.
        reuses: values of earlier stages.
        stored: fitted nodes whose stored values it reads.
        missing: what it needs and this machine does not have.
    """

    stage: Stage
    nodes: tuple[str, ...] = ()
    reads: Mapping[str, Source] = field(default_factory=dict)
    reuses: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pipeline does.

    Attributes:
        faults: what of the file does not fit the module, in the order of lines.
    """

    pipeline: Pipeline
    stages: tuple[StagePlan, ...]
    faults: tuple[DataflowError, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is wrong or missing."""
        return not self.faults and not any(stage.missing for stage in self.stages)


def make_plan_of(pipeline: Pipeline, day: dt.date | None = None) -> Plan:
    """The plan of a pipeline.

    Args:
        day: that of a run, to look for its files; by default files of a day are not looked for.

    Raises:
        DataflowError: the module cannot be read or linked.
    """
    module = read_module(pipeline)
    graph = module.graph
    faults: list[DataflowError] = list(_name_faults(pipeline, graph))
    stages: list[StagePlan] = []
    done: list[str] = []
    for stage in pipeline.stages.values():
        try:
            made = stage_plan(module, stage, done, pipeline.params_of(stage), pipeline.sources_of(stage))
            faults += _unread(pipeline, graph, made)
            stages.append(_with_missing(pipeline, made, day))
        except DataflowError as error:
            if all(output in graph.nodes for output in stage.outputs):
                faults.append(_placed(pipeline, stage, error))
            stages.append(StagePlan(stage))
        if stage.when == "daily":
            done += stage.outputs
    return Plan(pipeline, tuple(stages), tuple(sorted(faults, key=lambda error: error.line)))


def read_module(pipeline: Pipeline) -> Module:
    """The module of a pipeline; executes nothing of it."""
    if not pipeline.module.exists():
        text = f"module '{pipeline.module}' is not there."
        raise pipeline.document.error("DB463", text, ("module",), "paths start at the folder of this file.")
    if pipeline.module.is_dir():
        from kernel_magics.envelope.envelope import Envelope  # noqa: PLC0415  # needs pandas, half a second

        envelope = Envelope.open(pipeline.module)
        graph = read_graph(str(envelope.module_path))[0]
        return Module(graph, frozenset(envelope.record["values"]), True)
    graph = read_graph(str(pipeline.module))[0]
    return Module(graph, frozenset(node.name for node in graph if node.fitted))


def stage_plan(
    module: Module, stage: Stage, done: list[str], params: Mapping[str, Any], known: Mapping[str, Source]
) -> StagePlan:
    """What one stage computes and reads.

    Args:
        done: nodes of which earlier stages have the values.
        params: those that choose variants.
        known: where inputs and nodes come from.

    Raises:
        DataflowError: DB203 where something that it needs is not defined, DB308 for an unknown output.
    """
    reused = [name for name in done if name not in stage.inputs] if not _own(stage) else []
    stored = sorted(module.fitted) if _reads_stored(module, stage) else []
    graph = module.graph
    sources = {node.name for node in graph if node.kind in ("input", "param")}
    given = {*sources, *stage.inputs, *reused, *stored}
    chosen = {
        name: params[name] if name in params else _literal(graph.node(name))
        for name in graph.deciding()
        if name in graph.nodes
    }
    plan = make_plan(graph, stage.outputs, given, chosen)
    read = [plan.names[slot] for slot in plan.sources]
    return StagePlan(
        stage,
        nodes=tuple(step.node.name for step in plan.steps),
        reads={name: known[name] for name in read if name in known},
        reuses=tuple(name for name in read if name in reused),
        stored=tuple(name for name in read if name in stored and name not in reused),
    )


def _own(stage: Stage) -> bool:
    """Whether a stage has inputs or params of its own, so that values of other stages are not its values."""
    return bool(stage.inputs or stage.params)


def _reads_stored(module: Module, stage: Stage) -> bool:
    """Whether a stage reads stored values of fitted nodes instead of computing them."""
    return stage.fitted != "compute" and bool(stage.fitted or module.is_envelope)


def _literal(node: Node) -> object:
    try:
        return ast.literal_eval(node.value)
    except (ValueError, SyntaxError, TypeError):
        return None


# -- faults ------------------------------------------------------------------------------------------------


def _name_faults(pipeline: Pipeline, graph: Graph) -> Iterator[SourceError]:
    inputs = {node.name for node in graph if node.kind == "input"}
    params = {node.name for node in graph if node.kind == "param"}
    values = {node.name for node in graph if node.kind == "value"}
    for name in pipeline.inputs:
        if name not in inputs:
            yield _unknown(pipeline, ("inputs", name), f"the module has no input '{name}'", inputs)
    yield from _param_faults(pipeline, graph, params)
    for stage in pipeline.stages.values():
        place: Place = ("stages", stage.name)
        for number, name in enumerate(stage.outputs):
            if name not in values:
                yield _unknown(
                    pipeline, (*place, "outputs", number), f"the module has no node '{name}'", values
                )
        for name in stage.inputs:
            if name not in inputs | values:
                text = f"the module has no input or node '{name}'"
                yield _unknown(pipeline, (*place, "inputs", name), text, inputs | values)
        engine = stage.engine.partition("=")[0]
        if engine and engine not in NAMED:
            text = f"there is no engine '{engine}'"
            yield _unknown(pipeline, (*place, "engine"), text, set(NAMED))


def _unknown(pipeline: Pipeline, place: Place, text: str, known: set[str]) -> SourceError:
    hint = did_you_mean(str(text.split("'")[1]), known) or f"there are {', '.join(sorted(known)) or 'none'}."
    return pipeline.document.error("DB463", f"{text}.", place, hint)


def _param_faults(pipeline: Pipeline, graph: Graph, params: set[str]) -> Iterator[SourceError]:
    used = {pipeline.day_param}
    for stage in pipeline.stages.values():
        for source in pipeline.sources_of(stage).values():
            used |= source.names()
        used |= names_in(stage.write.path) if stage.write is not None else set()
    groups: list[tuple[Place, Mapping[str, Any]]] = [(("params",), pipeline.params)]
    groups += [(("stages", stage.name, "params"), stage.params) for stage in pipeline.stages.values()]
    for place, group in groups:
        for name, value in group.items():
            if name in params:
                yield from _type_faults(pipeline, graph.node(name), (*place, name), value)
            elif name not in used:
                text = f"the module has no param '{name}', and no path or query reads it"
                yield _unknown(pipeline, (*place, name), text, params)


def _type_faults(pipeline: Pipeline, node: Node, place: Place, value: Any) -> Iterator[SourceError]:
    """A param whose value contradicts its declared type."""
    kinds = _KINDS.get(node.type.partition("[")[0])
    is_text = isinstance(value, str) and "{{" in value
    if kinds is None or value is None or is_text:
        return
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        text = f"param '{node.name}' is {value!r}, and must be {node.type}."
        yield pipeline.document.error("DB464", text, place, "write a value of that type.")


def _unread(pipeline: Pipeline, graph: Graph, made: StagePlan) -> Iterator[SourceError]:
    """Inputs that a stage needs and that come from nowhere."""
    plan = {*made.reads, *made.reuses, *made.stored}
    read = {name for node in made.nodes for each in graph.nodes[node] for name in _needed(each)}
    for name in sorted(read - plan):
        if name in graph.nodes and graph.node(name).kind == "input":
            hint = did_you_mean(name, pipeline.inputs) or f"add '{name}' to inputs."
            text = f"stage '{made.stage.name}' reads input '{name}', which comes from nowhere."
            yield pipeline.document.error("DB464", text, ("stages", made.stage.name), hint)


def _needed(node: Node) -> list[str]:
    return [each.name for each in node.inputs if not each.optional]


def _placed(pipeline: Pipeline, stage: Stage, error: DataflowError) -> DataflowError:
    """An error of the module at the stage that needs it."""
    place = ("stages", stage.name, "outputs")
    text = f"stage '{stage.name}' cannot run: {error.message}"
    return pipeline.document.error(error.code, text, place, error.hint)


# -- what is missing ---------------------------------------------------------------------------------------


def _with_missing(pipeline: Pipeline, made: StagePlan, day: dt.date | None) -> StagePlan:
    found: list[str] = []
    params: dict[str, Any] = {}
    if day is not None:
        known = macros(day, pipeline.schedule)
        params = {name: rendered(value, known) for name, value in pipeline.params_of(made.stage).items()}
    for name, source in made.reads.items():
        found += _missing_source(pipeline, name, source, params)
    write = made.stage.write
    if write is not None and write.url and (why := missing_secret(write.url, pipeline.folder)):
        found.append(f"the database of '{write.table}': {why}")
    envelope = pipeline.folder / made.stage.fitted
    if made.stage.fitted not in ("", "compute") and "@" not in made.stage.fitted and not envelope.is_dir():
        found.append(f"the envelope '{made.stage.fitted}'")
    return replace(made, missing=tuple(found))


def _missing_source(
    pipeline: Pipeline, name: str, source: Source, params: Mapping[str, Any]
) -> Iterator[str]:
    if source.url and (why := missing_secret(source.url, pipeline.folder)):
        yield f"the database of '{name}': {why}"
    if source.python and (why := missing_secret(source.python, pipeline.folder)):
        yield f"the Python of '{name}': {why}"
    path = source.path or source.rows
    if path and names_in(path) <= params.keys():
        filled = source.filled(params)
        path = filled.path or filled.rows
        try:
            if all(each.exists() for each in find_files(str(pipeline.folder / path))):
                return
        except DataflowError:
            pass
        yield f"the files of '{name}': {path}"
