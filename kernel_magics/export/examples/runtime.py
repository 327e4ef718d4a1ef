"""The example runtime is one file beside exported tests, made of our own modules that read and run examples.

It is the same for all modules whose tests stand in a folder. A later version of it runs the examples that
were recorded for an earlier one.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from kernel_magics.export.examples.sharing import VERSION
from kernel_magics.export.module.checksum import BLANK, has_own_hash, write_hash

_HERE = Path(__file__).parent
_VALUES = _HERE.parents[1] / "values"
_CONDITION = _VALUES / "condition.py"
_OWN = (_HERE / "sharing.py", _HERE / "runner.py", _HERE / "parts.py")
_SOURCES = (*_OWN, _CONDITION, _VALUES / "decode.py")
_VERSION = re.compile(r"^VERSION: Final = (\d+)$", re.MULTILINE)
_HEAD: Final = f'''"""Runs recorded examples. Dagbook writes this file, the same for all modules tested here.

Source hash {BLANK}.
"""
# fmt: off
# ruff: noqa
'''


@functools.cache
def runtime_text() -> str:
    """The text of the file: the same whatever the style of its folder is, and whoever formats."""
    imports: list[ast.stmt] = []
    parts: list[str] = []
    for path in _SOURCES:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        rows = source.split("\n")
        first = 0
        for node in tree.body[1:]:  # after the docstring
            if not isinstance(node, ast.Import | ast.ImportFrom):
                break
            imports.append(node)
            first = node.end_lineno or node.lineno
        note = (ast.get_docstring(tree) or "").split("\n")
        parts.append("\n".join([f"# {line}".rstrip() for line in note] + [""] + rows[first:]).rstrip())
    code = re.sub("  # noqa.*", "", "\n\n\n".join(parts))
    return write_hash("\n".join([_HEAD, *_imports(imports), "", "", code, ""]))


def _imports(statements: Iterable[ast.stmt]) -> list[str]:
    """Import statements of several modules as one block, without those of Dagbook."""
    plain: set[str] = set()
    names: dict[str, set[str]] = {}
    for node in statements:
        if isinstance(node, ast.Import):
            plain.add(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("kernel_magics."):
            names.setdefault(node.module or "", set()).update(item.name for item in node.names)
    rows = sorted(plain)
    rows += [f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)]
    own = [row for row in rows if row.split()[1].partition(".")[0] in sys.stdlib_module_names]
    return [*own, "", *(row for row in rows if row not in own)]


def later_version(text: str) -> bool:
    """Whether a text is the example runtime of a later version of Dagbook, as that wrote it."""
    stated = _VERSION.search(text)
    return stated is not None and int(stated[1]) > VERSION and bool(has_own_hash(text))
