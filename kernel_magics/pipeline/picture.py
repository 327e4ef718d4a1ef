"""A plan as text, and as the document from which pictures are drawn."""

from __future__ import annotations

from typing import Any

from kernel_magics.pipeline.plan import Plan, StagePlan

_NAMES = 6


def plan_text(plan: Plan) -> str:
    """The plan as lines."""
    pipeline = plan.pipeline
    when = f"{pipeline.schedule.cron} {pipeline.timezone}" if pipeline.schedule.cron else "started by hand"
    if pipeline.after:
        when = f"after {', '.join(pipeline.after)}"
    lines = [f"{pipeline.name}: {pipeline.module.name}, {when}"]
    for number, each in enumerate(plan.stages, 1):
        lines += [f"{number}. {each.stage.name}{_facts(each)}", *(f"   {line}" for line in _lines(each))]
    return "\n".join(lines)


def _facts(each: StagePlan) -> str:
    stage = each.stage
    facts = [
        stage.when if stage.when != "daily" else "",
        f"engine {stage.engine}" if stage.engine else "",
        f"key {stage.key}" if stage.key else "",
        "checks only warn" if stage.checks == "warn" else "",
    ]
    said = ", ".join(filter(None, facts))
    return f" ({said})" if said else ""


def _lines(each: StagePlan) -> list[str]:
    """What a stage does, a line for each thing."""
    stage = each.stage
    lines = [f"computes  {_listed(each.nodes)}"] if each.nodes else []
    lines += [f"reads     {name} from {source.label}" for name, source in each.reads.items()]
    lines += [f"takes     {_listed(each.reuses)} from earlier stages"] if each.reuses else []
    lines += (
        [f"takes     {_listed(each.stored)} from {stage.fitted or 'the envelope'}"] if each.stored else []
    )
    lines += [f"writes    {', '.join(stage.outputs)} to {stage.write.label}"] if stage.write else []
    lines += [f"publishes {', '.join(stage.outputs)} to {stage.publish}"] if stage.publish else []
    return lines + [f"MISSING   {text}" for text in each.missing]


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    count = f"{len(names)} nodes: " if len(names) > 1 else ""
    return f"{count}{', '.join(names[:_NAMES])}{more}"


def plan_view(plan: Plan) -> dict[str, Any]:
    """The plan as a view: what is read, the stages, what is written, each with its links."""
    nodes: dict[str, dict[str, Any]] = {}
    owners: dict[str, str] = {}
    for each in plan.stages:
        stage = each.stage
        for name, source in each.reads.items():
            nodes.setdefault(f"{name} ", _node(f"{name} ", "input", [], source.label))
        reads = [f"{name} " for name in each.reads]
        reads += [owners[name] for name in each.reuses if name in owners]
        reads += [before for before in stage.after if before not in reads]
        doc = f"{_listed(each.nodes)}{_facts(each)}"
        nodes[stage.name] = _node(stage.name, "value", list(dict.fromkeys(reads)), doc)
        owners |= dict.fromkeys(stage.outputs, stage.name)
        if stage.write is not None:
            label = stage.write.label
            nodes[label] = _node(label, "param", [stage.name], ", ".join(stage.outputs))
    listed = list(nodes.values())
    return {
        "version": 1,
        "title": plan.pipeline.name,
        "mode": "static",
        "groups": [""],
        "progress": None,
        "nodes": listed,
    }


def _node(name: str, kind: str, inputs: list[str], doc: str) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(
        ["severity", "state", "seconds", "ran_at", "summary", "error", "impact", "nature"]
    )
    lists: dict[str, Any] = {"variants": [], "waiting": [], "conditions": [], "tags": {}}
    texts = dict.fromkeys(["cell", "cell_id", "group", "type", "family", "source", "volatile"], "")
    return {"name": name, "kind": kind, "inputs": inputs, "doc": doc, "line": 0, "fitted": False} | (
        empty | lists | texts
    )
