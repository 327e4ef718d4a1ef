"""The proof: in a clean process, the new module computes the notebook's values from its samples."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.graph.links import order
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.values.generator import holds_generator
from kernel_magics.engine.values.plot import holds_plot
from kernel_magics.export.clean import worker
from kernel_magics.export.clean.locate import ended, not_imported
from kernel_magics.export.clean.pickling import Candidate, dump, load
from kernel_magics.export.clean.process import HOME, run_script
from kernel_magics.export.module.families import member_call


@dataclass(frozen=True, slots=True)
class Proof:
    """What the clean process found.

    Attributes:
        compared: nodes whose value equals the notebook's.
        skipped: why a node was not compared, by name.
        impure: what impure functions read, by function name.
        recorded: the examples, as the worker wrote them.
    """

    compared: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    impure: Mapping[str, str] = field(default_factory=dict)
    recorded: Mapping[str, Any] = field(default_factory=dict)


def prove(
    session: Session, candidate: Candidate, impure: Mapping[str, str], old: Mapping[str, Any] | None
) -> Proof:
    """Compare every value, and record examples.

    Args:
        impure: functions known to read more than their inputs.
        old: examples recorded before; None to record none.

    Raises:
        ExportError: DB501 for a difference, DB504 when the module cannot be imported, DB505
            when the process dies.
    """
    impure = dict(impure)
    for _ in range(4):
        answer, recorded = _run_worker(session, candidate, impure, old)
        wrong, compared, skipped = _compare(session, candidate, answer, impure)
        if not wrong:
            return Proof(tuple(compared), skipped, impure, recorded)
        unstable = _unstable(session, candidate, wrong)
        if not unstable:
            break
        impure |= dict.fromkeys(unstable, "something that changes")
    raise _difference(session, wrong, _changes(session, candidate, impure))


def _run_worker(
    session: Session,
    candidate: Candidate,
    impure: Mapping[str, str],
    old: Mapping[str, Any] | None,
    watch: bool = False,
) -> tuple[dict[str, Any], dict[str, Any]]:
    graph, params = session.graph, session.params()
    active = [node for name in graph.names() if (node := graph.active(name, params)) is not None]
    values = {node.name: node for node in active if node.kind == "value"}
    names = order(values, lambda name: (each for each in values[name].input_names if each in values))
    computed = [values[name] for name in names]
    steps = [_step(session, node) for node in computed if node.function not in impure]
    given = {node.name for node in active if node.text is None}
    given |= {node.name for node in computed if node.function in impure}
    request: dict[str, Any] = {"steps": steps, "watch": watch}
    if old is not None:
        every = [*computed, *(node for node in graph if node.text is not None and node not in computed)]
        traces = candidate.exported.traces
        families: set[str] = set()
        request["record"] = {
            "inputs": [node.name for node in active if node.text is None],
            "old": old,
            "private": candidate.private,
            "steps": [
                {
                    **_step(session, node),
                    "name": node.name,
                    "cell": traces[node.cell_id],
                    "check": node.subject or None,
                    "pure": node.function not in impure,
                    "active": node in computed,
                    "effort": _effort(node, families),
                }
                for node in every
            ],
        }
    return _run(session, candidate, request, given)


def _effort(node: Node, families: set[str]) -> str:
    """How many examples to record for a function; adds its family to `families`."""
    last = node.text.source.rstrip().split("\n")[-1] if node.text else ""
    if len(node.inputs) == 1 and last.startswith(f'    return {node.inputs[0].name}["'):
        return "thin"
    if member_call(node) is None:
        return "full"
    shared = node.helpers[0].name
    met = shared in families
    families.add(shared)
    return "sibling" if met else "full"


def _step(session: Session, node: Node, key: str = "") -> dict[str, Any]:
    params = {item.name: item.name for item in node.inputs if item.name in session.graph.nodes}
    return {"function": node.function, "params": params, "key": key or node.name}


def _run(
    session: Session, candidate: Candidate, request: Mapping[str, Any], given: Iterable[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run the worker on a request."""
    values = {name: dump(session, candidate, session.memos[name].value) for name in sorted(given)}
    whole = {
        **request,
        "module": candidate.name,
        "text": candidate.text,
        "given": {name: data for name, data in values.items() if data is not None},
        "paths": list(candidate.paths),
        "home": HOME,
    }
    answer = run_script(worker.__file__, whole)
    found = answer.content
    if found is None:
        raise ended(session, answer)
    if found["failure"]:
        raise not_imported(session, candidate, found["failure"], found["line"])
    return found, json.loads(found["recorded"])


def _compare(
    session: Session, candidate: Candidate, answer: Mapping[str, Any], impure: Mapping[str, str]
) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """Compare outcomes: the differences by node, the equal nodes, and why others were not compared."""
    graph, params = session.graph, session.params()
    wrong: dict[str, str] = {}
    compared: list[str] = []
    skipped: dict[str, str] = {}
    for name in graph.names():
        node = graph.active(name, params)
        if node is None or node.kind != "value":
            continue
        if node.function in impure:
            skipped[name] = f"it reads {impure[node.function]}"
        elif name not in answer["outcomes"]:
            skipped[name] = "its inputs cannot be given to another process"
        else:
            state, content = answer["outcomes"][name]
            expected = session.memos[name].value
            if state != "error" and holds_plot(expected):
                skipped[name] = "it is a figure"
                continue
            problem, reason = _judge(session, candidate, state, content, expected)
            if problem:
                wrong[name] = problem
            elif reason:
                skipped[name] = reason
            else:
                compared.append(name)
    return wrong, compared, skipped


def _judge(
    session: Session, candidate: Candidate, state: str, content: Any, expected: object
) -> tuple[str, str]:
    """What is wrong with an outcome, or why it cannot be compared; both "" for the notebook's value."""
    if state == "error":
        return f"it raises {content}", ""
    if state == "opaque":
        if dump(session, candidate, expected) is None:
            return "", f"a value of type {content} cannot be compared"
        return f"it gives a {content}, which cannot be pickled", ""
    try:
        actual = load(session, candidate, content)
    except Exception as error:
        return "", f"its value cannot be read here ({type(error).__name__})"
    if session.values.equal(actual, expected):
        return "", ""
    if session.values.digest(expected) is None and content == dump(session, candidate, expected):
        return "", ""
    problem = describe_difference(actual, expected)
    if (
        problem
        and session.values.digest(expected) is None
        and type(actual).__name__ == type(expected).__name__
    ):
        return "", f"values of type {type(expected).__name__} cannot be compared"
    return problem, ""


def describe_difference(actual: object, expected: object) -> str:
    """Where two values differ by more than rounding."""
    # imported here because an export without a run must start without pandas
    from kernel_magics.export.examples.runner import difference  # noqa: PLC0415

    return difference(actual, expected)


def _unstable(session: Session, candidate: Candidate, wrong: Mapping[str, str]) -> list[str]:
    """Functions with wrong values that differ between two processes with the same inputs."""
    params = session.params()
    nodes = [node for name in wrong if (node := session.graph.active(name, params)) is not None]
    steps = [_step(session, node, f"{node.name}#") for node in nodes]
    given = {source for step in steps for source in step["params"].values()}
    answers = [_run(session, candidate, {"steps": steps}, given)[0]["outcomes"] for _ in range(2)]
    found = []
    for node in nodes:
        outcomes = [answer.get(f"{node.name}#", ("error", "")) for answer in answers]
        if any(state != "value" for state, _ in outcomes):
            continue
        first, second = (load(session, candidate, content) for _, content in outcomes)
        if describe_difference(first, second):
            found.append(node.function)
    return found


def _changes(session: Session, candidate: Candidate, impure: Mapping[str, str]) -> list[tuple[str, str]]:
    """Functions that change an input in place, each with the input."""
    answer, _ = _run_worker(session, candidate, impure, None, watch=True)
    return [(str(function), str(name)) for function, name in answer["changes"]]


def _difference(session: Session, wrong: Mapping[str, str], changes: list[tuple[str, str]]) -> ExportError:
    """The error DB501 for the first node that differs."""
    name = next(iter(wrong))
    node = session.graph.active(name, session.params()) or session.graph.node(name)
    more = f" {len(wrong) - 1} more nodes differ." if len(wrong) > 1 else ""
    hint = "its value depends on more than its inputs."
    if changes:
        function, changed = changes[0]
        fix = f"{changed} = {changed}.copy()"
        hint = f"'{function}' changes its input '{changed}' in place: begin it with `{fix}`."
        if changed in session.memos and holds_generator(session.memos[changed].value):
            hint = (
                f"'{function}' draws from '{changed}', which is state: make it from a seed inside the node."
            )
    return ExportError(
        "DB501",
        (
            f"'{name}'",
            node.ref.on(),
            f" is not the same in the module: {wrong[name]} (in the notebook).{more}",
        ),
        hint=hint,
        names=wrong,
    )
