"""Tools for assistants: what a program that speaks the Model Context Protocol may ask about notebooks.

Reading executes nothing of a notebook. `run`, `check` and `preview_export` execute it in a process of their
own, as the commands do, and write nothing; `export` writes the module and its tests.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kernel_magics.assist import Document, DocumentCell, problems
from kernel_magics.engine.errors import DataflowError, RunError, SourceError, UsageError, quoted
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.unknown import unknown_name
from kernel_magics.loading.files import read_graph
from kernel_magics.loading.unseen import unseen_in
from kernel_magics.notebook import read_notebook
from kernel_magics.view import lineage_table
from kernel_magics.view.build import static_view

_SHOWN: Final = ("name", "kind", "inputs", "type", "doc", "tags", "cell", "group", "family", "waiting")
_RAN: Final = ("name", "state", "summary", "conditions", "error", "waiting")
_LONGEST: Final = 20_000
"""Signs of a command's output that an answer may have."""


@dataclass(frozen=True)
class Tools:
    """Tools over the notebooks and modules below a folder.

    Attributes:
        folder: nothing outside is read.
        seconds: how long a notebook may run.
    """

    folder: Path
    seconds: float = 600.0

    def notebooks(self) -> list[str]:
        """The notebooks and modules below the folder that define a dataflow."""
        return list(self._dataflows())

    def nodes(self, file: str, imports: bool = False) -> list[dict[str, Any]]:
        """Every node of a notebook or module: inputs, params, values and checks. Executes nothing.

        A module with decorators of Apache Hamilton shows all its nodes, tags and checks only with
        imports=true, which imports the module in a process of its own; `not_run` names those left out.
        """
        if imports:
            return [{key: node[key] for key in _SHOWN} for node in self._imported(file)["nodes"]]
        rows = [{key: node[key] for key in _SHOWN} for node in static_view(*self._read(file))["nodes"]]
        unseen = unseen_in(self._path(file))
        return [{**row, **_not_run(unseen.get(row["name"], ()))} for row in rows]

    def lineage(self, file: str, node: str, imports: bool = False) -> list[dict[str, Any]]:
        """What a node comes from and what it feeds. Executes nothing; imports=true is that of `nodes`."""
        view = self._imported(file, node) if imports else static_view(*self._read(file, node))
        return [dict(row) for row in lineage_table(view, node)]

    def source(self, file: str, node: str, imports: bool = False) -> dict[str, Any]:
        """The code of a node, with its cell, and its checks. Executes nothing; imports as in `nodes`."""
        found = self._imported(file, node) if imports else static_view(*self._read(file, node))
        view = {each["name"]: each for each in found["nodes"]}
        named = re.compile(rf"(?:check|warn)_{re.escape(node)}(?:_\d+)?")  # what validators become
        checks = [
            each
            for each in view.values()
            if each["kind"] == "check" and (node in each["inputs"] or named.fullmatch(each["name"]))
        ]
        keys = ("name", "kind", "cell", "cell_id", "line", "type", "doc", "source", "variants")
        return {
            **{key: view[node][key] for key in keys},
            "checks": [{"name": each["name"], "source": each["source"]} for each in checks],
        }

    def problems(self, file: str) -> list[dict[str, Any]]:
        """What is wrong with a notebook's cells, with a hint for each problem. Executes nothing."""
        notebook = read_notebook(self._notebook(file))
        document = Document.of(
            DocumentCell(cell.id, "code" if cell.type == "code" else "markdown", cell.source)
            for cell in notebook.cells
        )
        return [problem.to_json() for problem in problems(document)]

    def run(self, file: str, nodes: list[str] | None = None) -> dict[str, Any]:
        """Compute nodes (by default all) of a notebook on its samples; the answer summarizes values."""
        names = list(nodes or ())
        self._notebook(file)
        self._read(file, *names)
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "result.json"
            done = self._python("-m", "kernel_magics.cli.mcp_run", str(self._path(file)), str(target), *names)
            if not target.exists():
                raise RunError(
                    "DB301", f"the run of '{file}' failed: {_cut(done.stderr or done.stdout)}", hint=""
                )
            found = json.loads(target.read_text(encoding="utf-8"))
        return {
            "nodes": [{key: node[key] for key in _RAN} for node in found],
            "printed": _cut(done.stdout),
        }

    def check(self, file: str) -> dict[str, Any]:
        """Run all nodes, checks and tests of a notebook, as `dagbook check` does. Writes nothing."""
        self._notebook(file)
        done = self._command("check", file, "--json")
        try:
            return dict(json.loads(done.stdout))
        except ValueError:
            return {"ok": False, "errors": [_cut(done.stderr or done.stdout)]}

    def preview_export(self, file: str, module: str, target: str = "module") -> dict[str, Any]:
        """The diff that an export of a notebook to a module would make. Writes nothing."""
        return _told(self._export(file, module, target, "--check"))

    def export(self, file: str, module: str, target: str = "module") -> dict[str, Any]:
        """Export a notebook to a module and its tests, proven equal to the notebook. Writes these files."""
        return _told(self._export(file, module, target))

    def _export(self, file: str, module: str, target: str, *more: str) -> subprocess.CompletedProcess[str]:
        self._notebook(file)
        return self._command("export", file, "-o", str(self._path(module)), "--target", target, *more)

    def _command(self, command: str, file: str, *more: str) -> subprocess.CompletedProcess[str]:
        return self._python("-m", "kernel_magics", command, str(self._path(file)), *more)

    def _python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python in a process of its own, which cannot read what the client sends."""
        try:
            return subprocess.run(
                [sys.executable, *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RunError(
                "DB301",
                f"it ran for more than {self.seconds:g} s, and was ended.",
                hint="ask for fewer nodes.",
            ) from None

    def _path(self, file: str) -> Path:
        """The path of a file below the folder.

        Raises:
            UsageError: DB002 for a file elsewhere.
        """
        path = (self.folder / file).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            hint = "start `dagbook mcp` with the folder of that file."
            raise UsageError("DB002", f"'{file}' is not below '{self.folder}'.", hint=hint)
        return path

    def _notebook(self, file: str) -> Path:
        """The path of a notebook.

        Raises:
            UsageError: DB002 for a module, which has no samples to run on.
        """
        path = self._path(file)
        if path.suffix == ".py":
            hint = "ask for its `nodes`, `lineage` or `source`; `dagbook run` computes it on files."
            raise UsageError("DB002", f"'{file}' is a module, not a notebook with samples.", hint=hint)
        return path

    def _read(self, file: str, *nodes: str) -> tuple[Graph, str]:
        """The graph of a file, which has these nodes, and its title.

        Raises:
            UsageError: DB308 for a node that it does not have.
        """
        try:
            graph, title = read_graph(str(self._path(file)))
        except SourceError as error:
            if error.code != "DB442":
                raise
            hint = "the module was not run: ask again with imports=true, which imports it."
            raise SourceError("DB442", error.message, hint=hint, names=error.names) from None
        for node in nodes:
            if node not in graph.nodes:
                raise unknown_name(graph, node)
        return graph, title

    def _imported(self, file: str, *nodes: str) -> dict[str, Any]:
        """The static view of a module that is imported in a process of its own, which has these nodes.

        Raises:
            UsageError: DB002 for a node that it does not have.
            SourceError: DB404 where it cannot be imported or linked.
        """
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "view.json"
            done = self._command("graph", file, "--import", "-o", str(target))
            if not target.exists():
                said = _cut(done.stderr or done.stdout)
                raise SourceError("DB404", f"'{file}' cannot be imported: {said}", hint="")
            view = dict(json.loads(target.read_text(encoding="utf-8")))
        known = [node["name"] for node in view["nodes"]]
        for node in nodes:
            if node not in known:
                hint = f"its nodes are {quoted(known)}."
                raise UsageError("DB002", f"'{file}' has no node '{node}'.", hint=hint)
        return view

    def _dataflows(self) -> Iterator[str]:
        for path in sorted(self.folder.rglob("*")):
            inside = path.relative_to(self.folder)
            hidden = any(part.startswith((".", "_")) or part == "node_modules" for part in inside.parts)
            if hidden or path.suffix not in (".ipynb", ".py") or path.name.startswith("test_"):
                continue
            try:
                if any(node.kind == "value" for node in self._read(str(inside))[0]):
                    yield inside.as_posix()
            except (DataflowError, OSError) as error:
                unread = getattr(error, "code", "") == "DB442"  # a module that `nodes` can import
                if unread or path.suffix == ".ipynb":  # `problems` says what is wrong with it
                    yield inside.as_posix()


def _not_run(decorators: Sequence[str]) -> dict[str, list[str]]:
    return {"not_run": list(decorators)} if decorators else {}


def _told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return {"ok": done.returncode == 0, "said": _cut("\n".join(filter(None, [done.stdout, done.stderr])))}


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n… and {len(text) - _LONGEST:,} more signs"


def reading(tools: Tools) -> Sequence[Any]:
    """The tools that write nothing."""
    return (
        tools.notebooks,
        tools.nodes,
        tools.lineage,
        tools.source,
        tools.problems,
        tools.run,
        tools.check,
        tools.preview_export,
    )
