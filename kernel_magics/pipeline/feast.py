"""The Feast repository of a pipeline: batch feature views of what its stages write, and one on-demand view.

A stage whose file has a time becomes a batch feature view. Outputs of other stages that are row-wise in the
features of these views become the on-demand view: they are computed where features are read. Feast has an
environment of its own; what is written here needs neither Dagbook nor the notebook there.
"""

from __future__ import annotations

import datetime as dt
import json
import keyword
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import make_plan
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.visible import file_name
from kernel_magics.export.export import export_flow
from kernel_magics.export.request import ExportRequest
from kernel_magics.loading.place import working_beside
from kernel_magics.nature.kept import FOLDER, Kept
from kernel_magics.notebook import read_notebook
from kernel_magics.pipeline.spec import Pipeline, Stage
from kernel_magics.sources.source import names_in
from kernel_magics.sources.write import with_time
from kernel_magics.tables.files import format_of
from kernel_magics.tables.outputs import collected, one_table
from kernel_magics.values import VALUES

_TYPES: Final = {
    "bool": "Bool",
    "boolean": "Bool",
    "int8": "Int32",
    "int16": "Int32",
    "int32": "Int32",
    "int64": "Int64",
    "Int64": "Int64",
    "float32": "Float32",
    "float64": "Float64",
    "str": "String",
    "string": "String",
    "object": "String",
}
"""The type of Feast for each type of a column; times are told by their kind."""
_KEYS: Final = {"String": "STRING", "Int32": "INT32", "Int64": "INT64"}
_EPOCH: Final = dt.date(2026, 1, 1)
"""The day that a view is tried for."""
_SECONDS: Final = 10.0
"""CPU time to learn the nature of a node."""
_STORE: Final = """\
project: {name}
provider: local
registry: data/registry.db
online_store: {{type: sqlite, path: data/online.db}}
offline_store: {{type: file}}
entity_key_serialization_version: 3
"""


@dataclass(frozen=True, slots=True)
class View:
    """A batch feature view.

    Attributes:
        keys: the columns that tell entities apart, and their types.
        columns: the features and their types.
        nodes: the features that are nodes.
    """

    stage: Stage
    folder: str
    time: str
    keys: Mapping[str, str]
    columns: Mapping[str, str]
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnDemand:
    """The on-demand view.

    Attributes:
        nodes: what it computes, in order, with all that comes between.
        reads: features of the batch views.
        columns: the features that it gives, and their types.
        params: source texts of their values.
    """

    nodes: tuple[Node, ...]
    reads: tuple[str, ...]
    columns: Mapping[str, str]
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Repository:
    """A Feast repository.

    Attributes:
        files: texts by name.
        settings: the text of `feature_store.yaml` for a repository that has none.
        notes: why outputs are in no view.
    """

    files: Mapping[str, str]
    settings: str
    notes: tuple[str, ...]


def make_repository(pipeline: Pipeline, target: Path) -> Repository:
    """The repository of a pipeline; runs the notebook on its samples.

    Args:
        target: the folder it will be in.

    Raises:
        DataflowError: DB464 where the pipeline has no table that can be a view, or one that cannot; as the
            nodes and an export do.
    """
    if pipeline.module.suffix != ".ipynb":
        text = f"'{pipeline.module.name}' is no notebook, and has no samples that say the types of features."
        raise pipeline.document.error("DB464", text, ("module",), "name the notebook.")
    flow = Dataflow.from_notebook(pipeline.module)
    params = {
        name: value
        for name, value in pipeline.params.items()
        if name in flow.params and not (isinstance(value, str) and "{{" in value)
    }
    views = [
        _view(pipeline, stage, flow, params, target)
        for stage in pipeline.stages.values()
        if stage.write is not None and stage.write.time
    ]
    if not views:
        hint = "write: {path: out/features/{day}.parquet, time: known_at} makes the table of a stage one."
        raise pipeline.document.error("DB464", "no stage writes a file with a time.", ("stages",), hint)
    made, notes = _on_demand(pipeline, flow, params, views)
    files = {"features.py": "\n".join(_text(pipeline, views, made))}
    if made is not None:
        files[f"{_module(pipeline)}.py"] = _nodes_text(pipeline, made)
    return Repository(files, _STORE.format(name=pipeline.name.replace("-", "_")), tuple(notes))


# -- batch feature views -----------------------------------------------------------------------------------


def _view(pipeline: Pipeline, stage: Stage, flow: Dataflow, params: Mapping[str, Any], target: Path) -> View:
    assert stage.write is not None
    place = ("stages", stage.name, "write")
    folder, _, last = stage.write.path.rpartition("/")
    others = [
        each.write.path.rpartition("/")[0]
        for each in pipeline.stages.values()
        if each.write is not None and each is not stage
    ]
    alone = folder and not names_in(folder) and folder not in others
    if not alone or format_of(last) != "parquet":
        text = f"'{stage.write.path}' cannot be a feature view: Feast reads a whole folder of Parquet files."
        hint = f"write to a folder of its own, such as out/{stage.name}/{{day}}.parquet."
        raise pipeline.document.error("DB464", text, place, hint)
    with working_beside(pipeline.module):
        found = flow.run(stage.outputs, params=params, checks="off")
    values = {name: collected(value) for name, value in found.items()}
    table = one_table(values, stage.write.path)
    frame = with_time(table, stage.write.time, pipeline.known(_EPOCH))
    time = stage.write.time
    if frame[time].dtype.kind != "M":
        text = f"column '{time}' is {frame[time].dtype}, and no time."
        raise pipeline.document.error("DB464", text, place, "name a column of times.")
    index = [str(name) for name in getattr(getattr(table, "index", None), "names", ()) if name is not None]
    keys = [name for name in index or stage.key.split(",") if name and name != time]
    missing = [name for name in keys if name not in frame.columns]
    if not keys or missing:
        text = f"the table of stage '{stage.name}' has no key{f' {missing[0]!r}' if missing else ''}."
        raise pipeline.document.error("DB464", text, place, "name its column: key: customer.")
    types = {
        str(name): _type(pipeline, stage, str(name), column) for name, column in frame.items() if name != time
    }
    wrong = next((name for name in keys if types[name] not in _KEYS), None)
    if wrong is not None:
        text = f"column '{wrong}' is {types[wrong]}, which no key can be."
        raise pipeline.document.error("DB464", text, place, "use a text or a whole number.")
    path = os.path.relpath((pipeline.folder / folder).absolute(), target.absolute())
    columns = {name: kind for name, kind in types.items() if name not in keys}
    nodes = tuple(name for name in stage.outputs if name in columns)
    return View(stage, Path(path).as_posix(), time, {name: types[name] for name in keys}, columns, nodes)


def _type(pipeline: Pipeline, stage: Stage, name: str, column: Any) -> str:
    """The type of Feast for a column."""
    kind = column.dtype
    if kind.kind == "M":
        return "UnixTimestamp"
    found = _TYPES.get(str(kind), "")
    if str(kind) == "object" and not all(isinstance(value, str | None) for value in column):
        found = ""
    if not found or not name.isidentifier() or keyword.iskeyword(name):
        text = f"column '{name}' ({kind}) of stage '{stage.name}' can be no feature."
        hint = "features have a name of letters, digits and _, and are numbers, texts, truth values or times."
        raise pipeline.document.error("DB464", text, ("stages", stage.name, "outputs"), hint)
    return found


# -- the on-demand view ------------------------------------------------------------------------------------


def _on_demand(
    pipeline: Pipeline, flow: Dataflow, params: Mapping[str, Any], views: Sequence[View]
) -> tuple[OnDemand | None, list[str]]:
    """The view of what is row-wise in the features of all views with the keys of the first; and notes."""
    notes: list[str] = []
    features = [name for view in views if view.keys == views[0].keys for name in view.nodes]
    stored = {stage.stage.name for stage in views}
    outputs = [
        name
        for stage in pipeline.stages.values()
        if stage.name not in stored
        for name in stage.outputs
        if name not in features
    ]
    nodes: dict[str, Node] = {}
    reads: dict[str, None] = {}
    columns: dict[str, str] = {}
    texts: dict[str, str] = {}
    for name in outputs:
        plan = make_plan(flow.graph, [name], {*flow.inputs, *flow.params, *features}, dict(params))
        sources = [plan.names[slot] for slot in plan.sources]
        chain = [step.node for step in plan.steps]
        said = {each: _param_text(flow, each, params) for each in sources if each in flow.params}
        with working_beside(pipeline.module):
            why = _why_not(flow, sources, chain, said, features) or _not_row_wise(flow, chain, params)
            value = None if why else flow.run(name, params=params, checks="off")[name]
        if not why and type(value).__name__ != "Series":
            why = f"it is a {type(value).__name__}, and no column"
        if why:
            notes.append(f"'{name}' is not in the on-demand view: {why}")
            continue
        stage = next(each for each in pipeline.stages.values() if name in each.outputs)
        columns[name] = _type(pipeline, stage, name, value)
        nodes |= {node.name: node for node in chain}
        reads |= dict.fromkeys(each for each in sources if each in features)
        texts |= {each: text for each, text in said.items() if text is not None}
    made = OnDemand(tuple(nodes.values()), tuple(reads), columns, texts) if columns else None
    return made, notes


def _why_not(
    flow: Dataflow,
    sources: Sequence[str],
    chain: Sequence[Node],
    said: Mapping[str, str | None],
    features: Sequence[str],
) -> str:
    """Why nodes cannot be computed from features and params; "" where they can."""
    outside = [name for name in sources if name in flow.inputs and name not in features]
    if outside:
        return f"it reads input '{outside[0]}'"
    if any(name in features for name in said) or not any(name in features for name in sources):
        return "it reads no feature"
    odd = next((node for node in chain if node.is_async or node.when or node.fitted), None)
    if odd is not None:
        return f"'{odd.name}' is asynchronous, fitted, or has variants"
    unsaid = next((name for name, text in said.items() if text is None), None)
    return f"param '{unsaid}' is no plain value" if unsaid is not None else ""


def _not_row_wise(flow: Dataflow, chain: Sequence[Node], params: Mapping[str, Any]) -> str:
    natures = flow.natures([node.name for node in chain], params=params, seconds=_SECONDS, kept=Kept(FOLDER))
    for node in chain:
        verdict = natures[node.name].own.row_wise
        if not verdict:
            return f"'{node.name}' is not row-wise{f': {verdict.why}' if verdict.why else ''}"
    return ""


def _param_text(flow: Dataflow, name: str, params: Mapping[str, Any]) -> str | None:
    """The source text of a param's value; None for what has none."""
    value = params[name] if name in params else flow.declared(name)[1]
    return repr(value) if isinstance(value, str | int | float | bool | None) else None


def _nodes_text(pipeline: Pipeline, made: OnDemand) -> str:
    """The exported functions, proved equal to the notebook."""
    notebook = read_notebook(pipeline.module)
    session = Session(VALUES, outside=notebook.outside)
    with working_beside(pipeline.module), tempfile.TemporaryDirectory() as folder:
        session.register(*notebook.sources(), load=False)
        target = Path(folder) / f"{_module(pipeline)}.py"
        export_flow(
            session,
            ExportRequest(
                notebook.title,
                notebook.source_name,
                target,
                outputs=tuple(made.columns),
                place=lambda: working_beside(pipeline.module),
            ),
        )
        first, _, rest = target.read_text(encoding="utf-8").partition("\n")
    return f"{first}\n\n{_mark(pipeline)}\n{rest}"


# -- texts -------------------------------------------------------------------------------------------------


def _text(pipeline: Pipeline, views: Sequence[View], made: OnDemand | None) -> Iterator[str]:
    yield f'"""Features of {file_name(pipeline.module.name)} for Feast.\n\n{_mark(pipeline)}\n"""\n'
    yield "from datetime import timedelta\n"
    yield from ["import pandas as pd"] if made is not None else []
    yield "from feast import BatchFeatureView, Entity, Field, FileSource, ValueType"
    if made is not None:
        yield "from feast.on_demand_feature_view import on_demand_feature_view"
    types = {kind for view in views for kind in [*view.keys.values(), *view.columns.values()]}
    types |= set(made.columns.values()) if made is not None else set()
    yield f"from feast.types import {', '.join(sorted(types))}\n"
    keys = {name: kind for view in views for name, kind in view.keys.items()}
    for name, kind in keys.items():
        call = f'Entity(name="{name}", join_keys=["{name}"], value_type=ValueType.{_KEYS[kind]})'
        yield f"{name}_entity = {call}"
    for view in views:
        yield from _view_text(view)
    if made is not None:
        yield from _on_demand_text(pipeline, views, made)


def _view_text(view: View) -> Iterator[str]:
    name = view.stage.name
    yield f"\n{name}_view = BatchFeatureView("
    yield f'    name="{name}",'
    if view.stage.description:
        yield f"    description={json.dumps(view.stage.description)},"
    yield f"    entities=[{', '.join(f'{key}_entity' for key in view.keys)}],"
    yield "    ttl=timedelta(0),  # no feature is too old"
    yield "    schema=["
    for column, kind in {**view.keys, **view.columns}.items():
        yield f'        Field(name="{column}", dtype={kind}),'
    yield "    ],"
    yield "    source=FileSource("
    path = json.dumps(view.folder)
    yield f'        name="{name}_files", path={path}, timestamp_field="{view.time}"'
    yield "    ),"
    yield "    online=True,"
    yield ")"


def _on_demand_text(pipeline: Pipeline, views: Sequence[View], made: OnDemand) -> Iterator[str]:
    read = [view for view in views if set(view.nodes) & set(made.reads)]
    yield "\n\n@on_demand_feature_view("
    yield f"    sources=[{', '.join(f'{view.stage.name}_view' for view in read)}],"
    yield "    schema=["
    for name, kind in made.columns.items():
        yield f'        Field(name="{name}", dtype={kind}),'
    yield "    ],"
    yield '    mode="pandas",'
    yield ")"
    yield f"def {pipeline.name.replace('-', '_')}_on_demand(_inputs: pd.DataFrame) -> pd.DataFrame:"
    yield f'    """Row-wise nodes of {file_name(pipeline.module.name)}, computed where features are read."""'
    yield f"    import {_module(pipeline)} as _nodes\n"
    known = {**made.params, **{name: f'_inputs["{name}"]' for name in made.reads}}
    for node in made.nodes:
        given = [f"{each.name}={known.get(each.name, each.name)}" for each in node.inputs]
        yield f"    {node.name} = _nodes.{node.function}({', '.join(given)})"
    yield f"    return _inputs[[]].assign({', '.join(f'{name}={name}' for name in made.columns)})\n"


def _module(pipeline: Pipeline) -> str:
    """The name of the module with the exported functions."""
    return f"{pipeline.name.replace('-', '_')}_nodes"


def _mark(pipeline: Pipeline) -> str:
    name = file_name(pipeline.document.path.name)
    return f"Compiled from {name} by `dagbook pipeline compile`: change that file, not this one."
