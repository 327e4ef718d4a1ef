"""Publishing: what a stage learnt from the data of a day becomes an envelope in a registry."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kernel_magics.engine.errors import RunError
from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.session.session import Session
from kernel_magics.envelope.export import export_envelope
from kernel_magics.export.request import ExportRequest
from kernel_magics.loading.place import working_beside
from kernel_magics.notebook import read_notebook
from kernel_magics.pipeline.spec import Pipeline, Stage
from kernel_magics.registry.changes import publish
from kernel_magics.values import VALUES


def publish_stage(
    pipeline: Pipeline,
    stage: Stage,
    inputs: Mapping[str, Any],
    params: Mapping[str, Any],
    values: Mapping[str, Any],
) -> tuple[str, bool]:
    """Export an envelope of a stage's outputs, learnt from these inputs, and publish it.

    Args:
        inputs: the values of the inputs that the outputs are computed from.
        params: of the stage.
        values: of the outputs, which the envelope must learn again.

    Returns:
        the envelope's digest, and whether it is new in the registry.

    Raises:
        DataflowError: as an export of an envelope does; DB355 where the envelope would not be what the stage
            computed. Nothing is published.
    """
    notebook = read_notebook(pipeline.module)
    session = Session(VALUES, outside=notebook.outside)
    with working_beside(pipeline.module), tempfile.TemporaryDirectory() as folder:
        session.register(*notebook.sources(), load=False)
        for name in inputs:
            session.sample(name)
        session.memos.load(inputs, ())
        needed = set(closure(stage.outputs, session.graph.reads))
        for name in sorted(needed & session.graph.params & params.keys()):
            default = session.sample(name)
            if not VALUES.equal(default, params[name]):
                raise _differs(
                    stage, f"param '{name}' is {params[name]!r} here, and {default!r} in the notebook"
                )
        for _ in session.compute(stage.outputs):
            pass
        for name, value in values.items():
            memo = session.memos.get(name)
            if memo is not None and memo.error is not None:
                raise memo.error
            if memo is None or not VALUES.equal(memo.value, value):
                raise _differs(stage, f"'{name}' has another value when it is computed from the inputs alone")
        target = Path(folder) / pipeline.module.stem
        request = ExportRequest(
            notebook.title,
            notebook.source_name,
            target,
            kind="envelope",
            outputs=stage.outputs,
            place=lambda: working_beside(pipeline.module),
        )
        export_envelope(session, request)
        return publish(target, pipeline.folder / stage.publish)


def _differs(stage: Stage, reason: str) -> RunError:
    return RunError(
        "DB355",
        f"stage '{stage.name}' cannot publish: {reason}.",
        hint="an envelope learns from inputs, with the notebook's params: give the stage these.",
    )
