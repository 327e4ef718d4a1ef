"""The test file contains the notebook's test cells and runs the recorded examples beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kernel_magics.engine.cells.definition import Cell, Code
from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.run.testing import undefined_names
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.export.examples.test_runtime import example_runtime
from kernel_magics.export.module.checksum import BLANK, write_hash
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.format import format_python
from kernel_magics.export.module.imports import used_statements
from kernel_magics.export.module.style import PLAIN, Style

_OWN = frozenset(
    {
        "EXAMPLES",
        "NATURES",
        "test_example",
        "test_nature",
        "recorded",
        "json",
        "Path",
        "pytest",
        "sys",
        "asyncio",
        "annotations",
    }
)


@dataclass(frozen=True, slots=True)
class Names:
    """The names in a test file.

    Attributes:
        module: name of the module under test.
        source: file name of the notebook.
        folder: path from the tests' folder to the one to import from, however pytest is run.
        setup: names of the setup in the module, by the name they have there.
        package: the package that contains the module; "" for none.
    """

    module: str
    source: str
    folder: str
    setup: Mapping[str, str]
    package: str = ""

    @property
    def path(self) -> str:
        """The module as it is imported."""
        return f"{self.package}.{self.module}" if self.package else self.module

    @property
    def statement(self) -> str:
        """The import of the module itself."""
        return f"from {self.package} import {self.module}" if self.package else f"import {self.module}"


@dataclass(frozen=True, slots=True)
class TestFile:
    """A test file: its text, and the cell that each test function comes from."""

    __test__ = False

    text: str
    cells: Mapping[str, CellRef]


def make_tests(
    exported: Exported, names: Names, recorded: bool, style: Style = PLAIN, natures: bool = False
) -> TestFile:
    """The test file of a module.

    Args:
        recorded: whether there is a file of examples.
        natures: whether there is a file of natures.
        style: of the tests' folder.

    Raises:
        ExportError: DB507 when a test cell uses names that do not exist.
    """
    reserved = {*_OWN, names.module, *(example_runtime(natures).names if recorded or natures else ())}
    tests = exported.graph.tests()
    written = [_written(exported, names, cell, code, reserved) for cell, code in tests]
    functions = _functions(exported.graph)
    title = f"Tests of {names.module}.py, exported by Dagbook from {names.source or 'a notebook'}."
    parts = [f'"""{title}\n\nSource hash {BLANK}.\n"""']
    parts += ["import json", "import sys", "import asyncio", "from pathlib import Path", "import pytest"]
    parts += list(example_runtime(natures).imports) if recorded or natures else []
    parts += dict.fromkeys(line for part in written for line in part.imports)
    below = "" if names.folder == "." else f" / {names.folder!r}"
    parts.append(f"sys.path.insert(0, str(Path(__file__).resolve().parent{below}))")
    imported = sorted({line for part in written for line in part.names})
    parts.append("# isort: split")  # whether ruff counts the module as our own depends on where ruff runs
    parts += [names.statement] if recorded or natures or not written else []
    parts += [f"from {names.path} import {line}" for line in imported]
    parts += [
        'EXAMPLES = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))'
    ] * recorded
    parts += [
        'NATURES = json.loads(Path(__file__).with_suffix(".natures.json").read_text(encoding="utf-8"))'
    ] * natures
    parts += dict.fromkeys(line for part in written for line in part.statements)
    parts += ["\n\n# --- Written in the notebook ---\n"] if written else []
    for part, (name, _) in zip(written, functions, strict=True):
        parts.append(part.text.replace("def test(", f"def {name}(", 1))
    parts += [_examples(names)] if recorded else []
    parts += [_natures(names)] if natures else []
    parts += [_RUNTIME, example_runtime(natures).code] if recorded or natures else []
    text = write_hash(format_python("\n".join(parts) + "\n", (names.package or names.module,), style))
    return TestFile(text, dict(functions))


@dataclass(frozen=True, slots=True)
class _Written:
    """A test cell as a function, and what it needs at the top of the file."""

    text: str
    names: tuple[str, ...]
    imports: tuple[str, ...]
    statements: tuple[str, ...]


def _functions(graph: Graph) -> list[tuple[str, CellRef]]:
    """Name of the test function of each test cell, and the cell."""
    taken = {"test_example", "test_nature"}
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
            hint="write the name of a node, or define it in a %%setup cell.",
            names=absent,
        )


def _examples(names: Names) -> str:
    return f"""

# --- Recorded examples: each node, on the sample and on unusual inputs, gives what was recorded ---


@pytest.fixture(scope="module")
def recorded():
    return Recorded(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES["nodes"])
def test_example(name, recorded):
    problems = recorded.problems(name, getattr({names.module}, name))
    place = f"cell {{EXAMPLES['nodes'][name]['cell']}} of {names.source or "the notebook"}"
    assert not problems, "\\n".join([f"{{name}} ({{place}}) gives other values than recorded:", *problems])
"""


def _natures(names: Names) -> str:
    return f"""

# --- Natures: what each node depends on, found by experiment, stays so ---


@pytest.mark.parametrize(
    ("name", "claim"), [(name, claim) for name, node in NATURES["nodes"].items() for claim in node["claims"]]
)
def test_nature(name, claim):
    node = NATURES["nodes"][name]
    given = {{key: decode(NATURES["values"][label]) for key, label in node["given"].items()}}
    problem = nature_problem(getattr({names.module}, node["function"]), given, node["claims"][claim])
    assert problem == "", f"{{name}} is not {{claim}} any more: {{problem}}"
"""


_RUNTIME = """

# --- Running the examples and reading recorded values (the same in every exported test file) ---

"""
