"""From tables in memory to values in memory: what `Dataflow.run(…, key=…)` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel_magics.flow.request import Prepared, validate
from kernel_magics.nature.kept import FOLDER, Kept
from kernel_magics.scale.plan import Plan
from kernel_magics.scale.run import Request, Run, prepared


def run_in_parts(asked: Prepared, **options: Any) -> dict[str, Any]:
    """The values of outputs.

    Args:
        asked: how they are computed without parts, which tells the inputs that are read.
        options: of a `Request`.
    """
    run = _prepared(asked, options)
    with run.done() as folder:
        return {name: run.value(folder, name) for name in asked.wanted}


def plan_of(asked: Prepared, **options: Any) -> Plan:
    """The plan of a run."""
    return _prepared(asked, options).plan


def _prepared(asked: Prepared, options: Mapping[str, Any]) -> Run:
    validate(asked)
    flow = asked.flow
    samples = {name: flow.default(flow.inputs[name]) for name in asked.reads()}
    request = Request(tuple(asked.wanted), {**samples, **asked.given}, **options)
    return prepared(flow, request, Kept(FOLDER))
