"""Rewriting the values of a cell: of its inputs or params, in a text that the page may have changed since."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from kernel_magics.assist.edit import Replace
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.engine.source.references import read_names
from kernel_magics.engine.source.tree import parsed
from kernel_magics.engine.span import span, span_of

LIBRARIES: Final = {"pd": "pandas", "pl": "polars"}
"""Modules by the alias that sources use for them."""


def value_edits(id: str, text: str, sources: Mapping[str, str]) -> list[Replace]:
    """The edits that give names of a cell other values: each in the line where it is assigned.

    Args:
        sources: of the values, by name; names of other cells have no effect.

    Raises:
        DataflowError: DB574.
    """
    source = read_cell(text, id, id)
    if source is None:
        return []
    rows = source.placed.split("\n")
    found: dict[str, Replace] = {}
    tree = parsed(source.placed)
    for statement in tree.body if tree is not None else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in sources:
                found[name] = Replace(id, span_of(value, rows), sources[name])
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in sources:
                found[name] = Replace(id, span_of(value, rows), sources[name])
            case _:
                bad = [name for name in read_names([statement]).binds if name in sources]
                if bad:
                    raise unchangeable(bad[0], "its line is no plain assignment")
    values = [getattr(statement, "value", None) for statement in tree.body] if tree is not None else []
    known = read_names([ast.Expr(value) for value in values if value is not None]).reads
    needed = [
        f"import {module} as {alias}\n"
        for alias, module in LIBRARIES.items()
        if any(f"{alias}." in sources[name] for name in found) and alias not in known
    ]
    needed = [line for line in needed if line not in f"{source.placed}\n"]
    first = source.first - 1
    return [*found.values(), *([Replace(id, span(first, 0, 0), "".join(needed))] if needed and found else [])]


def edits_in(ids: Iterable[str], sources: Mapping[str, str]) -> Callable[[Mapping[str, str]], list[Replace]]:
    """What gives the edits in all of these cells, from the texts that a page sends; see `value_edits`."""
    wanted = list(ids)
    return lambda texts: [
        edit for id in wanted if id in texts for edit in value_edits(id, texts[id], sources)
    ]


def unchangeable(name: str, reason: str) -> DataflowError:
    """The error that the value of a name cannot be replaced."""
    return DataflowError(
        "DB574",
        f"the value of '{name}' cannot be replaced: {reason}.",
        hint=f"give it a line of its own: `{name} = …`.",
        names=[name],
    )
