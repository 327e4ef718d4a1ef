"""The runtime of a test file is the source of our own modules that read and run recorded examples."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_VALUES = _HERE.parents[1] / "values"
_CONDITION = _VALUES / "condition.py"
_SOURCES = (_HERE / "runner.py", _CONDITION, _VALUES / "decode.py")


@dataclass(frozen=True, slots=True)
class ExampleRuntime:
    """Import statements and the code below them; `names` are all names that they bind."""

    imports: tuple[str, ...]
    code: str
    names: frozenset[str]


@functools.cache
def example_runtime(natures: bool = False) -> ExampleRuntime:
    """The code that a test file needs to run recorded examples.

    Args:
        natures: and to test natures.
    """
    imports: dict[str, None] = {}
    parts: list[str] = []
    for path in (*_SOURCES, *([_HERE / "parts.py"] if natures else [])):
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        rows = source.split("\n")
        first = 0
        for node in tree.body[1:]:  # after the docstring
            if not isinstance(node, ast.Import | ast.ImportFrom):
                break
            text = ast.unparse(node)
            if not (
                isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "kernel_magics"
            ):
                imports[text] = None
            first = node.end_lineno or node.lineno
        note = (ast.get_docstring(tree) or "").split("\n")
        parts.append("\n".join([f"# {line}".rstrip() for line in note] + [""] + rows[first:]))
    code = "\n\n".join(parts)
    whole = ast.parse("\n".join([*imports, code]))
    return ExampleRuntime(tuple(imports), code, frozenset(_bound(whole)))


@functools.cache
def judge_text() -> str:
    """The functions that evaluate one condition of a check; they need `contextlib`."""
    source = _CONDITION.read_text(encoding="utf-8")
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return "\n\n\n".join(ast.get_source_segment(source, node) or "" for node in functions)


def _bound(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(item.asname or item.name).partition(".")[0] for item in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        else:
            names |= {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    return names
