"""Rewriting: names get other ones where they are meant, and nothing else changes, as reading again proves."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from kernel_magics.engine.source.references import body_names
from kernel_magics.engine.source.rewrite import renamed, same_meaning
from kernel_magics.engine.source.scopes import Reference

LIBRARY = sorted(Path(os.__file__).parent.glob("*.py"))[::10]


def globals_renamed(source: str, old: str, new: str) -> str | None:
    """The text with another name for a global."""

    def wanted(item: Reference) -> str:
        return new if item.name == old and item.home.parent is None and item.role != "keyword" else item.name

    return renamed(source, wanted)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\nclass Box:\n    x = x\n    y = x", "z = 1\nclass Box:\n    x = z\n    y = x"),
        ("def f(x, y=x):\n    return x", "def f(x, y=z):\n    return x"),
        ("t.query('a > @x and x > @t.x')", "t.query('a > @z and x > @t.x')"),
        (
            "t.query(f'a > @x and b != \"%@x\" and c < {x}')",
            "t.query(f'a > @z and b != \"%@x\" and c < {z}')",
        ),
        ("x(x=x.x)  # x", "z(x=z.x)  # x"),
        ("é = f'{x:{x}} {{x}} x {t[\"x\"]}'; x", "é = f'{z:{z}} {{x}} x {t[\"x\"]}'; z"),
        ("def f():\n    global x\n    x += 1", "def f():\n    global z\n    z += 1"),
        (
            "try:\n    pass\nexcept E as x:\n    x\nimport a as x",
            "try:\n    pass\nexcept E as z:\n    z\nimport a as z",
        ),
        ("match v:\n    case {'x': y, **x}: x", "match v:\n    case {'x': y, **z}: z"),
        ("[x for x in x]", "[x for x in z]"),
    ],
)
def test_only_what_is_meant_gets_another_name(source: str, expected: str) -> None:
    """Names of inner scopes, attributes, keywords, strings and comments stay."""
    assert globals_renamed(source, "x", "z") == expected


@pytest.mark.parametrize(
    "source",
    [
        "def f(z):\n    return x",
        "[x for z in y]",
        "import x",
        "from m import x",
        "class A:\n    def f(self):\n        z = 1\n        return x + z",
        "t.query('a > @\\x78')",
        "class x:\n    __own = 1",  # which is `_x__own` for everybody else
    ],
)
def test_a_name_that_would_mean_something_else_is_refused(source: str) -> None:
    """Where another scope has the new name, or the text does not show the old one, nothing is rewritten."""
    assert globals_renamed(source, "x", "z") is None


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_all_globals_of_a_library_there_and_back(path: Path) -> None:
    """Over files of the standard library: other names for all globals mean the same, and lead back to the text."""
    source = path.read_text(encoding="utf-8")
    before = body_names(source).references
    fixed = {item.name for item in before if item.role == "import" or isinstance(item.node, ast.ClassDef)}

    def there(item: Reference) -> str:
        kept = item.home.parent is not None or item.role == "keyword" or item.name in fixed
        return item.name if kept else f"zz_{item.name}"

    text = renamed(source, there)
    assert text is not None
    assert same_meaning(before, body_names(text).references)
    assert "zz_" in text
    assert renamed(text, lambda item: item.name.removeprefix("zz_")) == source
