"""Exporting an envelope: module and tests as of a package, fitted values, a proof from the folder alone."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import DataflowError, ExportError, UsageError
from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.graph.unknown import unknown_name
from kernel_magics.engine.session.session import Session
from kernel_magics.envelope import lock, shipped
from kernel_magics.envelope.describe import (
    METRIC,
    describe_checks,
    describe_inputs,
    describe_metrics,
    describe_nodes,
    describe_outputs,
    describe_params,
    describe_source,
)
from kernel_magics.envelope.example import SIZES, make_request
from kernel_magics.envelope.folder import refuse_foreign, replace_folder, staging, write_files
from kernel_magics.envelope.keep import Kept, keep
from kernel_magics.envelope.mlmodel import environment_text, mlmodel_text
from kernel_magics.envelope.proof import Proven, prove_folder
from kernel_magics.envelope.record import NAME, folder_files, seal
from kernel_magics.envelope.requirements import Requirements, find_requirements, refuse_local
from kernel_magics.envelope.shipped.request import Form, as_json, form_of
from kernel_magics.export.clean.pickling import Candidate, dump
from kernel_magics.export.draft import claimed
from kernel_magics.export.export import Prepared, Progress, prepare
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.format import format_python
from kernel_magics.export.package.tables import outputs, shipped_text
from kernel_magics.export.package.versions import imported
from kernel_magics.export.private import NOTHING, Private
from kernel_magics.export.report import Report
from kernel_magics.export.request import ExportRequest
from kernel_magics.export.secrets import refuse_secret_files
from kernel_magics.flow import Flow, Stored
from kernel_magics.tables.schema import is_table, read_schemas
from kernel_magics.tables.values import Expected, expect
from kernel_magics.values.record import Unsupported

_SHIPPED: Final = ("model.py", "request.py", "stored.py")
_TRIED: Final = 20  # rows that are computed alone
_FORMATS: Final = {"skops": ["skops", "sklearn"], "parquet": ["pyarrow"]}


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of an envelope that are known so far.

    Attributes:
        needed: the inputs that the outputs read when fitted values are stored.
        kept: the fitted values that they read.
        private: what no file of it may contain.
    """

    session: Session
    prepared: Prepared
    candidate: Candidate
    outputs: tuple[str, ...]
    needed: tuple[str, ...]
    kept: Mapping[str, Kept]
    form: Form
    private: Private


def export_envelope(
    session: Session,
    request: ExportRequest,
    *,
    allow_pickle: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Export a session as an envelope; see `export_flow`.

    Args:
        request: its `target` is the folder, its `outputs` what the envelope is for.
        allow_pickle: store fitted values as pickles where no other format holds them.

    Raises:
        DataflowError: as `export_flow`; DB542 for a fitted value that cannot be stored, DB543 where the
            folder alone does not compute the same, DB544 for code that only this machine has.
    """
    started = time.perf_counter()
    say = progress or (lambda stage: None)
    if not request.run:
        raise UsageError("DB002", "an envelope is always proved.", hint="leave --no-run out.")
    if request.tests is not None:
        raise UsageError("DB002", "the tests of an envelope are in its folder.", hint="leave --tests out.")
    target = Path(os.path.normpath(request.target.expanduser().absolute()))
    request = replace(request, kind="envelope", target=target, outputs=_known(session, request.outputs))
    if request.guarded:
        refuse_foreign(target)
    sources = "\n".join(text.source for _, text in Exported.of(session.graph).sources())
    refuse_local(imported(sources))
    prepared = prepare(session, replace(request, check=False, force=True), progress)
    parts = _collect(session, request, prepared, allow_pickle)
    say("proving the envelope")
    with staging(target) as folder:
        new = folder / target.name
        files, notes = _files(parts, request, new)
        report = replace(prepared.report, files=(*sorted([*files, NAME]),))
        report = replace(report, warnings=(*report.warnings, *notes))
        if request.check:
            report = replace(report, checked=True, drift=_drift(target, new))
        else:
            say("writing")
            if _drift(target, new):
                replace_folder(new, target)
                report = replace(report, written=report.files)
    return replace(report, seconds=time.perf_counter() - started)


def _known(session: Session, names: Sequence[str]) -> tuple[str, ...]:
    graph = session.graph
    for name in names:
        if name not in graph.nodes:
            raise unknown_name(graph, name)
        if graph.node(name).kind != "value":
            kind = graph.node(name).kind
            raise UsageError(
                "DB308",
                f"'{name}' is no output, but {'an' if kind == 'input' else 'a'} {kind}.",
                hint="name nodes.",
            )
    return tuple(names)


def _collect(session: Session, request: ExportRequest, prepared: Prepared, allow_pickle: bool) -> _Parts:
    draft, graph = prepared.draft, session.graph
    wanted = request.outputs or tuple(
        name for name in outputs(graph, draft.hints) if METRIC not in graph.node(name).tags
    )
    if not wanted:
        raise ExportError(
            "DB503",
            "there is no node whose value is a column, so that nothing says what the envelope is for.",
            hint="name nodes with --outputs A,B.",
        )
    fitted = {name for name in graph.names() if graph.node(name).fitted}

    def reads(name: str) -> Iterable[str]:
        return () if name in fitted else graph.reads(name)

    used = {*wanted, *closure(wanted, reads)}
    module = draft.module
    candidate = Candidate(draft.exported, draft.layout.module.stem, module.text, module.setup)

    def pickled(value: Any) -> bytes | None:
        return dump(session, candidate, value) if allow_pickle else None

    kept = {
        name: keep(name, session.memos[name].value, pickled if allow_pickle else None)
        for name in graph.names()
        if name in fitted & used
    }
    needed = tuple(name for name in graph.names() if graph.node(name).kind == "input" and name in used)
    schemas = read_schemas(prepared.texts.files.get(draft.layout.schema, ""))
    hints = Dataflow(Flow(graph, session.runtime, session))
    form = form_of(
        {
            name: Expected(schemas[name]) if name in schemas else expect(*hints.declared(name))
            for name in needed
        }
    )
    private = draft.seen.private if draft.seen is not None else NOTHING
    return _Parts(session, prepared, candidate, tuple(wanted), needed, kept, form, private)


def _files(parts: _Parts, request: ExportRequest, new: Path) -> tuple[dict[str, bytes], list[str]]:
    """Make the envelope in a new folder, and prove it there; gives its files and notes."""
    draft = parts.prepared.draft
    layout, session = draft.layout, parts.session
    package, root = layout.package, layout.root
    assert root is not None, "an envelope has a folder"
    python = platform.python_version()
    files = {
        path.relative_to(root).as_posix(): text.encode() for path, text in parts.prepared.texts.files.items()
    }
    folder = layout.module.parent.relative_to(root).as_posix()
    files |= {f"{folder}/{name}": _shipped(name, package).encode() for name in _SHIPPED}
    files |= {kept.record["file"]: kept.data for kept in parts.kept.values()}
    files["MLmodel"] = mlmodel_text(package, python, parts.form).encode()
    files["python_env.yaml"] = environment_text(python).encode()
    example, answer, notes = _example(parts)
    metrics, more = describe_metrics(session)
    by_rows = _by_rows(parts)
    graph = session.graph
    report = parts.prepared.report
    schemas = read_schemas(parts.prepared.texts.files.get(layout.schema, ""))
    record: dict[str, Any] = {
        "name": layout.root.name if layout.root else package,
        "package": package,
        "source": _source(request),
        "python": python,
        "inputs": describe_inputs(graph, draft.hints, schemas, parts.needed),
        "params": describe_params(graph, draft.hints),
        "outputs": describe_outputs(session, draft.hints, parts.outputs),
        "rows": {"kind": parts.form.kind, **by_rows},
        "nodes": describe_nodes(graph, claimed(draft.natures)),
        "values": {name: kept.record for name, kept in parts.kept.items()},
        "tests": "passed",
        "tested": report.tests,
        "proof": "equal",
        "proven": report.proven,
        "unproven": dict(report.unproven),
        "checks": describe_checks(session),
        "metrics": metrics,
        "private": sorted(parts.private.names),
        "requirements": {},
    }
    write_files(new, {**files, NAME: seal(record, files)})
    proven = prove_folder(session, parts.candidate, new, package, parts.needed, parts.outputs, example)
    if example is not None:
        _refuse_other(answer, proven)
        asked = {key: value for key, value in example.items() if value}  # as a service takes it
        document = {"request": asked, "answer": proven.answer}
        files["example.json"] = f"{json.dumps(document, indent=1, ensure_ascii=False)}\n".encode()
    written = [name for name in files if name == "example.json" or fnmatch(name, "values/*.json")]
    texts = {Path(name): files[name].decode() for name in written}
    if not request.allow_secrets:
        refuse_secret_files(texts, parts.private.names)
    notes += parts.private.refuse_leaks(texts, layout.module)
    found = _requirements(parts, proven)
    files["requirements.txt"] = found.text().encode()
    locked = lock.lock(found.closure, request.target)
    if locked is not None:
        files[lock.NAME] = locked
    record["requirements"] = {"imports": dict(found.imports), "closure": dict(found.closure)}
    write_files(new, {**files, NAME: seal(record, files)})
    pickles = [name for name, kept in parts.kept.items() if kept.record["format"] == "pickle"]
    notes += [f"'{name}' is stored as a pickle: reading it runs code." for name in pickles]
    for path in new.rglob("__pycache__"):
        for compiled in path.iterdir():
            compiled.unlink()
        path.rmdir()
    return files, [*notes, *more, *found.notes]


def _source(request: ExportRequest) -> dict[str, Any]:
    with request.place():
        return describe_source(request.source_name, Path.cwd())


def _shipped(name: str, package: str) -> str:
    path = Path(shipped.__file__).with_name(name)
    text = shipped_text(path, package, "Written by Dagbook.")
    text = text.replace("kernel_magics.envelope.shipped", package)
    text = text.replace(
        "from kernel_magics.export.package import entry", f"from {package} import __main__ as entry"
    )
    return format_python(text, (package,))


def _example(parts: _Parts) -> tuple[dict[str, Any] | None, dict[str, Any], list[str]]:
    """A valid request, its answer by the notebook's own functions, and notes."""
    session = parts.session
    flow = _flow(parts)
    try:
        samples = parts.private.disguised({name: session.memos[name].value for name in parts.needed})
    except Unsupported as error:
        return None, {}, [f"there is no example.json: no fake is known of a private value ({error})."]
    reason = ""
    for size in SIZES:
        try:
            request = make_request(parts.form, samples, size)
            runs = [
                flow.run(parts.outputs, inputs=given, checks="off")
                for given in parts.form.read(request["rows"], request["inputs"])
            ]
        except DataflowError as error:
            reason = error.message
        except Exception as error:
            reason = str(error)
        else:
            found = {name: as_json(value) for name, value in runs[0].items()}
            if parts.form.kind == "values":
                found = {name: [as_json(run[name]) for run in runs] for name in parts.outputs}
            return request, found, []
    return None, {}, [f"there is no example.json: no request with few rows can be answered ({reason})."]


def _flow(parts: _Parts) -> Dataflow:
    """The notebook's own functions, with the fitted values that are stored."""
    session = parts.session
    stored = {name: session.memos[name].value for name in parts.kept}
    fitted = frozenset(node.name for node in session.graph if node.fitted)
    known = Stored(fitted, stored) if stored else None
    return Dataflow(Flow(session.graph, session.runtime, session, stored=known))


def _by_rows(parts: _Parts) -> dict[str, Any]:
    """Whether a row alone has the outputs that it has among all rows of the samples, tried with some of them.

    Returns:
        `alone`: None where requests have no rows; `tried`: how many; `reason`: why not.
    """
    session, form = parts.session, parts.form
    if form.kind not in ("frame", "columns"):
        return {"alone": True if form.kind == "values" else None, "tried": 0, "reason": ""}
    flow = _flow(parts)
    samples: dict[str, Any] = {name: session.memos[name].value for name in parts.needed}
    count = min(len(samples[name]) for name in form.tables)
    places = sorted({*range(min(count, _TRIED // 2)), *range(0, count, max(1, count // (_TRIED // 2)))})
    for place in places:
        given = {
            name: value[place : place + 1] if name in form.tables else value
            for name, value in samples.items()
        }
        try:
            found = flow.run(parts.outputs, inputs=given, checks="off")
        except DataflowError as error:
            return {
                "alone": False,
                "tried": len(places),
                "reason": f"row {place} alone fails: {error.message}",
            }
        for name in parts.outputs:
            whole: Any = session.memos[name].value
            same = is_table(whole) and len(whole) == count
            if not same or not _close(as_json(whole[place : place + 1]), as_json(found[name])):
                reason = f"'{name}' of row {place} is another without the other rows"
                return {
                    "alone": False,
                    "tried": len(places),
                    "reason": reason if same else f"'{name}' has no row for each",
                }
    return {"alone": True, "tried": len(places), "reason": ""}


def _refuse_other(answer: Mapping[str, Any], proven: Proven) -> None:
    """Refuse an envelope whose answer to the example differs from the notebook's."""
    if proven.answer is None or not _close(answer, proven.answer):
        raise ExportError(
            "DB543",
            "the envelope answers its example otherwise than the notebook.",
            hint="a node depends on more than its inputs.",
        )


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_close(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_close, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1e-9 * max(1.0, abs(one))
    return bool(one == other)


def _requirements(parts: _Parts, proven: Proven) -> Requirements:
    written = {*imported(parts.prepared.draft.module.text), "pandas", "numpy"}
    for kept in parts.kept.values():
        written |= {*_FORMATS.get(kept.record["format"], ())}
    return find_requirements(sorted(written), proven.loaded)


def _drift(target: Path, new: Path) -> str:
    """The differences between the existing folder and the new one; "" if there are none."""
    there = folder_files(target) if target.is_dir() else {}
    made = folder_files(new)
    lines = []
    for path in sorted(there.keys() | made.keys()):
        if path not in there:
            lines.append(f"{path} does not exist.")
        elif path not in made:
            lines.append(f"{path} is no file of the envelope.")
        elif there[path] != made[path]:
            lines.append(f"{path} differs.")
    record = target / NAME
    if not lines and (not record.is_file() or record.read_bytes() != (new / NAME).read_bytes()):
        lines.append(f"{NAME} differs.")
    return "\n".join(lines)
