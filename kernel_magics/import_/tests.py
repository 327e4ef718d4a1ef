"""Tests of an exported module are converted back to test cells."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from kernel_magics.engine.source.blocks import Block, block_of, blocks
from kernel_magics.engine.source.mapped import dedent, text_of
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.references import body_names
from kernel_magics.engine.source.tree import imported_as
from kernel_magics.export.layout import RUNTIME
from kernel_magics.export.module.checksum import read_parts
from kernel_magics.export.testfile import natures, recorded

_SPLIT = "# isort: split"  # the line below the imports of every exported test file


@dataclass(frozen=True, slots=True)
class WrittenTest:
    """One test cell: its id, the name of its function, the code below the magic."""

    cell: str
    function: str
    body: str

    def subject(self, names: Collection[str]) -> str:
        """The node that it tests: `cost` for `test_cost` and `test_cost_2`."""
        name = self.function.removeprefix("test_")
        base, _, number = name.rpartition("_")
        return name if name in names or not number.isdigit() or base not in names else base


@dataclass(frozen=True, slots=True)
class Tests:
    """The contents of a test file, without its runtime.

    Attributes:
        tests: the test cells.
        aliases: notebook names of functions that have other names in the module.
        setup: statements that only tests need, imports first.
    """

    tests: tuple[WrittenTest, ...] = ()
    aliases: Mapping[str, str] | None = None
    setup: tuple[Block, ...] = ()


def read_tests(text: str, module: str) -> Tests:
    """Read a test file that Dagbook wrote; any other gives an empty result.

    Raises:
        SyntaxError: it is not Python.
    """
    statements = blocks(text)
    doc = ast.get_docstring(ast.Module([block.node for block in statements], [])) or ""
    if not doc.startswith(f"Tests of {module}.py, exported by Dagbook"):
        return Tests()
    aliases: dict[str, str] = {}
    found: list[WrittenTest] = []
    for part in read_parts(text).parts:
        node = block_of(part.text).node
        if isinstance(node, ast.FunctionDef):
            found.append(WrittenTest(part.cell, node.name, _body(node, part.text, module, aliases)))
    top = list(itertools.takewhile(lambda block: not _is_test(block.node), statements))
    for block in top:
        if isinstance(block.node, ast.ImportFrom) and _is_module(block.node, module):
            aliases |= {alias.asname: alias.name for alias in block.node.names if alias.asname}
    return Tests(tuple(found), aliases, tuple(_setup(top[1:], module, found)))


def _is_test(node: ast.stmt) -> bool:
    """True for a test; helpers of the setup come before the first one."""
    return isinstance(node, ast.FunctionDef) and (node.name.startswith("test") or node.name == "recorded")


def _body(node: ast.FunctionDef, text: str, module: str, aliases: dict[str, str]) -> str:
    rows = dedent(text_of("\n".join(text.split("\n")[1:]))).source.split("\n")
    inner = node.body[-2] if len(node.body) > 1 else None
    if isinstance(inner, ast.AsyncFunctionDef) and inner.name == "example":
        rows = rows[inner.lineno - 1 :][: (inner.end_lineno or 0) - inner.lineno]
        return _without_imports("\n".join(row.removeprefix("    ") for row in rows), module, aliases)
    return _without_imports("\n".join(rows), module, aliases)


def _without_imports(body: str, module: str, aliases: dict[str, str]) -> str:
    """The body without imports from the module, which an export puts at the file's top."""
    first = 0
    for block in blocks(body):
        if not isinstance(block.node, ast.ImportFrom) or not _is_module(block.node, module):
            break
        aliases |= {alias.asname: alias.name for alias in block.node.names if alias.asname}
        first = block.last
    rest = "\n".join(body.split("\n")[first:]).rstrip()
    return rest.lstrip("\n") if first else rest


def _setup(top: list[Block], module: str, tests: list[WrittenTest]) -> Iterator[Block]:
    """The imports and statements that the tests read, without the runtime."""
    own = [block for block in top if not block.is_import and not _is_runtime(block)]
    reads = {name for test in tests for name in body_names(test.body).reads}
    reads |= {name for block in own for name in block.names.reads}
    reads -= {*builtin_names(), "pytest"}
    for block in top:
        node = block.node
        if isinstance(node, ast.ImportFrom) and (_is_module(node, module) or node.module == RUNTIME):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [item for item in node.names if imported_as(item) in reads]
            if node.names:
                yield Block(node, ast.unparse(node))
    for block in own:
        notes = "\n".join(block.gap).rpartition(_SPLIT)[2].split("\n")
        yield replace(block, gap=tuple(notes))


def _is_module(node: ast.ImportFrom, module: str) -> bool:
    """True when an import is from the module under test, which may be inside a package."""
    return (node.module or "").rpartition(".")[2] == module


def _is_runtime(block: Block) -> bool:
    """True for a statement that an export writes for its own tests."""
    reserved = recorded.RESERVED | natures.RESERVED
    found = not reserved.isdisjoint(block.names.binds)
    return found or ast.unparse(block.node).startswith("sys.path.insert(0, str(Path(__file__)")
