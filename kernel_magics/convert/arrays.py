"""Arrays of tables: `a = t.values` is a copy of some tables and a read-only view of others.

Which of them it is depends on how the table was made, so that code which changes the array works in the
notebook and may fail on a table that was loaded. A copy is right for each.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence

from kernel_magics.convert.conversion import GivenCell
from kernel_magics.convert.reading import read_cells
from kernel_magics.convert.rewriting import Texts, means, rewritten
from kernel_magics.convert.statement import Statement
from kernel_magics.convert.versions import DefUse, Version

_TABLES = frozenset({"DataFrame", "Series"})


def prepare_arrays(
    cells: Sequence[GivenCell],
    types: Mapping[int, Mapping[str, str]],
    moved: Mapping[int, Collection[str]],
) -> list[GivenCell]:
    """The notebook with `t.values.copy()` for `t.values`, where it changes that array in place.

    Args:
        types: for each statement, the types of what it read when the notebook ran.
        moved: for each statement, the names whose values it changed in place.
    """
    _, chains = read_cells(cells)
    texts: Texts = {}
    for item in chains.statements:
        value = item.tree.value if isinstance(item.tree, ast.Assign) else None
        if value is None or len(item.binds) != 1 or len(chains.makes[item.number]) != 1:
            continue
        version = chains.makes[item.number][item.binds[0]]
        if _is_array(value, types.get(item.number, {})) and _changes(chains, version, moved):
            text = _copying(item, value)
            texts |= {item.number: [text]} if text else {}
    return rewritten(list(cells), chains, texts) if texts else list(cells)


def _is_array(value: ast.expr, types: Mapping[str, str]) -> bool:
    """True for `t.values`, `t[["a"]].to_numpy()` and `np.asarray(t)` of a table."""
    call = isinstance(value, ast.Call)
    function = value.func if isinstance(value, ast.Call) else value
    if not isinstance(function, ast.Attribute):
        return False
    table: ast.expr = function.value
    if isinstance(value, ast.Call) and function.attr == "asarray" and value.args:
        table = value.args[0]
    elif function.attr != ("to_numpy" if call else "values"):
        return False
    while isinstance(table, ast.Attribute | ast.Subscript | ast.Call):
        table = table.func if isinstance(table, ast.Call) else table.value
    return isinstance(table, ast.Name) and types.get(table.id) in _TABLES


def _changes(chains: DefUse, version: Version, moved: Mapping[int, Collection[str]]) -> bool:
    """True when a statement changed this value in place, which it then could."""
    later = [other for other in chains.versions[version.name] if other.before is version and other.changed]
    return any(version.name in moved.get(other.statement, ()) for other in later)


def _copying(item: Statement, value: ast.expr) -> str:
    """The text of an assignment of a copy; "" where it cannot be written so."""
    tree = ast.parse(item.text)
    last = tree.body[0]
    assert isinstance(last, ast.Assign)
    end = last.value
    rows = item.text.split("\n")
    row, column = (end.end_lineno or 1) - 1, end.end_col_offset or 0
    start = rows[row].encode()[:column].decode(errors="replace")
    rows[row] = f"{start}.copy(){rows[row][len(start) :]}"
    last.value = ast.Call(ast.Attribute(value, "copy", ast.Load()), [], [])
    text = "\n".join(rows)
    return text if means(text, tree) else ""
