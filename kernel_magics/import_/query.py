"""A query is a function that runs one SELECT on DuckDB, as SQL cells are exported; it becomes such a cell."""

from __future__ import annotations

import ast

from kernel_magics.import_.functions import Written


def sql_cell(function: Written, options: str = "") -> str | None:
    """The cell `%%node NAME --sql` of a function; None for a function of another form.

    Args:
        options: the other options on its line.
    """
    first, last = function.node.body[0], function.node.body[-1]
    doc = ast.get_docstring(function.node)
    start = function.node.body[1] if doc is not None and len(function.node.body) > 1 else first
    opens = isinstance(start, ast.Import) and [item.name for item in start.names] == ["duckdb"]
    text = _text(last) if opens else None
    if text is None:
        return None
    notes = [f"-- {row}".rstrip() for row in doc.split("\n")] if doc else []
    return "\n".join([f"%%node {function.name} --sql {options}".rstrip(), *notes, text])


def _text(statement: ast.stmt) -> str | None:
    """The SELECT in `return ….execute("SELECT …", …).df()`."""
    value = statement.value if isinstance(statement, ast.Return) else None
    for method in ("df", "execute"):
        if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
            return None
        if value.func.attr != method:
            return None
        given, value = value.args, value.func.value
    text = given[0].value if given and isinstance(given[0], ast.Constant) else None
    return text if isinstance(text, str) else None
