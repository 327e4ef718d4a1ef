"""A private name: public helper functions of the setup get a leading underscore in the module.

Every public function of a module is a node there, for Dagbook and for Apache Hamilton alike.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping

from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.graph.setup import Statement
from kernel_magics.engine.message import CellRef


def private_names(statements: Iterable[Statement], taken: Collection[str]) -> dict[str, str]:
    """New names for the public functions that these statements define.

    Raises:
        ExportError: DB509 when the new name is taken.
    """
    renamed: dict[str, str] = {}
    for statement in statements:
        for name in statement.binds:
            if name.startswith("_") or not _defines_function(statement.code, name):
                continue
            if f"_{name}" in taken:
                raise _refusal(name, statement.label, f"'_{name}' exists, too")
            renamed[name] = f"_{name}"
    return renamed


def _defines_function(code: str, name: str) -> bool:
    if "def " not in code:
        return False
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    outer = [ast.parse(code)]
    while outer:
        for child in ast.iter_child_nodes(outer.pop()):
            if isinstance(child, functions):
                if child.name == name:
                    return True
            elif isinstance(child, ast.stmt) and not isinstance(child, ast.ClassDef):
                outer.append(child)  # type: ignore[arg-type]
    return False


def rename(source: str, names: Mapping[str, str], cell: str) -> str:
    """Rename globals in the source of statements, keeping every other character.

    Raises:
        ExportError: DB509 where a nested scope uses the same name for something else.
    """
    names = {old: new for old, new in names.items() if old in source}
    if not names:
        return source
    tree = ast.parse(source)
    top = {id(node) for node in tree.body}
    rows = source.split("\n")
    edits: list[tuple[int, int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            edits.append((node.lineno, node.col_offset, node.id))
        elif (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name in names
            and id(node) in top
        ):
            word = "async def " if isinstance(node, ast.AsyncFunctionDef) else "def "
            edits.append((node.lineno, node.col_offset + len(word), node.name))
        elif _binds_inside(node, names):
            raise _refusal(_binds_inside(node, names), cell, "an inner function uses the same name")
    for line, column, old in sorted(set(edits), reverse=True):
        raw = rows[line - 1].encode()
        end = column + len(old.encode())
        if raw[column:end].decode(errors="replace") != old:
            raise _refusal(old, cell, "it is used inside an f-string")
        rows[line - 1] = (raw[:column] + names[old].encode() + raw[end:]).decode()
    return "\n".join(rows)


def _binds_inside(node: ast.AST, names: Mapping[str, str]) -> str:
    """A name that is a parameter, an import, a nested function or class, or assigned inside one."""
    bound: list[str | None] = []
    if isinstance(node, ast.arg):
        bound = [node.arg]
    elif isinstance(node, ast.alias):
        bound = [node.asname or node.name]
    elif isinstance(node, ast.ExceptHandler | ast.ClassDef | ast.MatchAs | ast.MatchStar):
        bound = [node.name]
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        bound = [child.id for child in ast.walk(node) if isinstance(child, ast.Name) and not _loads(child)]
        bound += [
            child.name
            for child in ast.walk(node)
            if child is not node and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
    return next((name for name in bound if name in names), "") or ""


def _loads(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _refusal(name: str, cell: str, reason: str) -> ExportError:
    return ExportError(
        "DB509",
        f"the helper '{name}' of cell {cell} would become '_{name}' in the module, but {reason}.",
        hint=f"rename the helper, for example to '_{name}_helper', in the notebook.",
        names=[name],
        concerns=[CellRef("", cell)],
    )
