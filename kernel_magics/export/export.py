"""An export makes a module with tests of a session, proves both in a clean process, and then writes them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from kernel_magics.engine.errors import CheckError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.run.check import CheckResult, all_errors, check_error
from kernel_magics.engine.run.event import Failed
from kernel_magics.engine.session.impure import impure_nodes
from kernel_magics.engine.session.session import Session
from kernel_magics.export.absolute import absolute_paths
from kernel_magics.export.atomic_write import atomic_write
from kernel_magics.export.baseline import baseline_text
from kernel_magics.export.clean.pickling import Candidate
from kernel_magics.export.clean.proof import Proof, prove
from kernel_magics.export.clean.testrun import TestRun, run_tests
from kernel_magics.export.draft import Draft, Texts, make_draft, shown
from kernel_magics.export.drift import drift
from kernel_magics.export.examples.examples import Examples
from kernel_magics.export.existing import leftovers, read_existing, refuse_lost, refuse_lost_code
from kernel_magics.export.guards import (
    exported_sources,
    refuse_absent,
    refuse_changed,
    refuse_unfinished,
    tests_failed,
)
from kernel_magics.export.layout import Kind, make_layout
from kernel_magics.export.package.tables import describe
from kernel_magics.export.report import Report
from kernel_magics.export.secrets import refuse_secrets

Progress = Callable[[str], None]


def export_flow(
    session: Session,
    title: str,
    source_name: str,
    target: Path,
    tests: Path | None = None,
    run: bool = True,
    check: bool = False,
    examples: Literal["keep", "refresh"] = "keep",
    allow_secrets: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    kind: Kind = "module",
    draw: Callable[[Graph, str], str] | None = None,
) -> Report:
    """Export a session whose cells are registered in notebook order.

    Args:
        title: the notebook's name without suffix.
        source_name: file name of the notebook.
        target: path of the module; the folder of a package.
        tests: folder for the tests; beside the module by default.
        run: compute, prove and test; without it only texts are written.
        check: write nothing, and report how the files differ from what would be written.
        examples: keep recorded examples as long as they hold, or record them anew.
        force: overwrite a module that was edited, or that Dagbook did not write.
        progress: called with a word for each stage.
        kind: a module, a module for Apache Hamilton, or an installable package.
        draw: gives the SVG picture of a graph with a title, for a package.

    Raises:
        DataflowError: nothing is written, and the files there stand.
    """
    started = time.perf_counter()
    say = progress or (lambda stage: None)
    layout = make_layout(target, tests, kind)
    graph = session.graph
    refuse_unfinished(graph)
    if not allow_secrets:
        refuse_secrets(exported_sources(graph))
    existing = read_existing(layout, layout.all)
    if not (check or force):
        refuse_lost(existing, layout, again=examples == "refresh")
    if run:
        refuse_absent(kind)
        say("computing")
        _compute(session)
    seen, known = _seen(session) if run else (None, None)
    draft = make_draft(graph, title, source_name, kind, layout, seen, draw, known)
    if not (check or force):
        refuse_lost_code(existing[layout.module], layout.module, draft.module.text)
    old = draft.recorded() if examples == "keep" else Examples()
    report = Report(
        nodes=sum(node.kind == "value" for node in graph),
        checks=sum(node.kind == "check" for node in graph),
        warnings=(*draft.module.notes, *absolute_paths(exported_sources(graph)), *leftovers(layout.all)),
        checked=check,
    )
    if check or not run:
        texts = draft.texts(old)
        report = replace(report, examples=texts.examples.count)
    else:
        texts, report = _proven(session, draft, old, report, say)
    if check:
        report = replace(report, drift=drift(texts.files, layout.module))
    else:
        say("writing")
        report = replace(report, written=tuple(map(shown, atomic_write(texts.files, existing, layout.root))))
    return replace(
        report,
        files=tuple(map(shown, texts.files)),
        warnings=(*report.warnings, *texts.notes),
        seconds=time.perf_counter() - started,
    )


def _compute(session: Session) -> None:
    """Bring every node up to date; a failure stops the export, and so do failed checks, all together."""
    graph = session.graph
    for event in session.compute(graph.names()):
        if isinstance(event, Failed):
            raise event.error
    failed: list[CheckError] = []
    for name in graph.names():
        memo = session.memos.get(name)
        if memo is not None and memo.error is not None:
            raise memo.error
        result = memo.value if memo is not None else None
        if isinstance(result, CheckResult) and not result.held and result.severity == "fail":
            failed.append(check_error(result, graph.node(name).ref))
    if failed:
        raise all_errors(failed)


def _seen(session: Session) -> tuple[dict[str, str], dict[str, Any]]:
    """The types of the values, and what the samples say about files to read them from."""
    values = {name: memo.value for name, memo in session.memos.items() if memo.error is None}
    types = {name: session.values.type_name(value) for name, value in values.items()}
    inputs = [node.name for node in session.graph if node.kind == "input" and node.name in values]
    return types, {name: describe(values[name]) for name in inputs}


def _proven(
    session: Session, draft: Draft, old: Examples, report: Report, say: Progress
) -> tuple[Texts, Report]:
    """The export's files after the proof and the test run, and the report on them."""
    say("proving")
    layout, module = draft.layout, draft.module
    neighbours = (str(layout.module.parent),)
    candidate = Candidate(layout.module.stem, module.text, module.setup, neighbours)
    document = {"nodes": dict(old.nodes), "values": dict(old.values)}
    proof = prove(session, candidate, impure_nodes(session.graph), document)
    refuse_changed(session.graph, proof)
    texts = draft.texts(Examples(proof.recorded.get("nodes", {}), proof.recorded.get("values", {})))
    say("testing")
    done = run_tests(texts.files, layout.tests, neighbours)
    unsteady = _unsteady(done, old)
    if unsteady:
        kept = texts.examples
        texts = draft.texts(kept.only([name for name in kept.nodes if name not in unsteady], {}))
        done = run_tests(texts.files, layout.tests, neighbours)
    if done.failed:
        raise tests_failed(session.graph, texts.tests, done)
    changing = {*proof.impure, *proof.recorded.get("unstable", ()), *unsteady}
    baseline = {layout.baseline: baseline_text(session, changing)}
    return replace(texts, files={**texts.files, **baseline}), replace(
        report,
        tests=done.tests,
        examples=texts.examples.count,
        proven=len(proof.compared),
        unproven=proof.skipped,
        warnings=(*report.warnings, *_notes(session.graph, proof, unsteady)),
    )


def _unsteady(done: TestRun, old: Examples) -> list[str]:
    """Functions that gave other values when recorded a moment ago: they depend on the order of a set, say.

    Nothing when anything else fails, too.
    """
    names = [name.removeprefix("test_example[").removesuffix("]") for name in done.failed]
    examples = all(name.startswith("test_example[") for name in done.failed)
    return names if examples and not any(name in old.nodes for name in names) else []


def _notes(graph: Graph, proof: Proof, unsteady: list[str]) -> list[str]:
    cells = {node.function: node.cell for node in graph}
    found = [
        f"'{name}' in cell {cells[name]} reads {what}: its values are not recorded as examples."
        for name, what in proof.impure.items()
    ]
    found += [
        f"'{name}' in cell {cells[name]} gives another value each time: it is not recorded."
        for name in [*proof.recorded.get("unstable", []), *unsteady]
    ]
    return [*found, *proof.recorded.get("notes", [])]
