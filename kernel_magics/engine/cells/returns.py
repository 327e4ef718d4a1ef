"""A return gives a bare body's value: its last expression, or what it assigned to the node's name."""

from __future__ import annotations

import ast
import re

from kernel_magics.engine.errors import CellError, quoted
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.references import Names
from kernel_magics.engine.source.tree import Function


def return_one(cell: CellSource, statements: list[ast.stmt], name: str, names: Names, rows: list[str]) -> str:
    """Make the body return its value; returns the declared type."""
    last = statements[-1]
    assigned = name in names.binds
    if isinstance(last, ast.Expr):
        same = isinstance(last.value, ast.Name) and last.value.id == name
        if same or not assigned:
            _insert(rows, last.lineno, last.col_offset, "return ")
            return ""
        if not _is_print(last):
            raise CellError(
                "DB108",
                (
                    cell.ref.subject(),
                    f" has two candidates for the value of '{name}': the assignment to it, "
                    f"and the expression on line {last.lineno}.",
                ),
                hint=f"delete the last line if it only shows something, or end with `{name}`.",
                names=[name],
                line=last.lineno,
            )
    if not assigned:
        raise no_value(cell, [name], f"neither assigns '{name}' nor ends with an expression")
    if isinstance(last, Function) and last.name == name:
        raise CellError(
            "DB108",
            (cell.ref.subject(), f" gives a function, not what it computes, as the value of '{name}'."),
            hint=f"write `%%node` without a name above functions; or end with `{name}` to keep the function.",
            names=[name],
            line=last.lineno,
        )
    reads_itself = any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for statement in statements
        for node in ast.walk(statement)
    )
    if not reads_itself and _rewrite_assignment(last, name, rows):
        return ast.unparse(last.annotation) if isinstance(last, ast.AnnAssign) else ""
    rows.append(f"return {name}")
    return next(
        (
            ast.unparse(node.annotation)
            for node in statements
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id == name
        ),
        "",
    )


def _rewrite_assignment(last: ast.stmt, name: str, rows: list[str]) -> bool:
    """Change a final `NAME = value` to `return value`."""
    if isinstance(last, ast.Assign):
        simple = (
            len(last.targets) == 1 and isinstance(last.targets[0], ast.Name) and last.targets[0].id == name
        )
    elif isinstance(last, ast.AnnAssign):
        simple = isinstance(last.target, ast.Name) and last.target.id == name and last.value is not None
    else:
        return False
    row = rows[last.lineno - 1].encode()
    head, tail = row[: last.col_offset].decode(), row[last.col_offset :].decode()
    annotation = ast.unparse(last.annotation) if isinstance(last, ast.AnnAssign) else None
    match = re.match(rf"{re.escape(name)}\s*=\s*(?=\S)", tail)
    if annotation is not None:
        match = re.match(rf"{re.escape(name)}\s*:\s*{re.escape(annotation)}\s*=\s*(?=\S)", tail)
    if not simple or match is None or tail[match.end() :].startswith("\\"):
        return False
    rows[last.lineno - 1] = f"{head}return {tail[match.end() :]}"
    return True


def return_many(cell: CellSource, plain: list[str], names: Names, rows: list[str]) -> None:
    missing = [name for name in plain if name not in names.binds]
    if missing:
        raise no_value(cell, missing, f"does not assign {quoted(missing)}", several=True)
    rows.append("return {" + ", ".join(f'"{name}": {name}' for name in plain) + "}")


def _is_print(statement: ast.Expr) -> bool:
    call = statement.value
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"


def _insert(rows: list[str], line: int, column: int, text: str) -> None:
    raw = rows[line - 1].encode()
    rows[line - 1] = (raw[:column] + text.encode() + raw[column:]).decode()


def no_value(cell: CellSource, names: list[str], problem: str, several: bool = False) -> CellError:
    return CellError(
        "DB108",
        (cell.ref.subject(), f" gives no value for {quoted(names)}: it {problem}."),
        hint=f"{'' if several else 'end with an expression, or '}assign `{names[0]} = …`.",
        names=names,
    )
