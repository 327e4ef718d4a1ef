"""The text of `df.query(...)` and `df.eval(...)`: the columns that it reads and writes."""

from __future__ import annotations

import ast
import re
from typing import Final

from kernel_magics.engine.source.tree import MENTION, parsed

_QUOTED: Final = re.compile(r"`([^`]*)`")
_STRING: Final = re.compile(r"'[^']*'|\"[^\"]*\"")

Read = tuple[str, list[str], list[str]]


def assigned_and_read(text: str) -> list[Read] | None:
    """For each line: the column that it writes ("" for none), the columns that it reads, and its `@names`.

    None for a text that cannot be parsed.
    """
    quoted: dict[str, str] = {}

    def plain(match: re.Match[str]) -> str:
        name = f"quoted_{len(quoted)}_"
        quoted[name] = match[1]
        return name

    code = _QUOTED.sub(plain, text) if not any("`" in found for found in _STRING.findall(text)) else text
    mentions = MENTION.findall(code)
    tree = parsed(MENTION.sub(r"at_\1_", code.strip()))
    if tree is None:
        return None
    marked = {f"at_{name}_": name for name in mentions}
    lines: list[Read] = []
    for statement in tree.body:
        target = ""
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            target = quoted.get(statement.targets[0].id, statement.targets[0].id)
        elif not isinstance(statement, ast.Expr):
            return None
        names = list(
            dict.fromkeys(item.id for item in ast.walk(statement.value) if isinstance(item, ast.Name))
        )
        columns = [quoted.get(name, name) for name in names if name not in marked]
        lines.append((target, columns, [marked[name] for name in names if name in marked]))
    return lines
