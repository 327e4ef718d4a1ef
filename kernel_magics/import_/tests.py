"""The tests of an exported module back to the cells that they came from."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from kernel_magics.engine.source.mapped import dedent, text_of
from kernel_magics.engine.source.names import body_names, builtin_names
from kernel_magics.export.module.checksum import read_sealed

_SPLIT = "# isort: split"  # stands below the imports of every exported test file


@dataclass(frozen=True, slots=True)
class WrittenTest:
    """One test cell: its id, the name of its function, the code below the magic."""

    cell: str
    function: str
    body: str

    def subject(self, names: Collection[str]) -> str:
        """The node that it is about: `cost` for `test_cost` and `test_cost_2`."""
        name = self.function.removeprefix("test_")
        base, _, number = name.rpartition("_")
        return name if name in names or not number.isdigit() or base not in names else base


@dataclass(frozen=True, slots=True)
class Tests:
    """What a test file says beside its machinery.

    Attributes:
        tests: the test cells.
        aliases: what the notebook calls a function that has another name in the module.
        setup: statements that only tests need, imports first.
    """

    tests: tuple[WrittenTest, ...] = ()
    aliases: Mapping[str, str] | None = None
    setup: tuple[str, ...] = ()


def read_tests(text: str, module: str) -> Tests:
    """Read a test file that Dagbook wrote; one that it did not write says nothing.

    Raises:
        SyntaxError: it is not Python.
    """
    tree = ast.parse(text)
    if not (ast.get_docstring(tree) or "").startswith(f"Tests of {module}.py, exported by Dagbook"):
        return Tests()
    aliases: dict[str, str] = {}
    found: list[WrittenTest] = []
    for part in read_sealed(text).parts:
        node = ast.parse(part.text).body[0]
        if isinstance(node, ast.FunctionDef):
            found.append(WrittenTest(part.cell, node.name, _body(node, part.text, module, aliases)))
    top = tree.body[: _first_function(tree)]
    for node in top:
        if isinstance(node, ast.ImportFrom) and _is_module(node, module):
            aliases |= {alias.asname: alias.name for alias in node.names if alias.asname}
    return Tests(tuple(found), aliases, tuple(_setup(top, text, module, found)))


def _first_function(tree: ast.Module) -> int:
    """Number of the first test; helpers of the setup stand above it."""
    places = (
        number
        for number, node in enumerate(tree.body)
        if isinstance(node, ast.FunctionDef) and (node.name.startswith("test") or node.name == "recorded")
    )
    return next(places, len(tree.body))


def _body(node: ast.FunctionDef, text: str, module: str, aliases: dict[str, str]) -> str:
    rows = dedent(text_of("\n".join(text.split("\n")[1:]))).source.split("\n")
    inner = node.body[-2] if len(node.body) > 1 else None
    if isinstance(inner, ast.AsyncFunctionDef) and inner.name == "example":
        rows = rows[inner.lineno - 1 :][: (inner.end_lineno or 0) - inner.lineno]
        return _without_imports("\n".join(row.removeprefix("    ") for row in rows), module, aliases)
    return _without_imports("\n".join(rows), module, aliases)


def _without_imports(body: str, module: str, aliases: dict[str, str]) -> str:
    """The body without the imports from the module that an export puts at its top."""
    first = 0
    for node in ast.parse(body).body:
        if not isinstance(node, ast.ImportFrom) or not _is_module(node, module):
            break
        aliases |= {alias.asname: alias.name for alias in node.names if alias.asname}
        first = node.end_lineno or node.lineno
    rest = "\n".join(body.split("\n")[first:]).rstrip()
    return rest.lstrip("\n") if first else rest


def _setup(top: list[ast.stmt], text: str, module: str, tests: list[WrittenTest]) -> Iterator[str]:
    """The imports and statements that the tests read, and that are no machinery."""
    rows = text.split("\n")
    own: list[ast.stmt] = []
    for node in top[1:]:
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_machinery(node):
            continue
        own.append(node)
    sources = [_source(node, rows) for node in own]
    reads = {
        name for source in [*(test.body for test in tests), *sources] for name in body_names(source).reads
    }
    reads -= {*builtin_names(), "pytest"}
    for node in top[1:]:
        if isinstance(node, ast.ImportFrom) and _is_module(node, module):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [item for item in node.names if (item.asname or item.name).partition(".")[0] in reads]
            if names:
                node.names = names
                yield ast.unparse(node)
    yield from sources


def _is_module(node: ast.ImportFrom, module: str) -> bool:
    """Whether an import is from the module under test, which may stand in a package."""
    return (node.module or "").rpartition(".")[2] == module


def _is_machinery(node: ast.stmt) -> bool:
    source = ast.unparse(node)
    return source.startswith(("EXAMPLES = ", "sys.path.insert(0, str(Path(__file__)"))


def _source(node: ast.stmt, rows: list[str]) -> str:
    """A statement's lines, with the comment lines right above it."""
    first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
    while first > 1 and rows[first - 2].startswith("#") and rows[first - 2] != _SPLIT:
        first -= 1
    return "\n".join(rows[first - 1 : node.end_lineno])
