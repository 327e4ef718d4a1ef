"""An export makes a module with tests of a session, proves both in a clean process, and then writes them."""

from __future__ import annotations

import ast
import keyword
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from kernel_magics.engine.check import CheckResult, check_error
from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.event import Failed
from kernel_magics.engine.graph import Graph
from kernel_magics.engine.session import Session
from kernel_magics.export.crossing import Candidate
from kernel_magics.export.drift import drift
from kernel_magics.export.examples import Examples, read_examples
from kernel_magics.export.guards import (
    exported_sources,
    refuse_changed,
    refuse_lost,
    refuse_unfinished,
    tests_failed,
)
from kernel_magics.export.hints import make_hints
from kernel_magics.export.impure import impure_nodes
from kernel_magics.export.module import Module, make_module
from kernel_magics.export.place import place, recover
from kernel_magics.export.proof import Proof, prove
from kernel_magics.export.report import Report
from kernel_magics.export.secrets import refuse_secrets
from kernel_magics.export.style import find_style
from kernel_magics.export.testrun import TestRun, run_tests
from kernel_magics.export.tests import Names, TestFile, make_tests
from kernel_magics.export.trace import short_ids

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Paths:
    """Where an export's files go."""

    module: Path
    tests: Path
    examples: Path

    @property
    def folder(self) -> str:
        """The module's folder as seen from the tests; "" when it is the same and no package."""
        path = os.path.relpath(self.module.parent, self.tests.parent).replace(os.sep, "/")
        return "" if path == "." and not (self.module.parent / "__init__.py").exists() else path


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
) -> Report:
    """Export a session whose cells are registered in notebook order.

    Args:
        title: the notebook's name without suffix.
        source_name: file name of the notebook.
        target: path of the module.
        tests: folder for the tests; beside the module by default.
        run: compute, prove and test; without it only texts are written.
        check: write nothing, and report how the files differ from what would be written.
        examples: keep recorded examples as long as they hold, or record them anew.
        force: overwrite a module that was edited, or that Dagbook did not write.
        progress: called with a word for each stage.

    Raises:
        DataflowError: nothing is written, and the files there stand.
    """
    started = time.perf_counter()
    say = progress or (lambda stage: None)
    paths = _paths(target, tests)
    graph = session.graph
    refuse_unfinished(graph)
    if not allow_secrets:
        refuse_secrets(exported_sources(graph))
    recover([paths.module, paths.tests, paths.examples])
    if run:
        say("computing")
        _compute(session)
    module = _module(session, source_name, paths, run)
    if not (check or force):
        refuse_lost(paths.module, module.text, _shown(paths.module))
    old = _recorded(paths) if examples == "keep" else Examples()
    report = Report(
        nodes=sum(node.kind == "value" for node in graph),
        checks=sum(node.kind == "check" for node in graph),
        warnings=tuple(module.notes),
        checked=check,
    )
    if check or not run:
        files, _, kept = _texts(graph, source_name, paths, module, old)
        report = replace(report, examples=kept.count)
    else:
        files, report = _proven(session, source_name, paths, module, old, report, say)
    if check:
        report = replace(report, drift=drift(files, paths.module))
    else:
        say("writing")
        written = place(files)
        report = replace(report, written=tuple(_shown(path) for path in written))
    return replace(report, files=tuple(map(_shown, files)), seconds=time.perf_counter() - started)


def _paths(target: Path, tests: Path | None) -> _Paths:
    name = target.stem
    if target.suffix != ".py" or not name.isidentifier() or keyword.iskeyword(name):
        raise ExportError(
            "DB508",
            f"'{target.name}' is no name of a module.",
            hint="choose a name such as features.py.",
        )
    if name in sys.stdlib_module_names or name in ("pandas", "numpy", "pytest", "kernel_magics"):
        raise ExportError(
            "DB508",
            f"a module '{name}' would hide the one of that name.",
            hint="choose a name such as features.py.",
        )
    module = target.expanduser().absolute()
    folder = tests.expanduser().absolute() if tests is not None else module.parent
    module, folder = Path(os.path.normpath(module)), Path(os.path.normpath(folder))
    return _Paths(module, folder / f"test_{name}.py", folder / f"test_{name}.json")


def _compute(session: Session) -> None:
    """Bring every node up to date; the first failure stops the export, a failed check too."""
    graph = session.graph
    for event in session.compute(graph.names()):
        if isinstance(event, Failed):
            raise event.error
    for name in graph.names():
        memo = session.memos.get(name)
        if memo is not None and memo.error is not None:
            raise memo.error
        result = memo.value if memo is not None else None
        if isinstance(result, CheckResult) and not result.held and result.severity == "fail":
            raise check_error(result, name, graph.node(name).cell)


def _module(session: Session, source_name: str, paths: _Paths, run: bool) -> Module:
    if run:
        memos = session.memos.items()
        seen = {name: session.values.type_name(memo.value) for name, memo in memos if memo.error is None}
    else:
        seen = types_written(_old_text(paths.module), session.graph)
    return make_module(
        session.graph, source_name, make_hints(session.graph, seen), find_style(paths.module.parent)
    )


def _old_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def types_written(text: str, graph: Graph) -> dict[str, str]:
    """Types that a module has: what an export without a run cannot see anew."""
    try:
        tree = ast.parse(text)
    except (ValueError, SyntaxError):
        return {}
    names = {node.function: node.name for node in graph if node.kind == "value"}
    found: dict[str, str] = {}
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or function.name.startswith("_"):
            continue
        if function.returns is not None and function.name in names:
            found[names[function.name]] = ast.unparse(function.returns)
        for arg in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]:
            if arg.annotation is not None:
                found.setdefault(arg.arg, ast.unparse(arg.annotation))
    return found


def _recorded(paths: _Paths) -> Examples:
    try:
        text = paths.examples.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return Examples()
    return read_examples(text, _shown(paths.examples))


def _texts(
    graph: Graph, source_name: str, paths: _Paths, module: Module, recorded: Examples
) -> tuple[dict[Path, str], TestFile, Examples]:
    """The export's files, its test file, and the examples that still have a function."""
    traces = short_ids(graph.cells)
    functions = [node.function for node in graph if node.text is not None]
    kept = recorded.only(functions, {node.function: traces[node.cell_id] for node in graph})
    names = Names(paths.module.stem, source_name, paths.folder, module.setup)
    tests = make_tests(graph, names, bool(kept.nodes), find_style(paths.tests.parent))
    files = {paths.module: module.text, paths.tests: tests.text}
    if kept.nodes or recorded.nodes:
        files[paths.examples] = kept.text()
    return files, tests, kept


def _proven(
    session: Session,
    source_name: str,
    paths: _Paths,
    module: Module,
    old: Examples,
    report: Report,
    say: Progress,
) -> tuple[dict[Path, str], Report]:
    """The export's files after the proof and the test run, and the report on them."""
    say("proving")
    neighbours = (str(paths.module.parent),)
    candidate = Candidate(paths.module.stem, module.text, module.setup, neighbours)
    document = {"nodes": dict(old.nodes), "values": dict(old.values)}
    proof = prove(session, candidate, impure_nodes(session.graph), document)
    refuse_changed(session.graph, proof)
    recorded = Examples(proof.recorded.get("nodes", {}), proof.recorded.get("values", {}))
    files, tests, kept = _texts(session.graph, source_name, paths, module, recorded)
    say("testing")
    done = run_tests(files, paths.tests, neighbours)
    unsteady = _unsteady(done, old)
    if unsteady:
        kept = kept.only([name for name in kept.nodes if name not in unsteady], {})
        files, tests, kept = _texts(session.graph, source_name, paths, module, kept)
        done = run_tests(files, paths.tests, neighbours)
    if done.failed:
        raise tests_failed(session.graph, tests, done)
    return files, replace(
        report,
        tests=done.tests,
        examples=kept.count,
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


def _shown(path: Path) -> str:
    """A path as a person at the working directory writes it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
