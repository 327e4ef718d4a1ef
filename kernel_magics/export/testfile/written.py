"""The test cells of a notebook as test functions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from kernel_magics.engine.cells.definition import Cell, Code
from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.plan import missing_hint
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.run.testing import undefined_names
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.imports import used_statements
from kernel_magics.export.testfile.section import Names, Section

_TOP: Final = frozenset({"sys", "Path", "pytest", "asyncio", "annotations"})
"""What the top of every test file may bind."""


def written_sections(exported: Exported, names: Names, taken: Collection[str]) -> list[Section]:
    """One section with all test cells; none without any.

    Args:
        taken: names that other sections bind at the top of the file.

    Raises:
        ExportError: DB507 when a test cell uses names that do not exist.
    """
    functions = _functions(exported.graph, taken)
    reserved = {*_TOP, *taken}
    written = [_written(exported, names, cell, code, reserved) for cell, code in exported.graph.tests()]
    texts = [
        part.text.replace("def test(", f"def {name}(", 1)
        for part, (name, _) in zip(written, functions, strict=True)
    ]
    lines = sorted({line for part in written for line in part.names})
    section = Section(
        title="Written in the notebook",
        text="\n".join(texts),
        imports=("import pytest", "import asyncio", *(line for part in written for line in part.imports)),
        below=tuple(f"from {names.path} import {line}" for line in lines),
        statements=tuple(line for part in written for line in part.statements),
        cells=dict(functions),
    )
    return [section] if written else []


@dataclass(frozen=True, slots=True)
class _Written:
    """One test cell as a function, and what it needs at the top of the file."""

    text: str
    names: tuple[str, ...]
    imports: tuple[str, ...]
    statements: tuple[str, ...]


def _functions(graph: Graph, reserved: Collection[str]) -> list[tuple[str, CellRef]]:
    """Name of the test function of each test cell, and the cell."""
    taken = set(reserved)
    found = []
    for cell, _ in graph.tests():
        name, number = f"test_{cell.subject}", 2
        while name in taken:
            name, number = f"test_{cell.subject}_{number}", number + 1
        taken.add(name)
        found.append((name, cell.ref))
    return found


def _written(exported: Exported, names: Names, cell: Cell, code: Code, reserved: set[str]) -> _Written:
    graph = exported.graph
    _refuse_unknown(graph, cell)
    called = {name: graph.node(name).function for name in code.reads if _is_callable(graph, name)}
    shared = [name for name in code.reads if name in graph.setup.names and name not in called]
    statements = used_statements(graph.setup, shared)
    own: dict[str, str] = {}
    rest = []
    for item in statements:
        if not item.is_import and item.binds and set(item.binds) <= names.setup.keys():
            own |= {name: names.setup[name] for name in item.binds}
        else:
            rest.append(item)
    local: list[str] = []
    top: list[str] = []
    for name, original in {**called, **own}.items():
        line = name if name == original else f"{original} as {name}"
        (local if name in reserved or name.startswith("test") else top).append(line)
    trace = exported.traces[cell.id]
    header = [f"    from {names.path} import {line}" for line in local]
    body = "\n".join([*header, code.text.source])
    if code.is_async:
        inner = "\n".join(f"    {row}" if row.strip() else row for row in body.split("\n"))
        body = f"    async def example():\n{inner}\n\n    asyncio.run(example())"
    return _Written(
        text=f"\n\n# cell {trace}\ndef test():\n{body}\n",
        names=tuple(top),
        imports=tuple(item.text for item in rest if item.is_import),
        statements=tuple(item.text for item in rest if not item.is_import),
    )


def _is_callable(graph: Graph, name: str) -> bool:
    return name in graph.nodes and graph.node(name).text is not None


def _refuse_unknown(graph: Graph, cell: Cell) -> None:
    absent = [name for name in undefined_names(graph, cell) if name not in builtin_names()]
    if absent:
        raise ExportError(
            "DB507",
            ("the test", cell.ref.on(), f" needs '{absent[0]}', which nothing defines."),
            hint=missing_hint(graph, absent[0])
            if absent[0] in graph.outside()
            else "write the name of a node, or define it in a %%setup cell.",
            names=absent,
        )
