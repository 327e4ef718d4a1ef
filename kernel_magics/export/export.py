"""An export makes a module and tests from a session, proves both in a clean process, and then writes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kernel_magics.engine.errors import CheckError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.private import private_marks
from kernel_magics.engine.run.check import CheckResult, all_errors, check_error
from kernel_magics.engine.run.event import Failed, Started
from kernel_magics.engine.session.impure import impure_nodes
from kernel_magics.engine.session.session import Session
from kernel_magics.export.absolute import absolute_paths
from kernel_magics.export.atomic_write import atomic_write
from kernel_magics.export.baseline import baseline_text
from kernel_magics.export.clean.pickling import Candidate
from kernel_magics.export.clean.proof import Proof, prove
from kernel_magics.export.clean.testrun import TestRun, run_tests
from kernel_magics.export.draft import Draft, Seen, Texts, make_draft, read_text, shown
from kernel_magics.export.drift import drift
from kernel_magics.export.examples.examples import Examples
from kernel_magics.export.existing import leftovers, read_existing, refuse_lost, refuse_lost_code
from kernel_magics.export.guards import (
    refuse_absent,
    refuse_changed,
    refuse_unfinished,
    tests_failed,
)
from kernel_magics.export.layout import Layout, make_layout
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.personal import personal_notes
from kernel_magics.export.private import Private
from kernel_magics.export.report import Report
from kernel_magics.export.request import ExportRequest
from kernel_magics.export.secrets import refuse_secret_files, refuse_secrets
from kernel_magics.export.selection import select
from kernel_magics.nature.declared import declared
from kernel_magics.nature.leak import leak_error
from kernel_magics.tables.schema import schema_of

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Ready:
    """Texts that may be written, with the results of their tests and proof.

    Attributes:
        tests: number of tests that passed.
        proof: None when nothing was proved.
    """

    texts: Texts
    tests: int | None = None
    proof: Proof | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """An export that is proved and tested, and not written yet.

    Attributes:
        existing: what is at the places of its files.
    """

    draft: Draft
    texts: Texts
    proof: Proof | None
    existing: Mapping[Path, bytes | None]
    report: Report


def export_flow(session: Session, request: ExportRequest, progress: Progress | None = None) -> Report:
    """Export a session whose cells are registered in notebook order.

    Args:
        progress: called with what is done next, such as "proving".

    Raises:
        DataflowError: nothing is written; existing files are unchanged.
    """
    started = time.perf_counter()
    prepared = prepare(session, request, progress)
    report, files, layout = prepared.report, prepared.texts.files, prepared.draft.layout
    if request.check:
        report = replace(report, checked=True, drift=drift(files, layout.module))
    else:
        if progress is not None:
            progress("writing")
        written = atomic_write(files, prepared.existing, layout.root)
        report = replace(report, written=tuple(map(shown, written)))
    return replace(report, seconds=time.perf_counter() - started)


def prepare(session: Session, request: ExportRequest, progress: Progress | None = None) -> Prepared:
    """Everything but the writing; see `export_flow`."""
    say = progress or (lambda stage: None)
    layout = make_layout(request.target, request.tests, request.kind)
    selection = select(session, request)
    session = selection.session
    exported = _accepted(session.graph, request)
    existing = _existing(layout, request)
    seen = _seen(session, request, say) if request.run else None
    natures = _natures(session, request, say) if request.run else read_text(layout.natures)
    say("making the module")
    draft = make_draft(exported, request, layout, seen, natures)
    if request.guarded:
        refuse_lost_code(existing[layout.module], layout.module, draft.module.text)
    notes = (*selection.notes, *draft.module.notes, *absolute_paths(exported.sources()))
    notes = (*notes, *leftovers(layout.all))
    private = draft.seen.private if draft.seen is not None else Private(private_marks(session.graph))
    old = private.without(draft.recorded()) if request.examples == "keep" else Examples()
    ready = _proven(session, draft, old, say) if request.proves else _Ready(draft.texts(old))
    files = ready.texts.files
    if not request.allow_secrets:
        refuse_secret_files(files, private.names)
    notes = (*notes, *private.refuse_leaks(files, layout.module), *personal_notes(files, private.names))
    return Prepared(draft, ready.texts, ready.proof, existing, _report(exported, ready, notes))


def _accepted(graph: Graph, request: ExportRequest) -> Exported:
    """What is exported, after all checks that need no run."""
    refuse_unfinished(graph)
    exported = Exported.of(graph)
    if not request.allow_secrets:
        refuse_secrets(exported.sources())
    return exported


def _existing(layout: Layout, request: ExportRequest) -> dict[Path, bytes | None]:
    """The existing files, after a check that they may be overwritten."""
    existing = read_existing(layout, layout.all)
    records = request.run or layout.examples.exists()  # otherwise nothing needs the example runtime
    if request.guarded:
        guarded = {path: there for path, there in existing.items() if records or path != layout.runtime}
        refuse_lost(guarded, layout, again=request.examples == "refresh")
    return existing


def _seen(session: Session, request: ExportRequest, say: Progress) -> Seen:
    """Compute every node; returns the types and schemas of the values."""
    refuse_absent(request.kind)
    with request.place():
        _compute(session, say)
    values = {name: memo.value for name, memo in session.memos.items() if memo.error is None}
    types = {name: session.values.type_name(value) for name, value in values.items()}
    inputs = [node.name for node in session.graph if node.kind == "input" and node.name in values]
    private = Private.of(private_marks(session.graph), {name: values[name] for name in inputs})
    found = {name: schema_of(values[name]) for name in inputs}
    schemas = {name: private.schema(name, schema) for name, schema in found.items() if schema is not None}
    return Seen(types, schemas, private)


def _natures(session: Session, request: ExportRequest, say: Progress) -> str:
    """The file of natures, for a notebook that declares keys or times; else "".

    Raises:
        RunError: DB341 for nodes that read the future.
    """
    if not (declared(session.graph, "--key") or declared(session.graph, "--time")):
        return ""
    from kernel_magics.export.claims import claims_text  # noqa: PLC0415  # need pandas, half a second
    from kernel_magics.nature import kept, natures, world  # noqa: PLC0415  # as above

    say("trying natures")
    with request.place():
        made = world.session_world(session)
        learning = natures.Learning(memory=kept.Kept(kept.FOLDER, writes=not request.check))
        found = natures.learn_natures(made, learning=learning)
        if found.leaks:
            raise leak_error(session.graph, found.leaks)
        return claims_text(made, found)


def _compute(session: Session, say: Progress) -> None:
    """Bring every node up to date; a failure stops the export, and so do failed checks, all together."""
    graph = session.graph
    for event in session.compute(graph.names()):
        if isinstance(event, Started):
            say(f"computing '{event.name}'")
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


def _proven(session: Session, draft: Draft, old: Examples, say: Progress) -> _Ready:
    """The texts after the proof and the test run."""
    say("proving")
    layout, module, exported = draft.layout, draft.module, draft.exported
    neighbours = (str(layout.module.parent),)
    marks = private_marks(session.graph)
    candidate = Candidate(exported, layout.module.stem, module.text, module.setup, neighbours, marks.record())
    document = {"nodes": dict(old.nodes), "values": dict(old.values), "calls": dict(old.calls)}
    proof = prove(session, candidate, impure_nodes(session.graph), document)
    refuse_changed(exported, proof)
    texts = draft.texts(Examples(*(proof.recorded.get(part, {}) for part in ("nodes", "values", "calls"))))
    say("testing")
    done = run_tests(texts.files, layout.tests, neighbours)
    unsteady = _unsteady(done, old)
    if unsteady:
        kept = texts.examples
        texts = draft.texts(kept.only([name for name in kept.nodes if name not in unsteady], {}))
        done = run_tests(texts.files, layout.tests, neighbours)
    if done.failed:
        raise tests_failed(exported, texts.tests, done)
    changing = {*proof.impure, *proof.recorded.get("unstable", ()), *unsteady}
    baseline = {layout.baseline: baseline_text(session, changing, proof.recorded.get("hidden", {}))}
    texts = replace(texts, files={**texts.files, **baseline})
    return _Ready(texts, done.tests, proof, tuple(_notes(exported, proof, unsteady)))


def _report(exported: Exported, ready: _Ready, notes: tuple[str, ...]) -> Report:
    """The report of an export before anything is written."""
    texts, proof = ready.texts, ready.proof
    return Report(
        nodes=sum(node.kind == "value" for node in exported.graph),
        checks=sum(node.kind == "check" for node in exported.graph),
        tests=ready.tests,
        examples=texts.examples.count,
        proven=len(proof.compared) if proof else None,
        unproven=proof.skipped if proof else {},
        files=tuple(map(shown, texts.files)),
        warnings=(*notes, *ready.notes, *texts.notes),
    )


def _unsteady(done: TestRun, old: Examples) -> list[str]:
    """Functions that reproduced their values a moment ago and fail now, such as by the order of a set.

    Empty when any other test fails, too.
    """
    names = [name.removeprefix("test_example[").removesuffix("]") for name in done.failed]
    examples = all(name.startswith("test_example[") for name in done.failed)
    return names if examples and not any(name in old.nodes for name in names) else []


def _notes(exported: Exported, proof: Proof, unsteady: list[str]) -> list[str]:
    cells = exported.cells
    found = [
        f"'{name}' in cell {cells[name].label} reads {what}: its values are not recorded as examples."
        for name, what in proof.impure.items()
    ]
    found += [
        f"'{name}' in cell {cells[name].label} gives another value each time: it is not recorded."
        for name in [*proof.recorded.get("unstable", []), *unsteady]
    ]
    return [*found, *proof.recorded.get("notes", [])]
