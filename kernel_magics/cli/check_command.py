"""`dagbook check`: link the notebook, run every node, every check and every test."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from kernel_magics import hamilton
from kernel_magics.cli.nature_command import learned
from kernel_magics.cli.output import write_text
from kernel_magics.cli.terminal import say, say_aside
from kernel_magics.engine.errors import DataflowError, UsageError
from kernel_magics.engine.graph.agreement import type_errors
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.plan import waiting_error
from kernel_magics.engine.graph.private import private_nodes
from kernel_magics.engine.run.check import CheckResult, check_error
from kernel_magics.engine.run.event import Failed, Finished, Noticed
from kernel_magics.engine.run.failure import shared_generator
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.values.value import MISSING
from kernel_magics.loading.files import import_file
from kernel_magics.loading.place import working_beside
from kernel_magics.loading.version import load_version
from kernel_magics.nature import kept, natures, world
from kernel_magics.nature.leak import leak_error
from kernel_magics.notebook import read_notebook
from kernel_magics.quality.baseline import counted
from kernel_magics.quality.check_report import check_page, check_report, error_entry
from kernel_magics.quality.profile import profile
from kernel_magics.quality.profile_view import profile_html
from kernel_magics.values import VALUES


def run(arguments: argparse.Namespace) -> int:
    """Check a notebook.

    Raises:
        DataflowError: it cannot be read or linked.
    """
    session = Session(VALUES)
    results: dict[str, CheckResult] = {}
    errors: list[DataflowError] = []
    warned: list[DataflowError] = []
    unknown: list[str] = []
    if Path(arguments.source).suffix == ".py":
        return _module(arguments)
    _refuse_given(arguments)
    try:
        notebook = read_notebook(arguments.source)
        session = Session(VALUES, outside=notebook.outside)
        with working_beside(arguments.source):
            session.register(*notebook.sources(), load=False)
            _judge(session, errors, warned, results)
            if arguments.types:
                errors += type_errors(session.graph, session.runtime.namespace)
            unknown = _point_in_time(session, errors) if arguments.point_in_time and not errors else []
    except DataflowError as error:
        errors.append(error)
    private = private_nodes(session.graph)
    report = check_report(session.graph, results, errors, Path(arguments.source).name, private)
    if arguments.html:
        write_text(Path(arguments.html), check_page(report, _profiles(session, private)))
    summary = _summary(session, errors, warned, private) | {"results": report["checks"], "unknown": unknown}
    if arguments.json:
        say(json.dumps(summary, indent=1, ensure_ascii=False))
    else:
        for found in [*errors, *warned]:
            say_aside("\n".join(found.lines()))
        counts = ", ".join(_count(summary[word + "s"], word) for word in ("node", "check", "test"))
        say(f"{counts}: {_verdict(errors, warned)}")
        _say_unknown(unknown)
    return 1 if errors else 0


def _say_unknown(names: Sequence[str]) -> None:
    if names:
        say(f"not known whether they are point-in-time (dagbook nature says why): {', '.join(names)}")


def _module(arguments: argparse.Namespace) -> int:
    """Check the types of a module, or whether it reads the future; it is imported, and has no cells to run.

    Raises:
        UsageError: DB002 for another check.
        DataflowError: inputs (DB306, DB403, DB406, DB408).
    """
    if not arguments.types and not arguments.point_in_time:
        hint = (
            "a module's checks run with `dagbook run`; --types checks its types, and --point-in-time "
            "looks for nodes that read the future."
        )
        raise UsageError("DB002", f"'{arguments.source}' is no notebook.", hint=hint)
    graph, errors, good = Graph(), list[DataflowError](), list[str]()
    if arguments.types:
        module = import_file(arguments.source)
        graph = hamilton.read([module]).graph
        errors += type_errors(graph, vars(module))
        good.append("types agree")
    unknown: list[str] = []
    if arguments.point_in_time:
        version = load_version(arguments.source)
        graph = version.flow._flow.graph
        unknown = _leaks(graph, learned(version, arguments, []), errors)
        good.append("no leak of the future")
    summary = {
        "ok": not errors,
        "nodes": len(graph.nodes),
        "errors": [error_entry(each, ()) for each in errors],
        "unknown": unknown,
    }
    if arguments.json:
        say(json.dumps(summary, indent=1, ensure_ascii=False))
    else:
        for found in errors:
            say_aside("\n".join(found.lines()))
        verdict = _count(len(errors), "error") if errors else ", ".join(good)
        say(f"{_count(len(graph.nodes), 'node')}: {verdict}")
        _say_unknown(unknown)
    return 1 if errors else 0


def _refuse_given(arguments: argparse.Namespace) -> None:
    """Refuse what only a module needs: a notebook has samples, and says keys and times itself.

    Raises:
        UsageError: DB002.
    """
    given = {
        "--input": arguments.input,
        "--param": arguments.param,
        "--key": arguments.key,
        "--time": arguments.time,
    }
    option = next((name for name, value in given.items() if value), None)
    if option is not None:
        raise UsageError(
            "DB002",
            f"{option} belongs to the check of a module.",
            hint="a notebook is checked on its samples; `%%inputs --key … --time …` says keys and times.",
        )


def _point_in_time(session: Session, errors: list[DataflowError]) -> list[str]:
    """Collect leaks of the future; the nodes of which it is not known whether they leak."""
    made = world.session_world(session)
    found = natures.learn_natures(
        made, learning=natures.Learning(memory=kept.Kept(kept.FOLDER, writes=False))
    )
    return _leaks(session.graph, found, errors)


def _leaks(graph: Graph, found: natures.Natures, errors: list[DataflowError]) -> list[str]:
    """Collect leaks; the nodes of which it is not known whether they leak."""
    errors += [leak_error(graph, [leak]) for leak in found.leaks]
    leaking = {leak.node for leak in found.leaks}
    unknown = [name for name, nature in found.items() if nature.own.point_in_time.holds is None]
    return [name for name in unknown if name not in leaking]


def _profiles(session: Session, private: Collection[str]) -> str:
    """The profiles of the values, as HTML; types and counts alone of private ones."""
    graph = session.graph
    made = {
        name: counted(profile(memo.value), None if name in private else ())
        for name, memo in session.memos.items()
        if memo.error is None and memo.value is not MISSING and graph.node(name).kind in ("input", "value")
    }
    return f"<h2>Values</h2>\n{profile_html(made)}" if made else ""


def _judge(
    session: Session,
    errors: list[DataflowError],
    warned: list[DataflowError],
    results: dict[str, CheckResult],
) -> None:
    """Run everything; collect the errors."""
    graph = session.graph
    session.params()
    for name in dict.fromkeys(name for names in session.waiting().values() for name in names):
        errors.append(waiting_error(graph, name, session.params()))
    for event in session.compute():
        if isinstance(event, Failed):
            errors.append(event.error)
        elif isinstance(event, Noticed):
            say_aside(event.line)
        elif isinstance(event, Finished) and isinstance(event.value, CheckResult):
            results[event.name] = event.value
            if not event.value.held:
                found = errors if event.value.severity == "fail" else warned
                found.append(check_error(event.value, graph.node(event.name).ref))
    for name in graph.nodes:
        readers = session.generator_readers(name)
        if readers:
            warned.append(shared_generator(name, graph.node(name).ref, readers))
    for cell, _ in graph.tests():
        result = session.test(cell)
        if result.error is not None:
            errors.append(result.error)
        elif result.waiting:
            errors.append(waiting_error(graph, result.waiting[0]))


def _summary(
    session: Session, errors: list[DataflowError], warned: list[DataflowError], private: Collection[str]
) -> dict[str, Any]:
    kinds = [session.graph.node(name).kind for name in session.graph.nodes]
    return {
        "ok": not errors,
        "nodes": kinds.count("value"),
        "checks": kinds.count("check"),
        "tests": len(session.graph.tests()),
        "errors": [error_entry(error, private) for error in errors],
        "warnings": [error_entry(error, private) for error in warned],
    }


def _verdict(errors: list[DataflowError], warned: list[DataflowError]) -> str:
    if errors:
        return _count(len(errors), "error")
    return "all pass" + (f", {_count(len(warned), 'warning')}" if warned else "")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
