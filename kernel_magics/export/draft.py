"""A draft is an export in progress: its request, its layout, and the texts made so far."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kernel_magics.engine import ordinary
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.rows import written_out
from kernel_magics.engine.source.tree import Function
from kernel_magics.export.examples.examples import Examples, read_examples
from kernel_magics.export.examples.runtime import later_version, runtime_text
from kernel_magics.export.layout import Layout
from kernel_magics.export.module.checksum import BLANK, write_hash
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.hamilton import hamilton_dialect
from kernel_magics.export.module.hints import Hints, make_hints
from kernel_magics.export.module.module import Module, make_module
from kernel_magics.export.module.style import find_style
from kernel_magics.export.module.variants import python_dialect
from kernel_magics.export.package.package import look_around, make_package
from kernel_magics.export.private import NOTHING, Private
from kernel_magics.export.request import ExportRequest
from kernel_magics.export.testfile.section import Names
from kernel_magics.export.testfile.testfile import TestFile, make_tests
from kernel_magics.tables.schema import Schema, schemas_text

_DIALECTS = {"hamilton": hamilton_dialect}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the values of a run show.

    Attributes:
        types: of the values, by name.
        schemas: of inputs that are tables, by name.
        private: what no file may hold.
    """

    types: Mapping[str, str]
    schemas: Mapping[str, Schema]
    private: Private = NOTHING


@dataclass(frozen=True, slots=True)
class Texts:
    """The files of an export, its test file, the examples of functions that still exist, and notes."""

    files: Mapping[Path, str]
    tests: TestFile
    examples: Examples
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """An export in progress.

    Attributes:
        seen: what values show; None when nothing ran.
        natures: the text of the file of natures; "" for none.
    """

    exported: Exported
    request: ExportRequest
    layout: Layout
    hints: Hints
    module: Module
    seen: Seen | None = None
    natures: str = ""

    def texts(self, recorded: Examples) -> Texts:
        """Every file of the export with these examples."""
        layout, exported = self.layout, self.exported
        traces = {node.function: exported.traces[node.cell_id] for node in exported.nodes}
        kept = recorded.only(list(traces), traces)
        source = self.request.source_name
        names = Names(layout.module.stem, source, layout.folder, self.module.setup, layout.package)
        style, natures = find_style(layout.tests.parent), bool(self.natures)
        tests = make_tests(exported, names, bool(kept.nodes), natures, style)
        files = {layout.module: self.module.text, layout.tests: tests.text}
        if kept.nodes or recorded.nodes:
            files[layout.examples] = write_hash(kept.text())
        if natures:
            files[layout.natures] = self.natures
        if kept.nodes or natures:
            there = read_text(layout.runtime)
            files[layout.runtime] = there if later_version(there) else runtime_text()
        if self.seen is not None and (self.seen.schemas or layout.schema.exists()):
            text = schemas_text(self.seen.schemas).replace("{\n", f'{{\n"hash": "{BLANK}",\n', 1)
            files[layout.schema] = write_hash(text)
        if not layout.around:
            return Texts(files, tests, kept)
        more, notes = self._package(tests.text)
        return Texts({**files, **more}, tests, kept, tuple(notes))

    def _package(self, tests: str) -> tuple[dict[Path, str], list[str]]:
        around, notes = look_around(self.module.text, tests)
        request, graph = self.request, self.exported.graph
        project = self.layout.around.get("pyproject.toml")
        around = replace(
            around,
            project=read_text(project) if project else "",
            picture=request.draw(graph, request.title) if request.draw and project else "",
            style=find_style(self.layout.module.parent),
        )
        title, source = request.title, request.source_name
        outputs = request.outputs
        return make_package(graph, self.hints, title, source, self.layout, around, outputs), notes

    def recorded(self) -> Examples:
        """The examples that are already recorded."""
        text = read_text(self.layout.examples)
        return read_examples(text, shown(self.layout.examples)) if text else Examples()


def make_draft(
    exported: Exported, request: ExportRequest, layout: Layout, seen: Seen | None, natures: str = ""
) -> Draft:
    """A draft with its module.

    Args:
        natures: see `Draft`.
        seen: what values show; None when nothing ran: types are then taken from the existing module.
    """
    graph = exported.graph
    types = seen.types if seen is not None else types_written(read_text(layout.module), graph)
    hints = make_hints(graph, types)
    style, dialect = find_style(layout.module.parent), _DIALECTS.get(request.kind, python_dialect)
    module = make_module(exported, request.source_name, hints, style, dialect)
    return Draft(exported, request, layout, hints, module, seen, natures)


def claimed(natures: str) -> dict[str, list[str]]:
    """The titles of what is claimed of each node, such as `by store`, in the text of a file of natures."""
    nodes = json.loads(natures)["nodes"] if natures else {}
    return {name: list(node["claims"]) for name, node in nodes.items()}


def types_written(text: str, graph: Graph) -> dict[str, str]:
    """Types written in the existing module, else in the notebook's functions, for an export without a run."""
    sources = [text, *(node.text.source for node in graph if node.text is not None)]
    found: dict[str, str] = {}
    for source in sources:
        try:
            found = _types(written_out(blocks(source)), graph) | found
        except (ValueError, SyntaxError):
            continue
    return found


def _types(statements: Sequence[Block], graph: Graph) -> dict[str, str]:
    names = {node.function: node.name for node in graph if node.kind == "value"}
    found: dict[str, str] = {}
    for function in (block.node for block in statements):
        if not isinstance(function, Function) or function.name.startswith("_"):
            continue
        if function.returns is not None and function.name in names:
            found[names[function.name]] = ast.unparse(function.returns)
        for arg in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]:
            if arg.annotation is not None:
                found.setdefault(arg.arg, ast.unparse(arg.annotation))
    return found


def read_text(path: Path) -> str:
    """The text of a file; "" if it cannot be read."""
    try:
        return ordinary.read_text(path)
    except (OSError, UnicodeDecodeError):
        return ""


def shown(path: Path) -> str:
    """A path relative to the working directory, if it is below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
