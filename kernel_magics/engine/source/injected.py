"""An injected cell gives params values: `# Parameters` above lines `name = literal`, as papermill writes."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from kernel_magics.engine.source.tree import is_literal, parsed

_TITLE = re.compile(r"\s*# Parameters[ \t]*\n")


def injected_values(text: str) -> Mapping[str, str]:
    """The source of the value that an injected cell gives to each name; empty for any other cell."""
    tree = parsed(text) if _TITLE.match(text) else None
    if tree is None:
        return {}
    found: dict[str, str] = {}
    for statement in tree.body:
        simple = isinstance(statement, ast.Assign) and len(statement.targets) == 1
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if not simple or not isinstance(target, ast.Name) or not isinstance(statement, ast.Assign):
            return {}
        source = ast.get_source_segment(text, statement.value) or ""
        if not _is_plain(statement.value):
            return {}
        found[target.id] = source
    return found


def _is_plain(value: ast.expr) -> bool:
    """True for a literal, and for `float('nan')`, which is none."""
    if isinstance(value, ast.Call):
        call = isinstance(value.func, ast.Name) and value.func.id == "float" and not value.keywords
        return call and all(isinstance(item, ast.Constant) for item in value.args)
    return is_literal(value)
