"""Occurrences: every name of a text with its position and its scope."""

from __future__ import annotations

import ast
import os
from collections import Counter
from pathlib import Path

import pytest

from kernel_magics.engine.source.occurrences import Occurrence, placed
from kernel_magics.engine.source.references import body_names
from kernel_magics.engine.span import cut

LIBRARY = sorted(Path(os.__file__).parent.glob("*.py"))[::8]


def found(source: str) -> list[Occurrence]:
    """The occurrences in a text."""
    return placed(body_names(source).references, source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\nclass Box:\n    x = x", "x:module x:class x:module"),
        ("class Box:\n    v = 1\n    class Inner:\n        u = v", "v:class u:class v:module"),
        ("class Box:\n    v = 1\n    u = [v for _ in ()]", "v:class u:class v:module"),
        ("def f(x):\n    class Box:\n        x = x", "x:function x:class x:module"),
        ("def f(x):\n    class Box:\n        y = x", "x:function y:class x:function"),
        (
            "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x += 1",
            "x:function x:function x:function",
        ),
        ("def f():\n    global x\n    x = 1\n    return lambda: x", "x:module x:module x:module"),
        ("[x for x in x]", "x:comprehension x:comprehension x:module"),
        ("[(y := x) for x in xs]", "y:module x:comprehension x:comprehension xs:module"),
        ("t.query('a > @x and b > @x')", "t:module x:module x:module"),
        ("f'{x:{w}}' f\"{y}\"", "x:module w:module y:module"),
        (
            "match v:\n    case [a, *b] | {'k': a, **b}:\n        c",
            "v:module a:module b:module a:module b:module c:module",
        ),
        ("x += 1\ndel x", "x:module x:module"),
    ],
)
def test_homes(source: str, expected: str) -> None:
    """Each mention, in order of place, means what Python's scope rules say."""
    assert [
        f"{item.name}:{item.home.kind}"
        for item in found(source)
        if item.name not in ("f", "g", "Box", "Inner", "_")
    ] == expected.split()


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_name_of_a_library_is_found_where_it_stands(path: Path) -> None:
    """Each name of a file of the standard library is an occurrence, and its span holds its text."""
    source = path.read_text(encoding="utf-8")
    rows, items = source.split("\n"), found(source)
    assert all(cut(rows, item.span) == item.name for item in items)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    missing = Counter(node.id for node in nodes) - Counter(item.name for item in items)
    assert all(name.startswith("__") for name in missing)  # a class gives these other names
