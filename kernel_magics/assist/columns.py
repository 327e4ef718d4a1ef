"""Wrong columns: names that a cell's code asks of a frame whose columns are known for sure."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kernel_magics.assist.document import Document
from kernel_magics.assist.edit import Replace
from kernel_magics.assist.place import Span, cut, span
from kernel_magics.assist.problem import Cursor, Fix
from kernel_magics.assist.reading import Reading
from kernel_magics.engine.errors import DataflowError, close_name, did_you_mean
from kernel_magics.engine.source.tree import Function, parameters
from kernel_magics.engine.span import span_of
from kernel_magics.lineage.missing import Missing, Table, missing_columns, result, tables_of

_SHOWN = 20
_DEEP = 60
Tables = tuple[tuple[str, Table], ...]


@dataclass(frozen=True, slots=True)
class WrongColumn:
    """A column that is absent, with its place in the cell."""

    missing: Missing
    span: Span

    @property
    def error(self) -> DataflowError:
        """What to say about it."""
        name, columns = self.missing.name, self.missing.columns
        more = f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else ""
        hint = f"{did_you_mean(name, columns)} Columns: {', '.join(columns[:_SHOWN])}{more}.".strip()
        return DataflowError(
            "DB211", f"{self.missing.frame} has no column '{name}'.", hint=hint, names=[name]
        )


class Frames:
    """The frames of a document.

    Args:
        seen: those of samples that a kernel has, for inputs whose code does not show the columns.
    """

    def __init__(self, document: Document, seen: Mapping[str, Table]) -> None:
        self._document, self._seen = document, seen
        self._known: dict[str, Table | None] = {}

    def of(self, name: str, depth: int = 0) -> Table | None:
        """The columns of a name; None if they are not known."""
        if name not in self._known:
            self._known[name] = None  # while its own inputs are looked up
            self._known[name] = self._found(name, depth)
        return self._known[name]

    def _found(self, name: str, depth: int) -> Table | None:
        nodes = self._document.graph.nodes.get(name, ())
        if len(nodes) != 1 or depth > _DEEP:
            return None
        node = nodes[0]
        if node.kind == "input":
            body = self._document.graph.cells[node.cell_id].placed
            return _inputs(body).get(name) or self._seen.get(name)
        if node.text is None or node.kind != "value" or node.is_async or node.family:
            return None
        given = {item.name: self.of(item.name, depth + 1) for item in node.inputs}
        known = {name: table for name, table in given.items() if table is not None}
        return result(node.text.source, node.function, known) if known else None

    def wrong(self, reading: Reading) -> Iterator[WrongColumn]:
        """The wrong columns in one cell."""
        cell = reading.parsed
        if cell is None or reading.error is not None or cell.magic not in ("node", "check"):
            return
        if "--sql" in cell.given or "--for" in cell.given:
            return
        nodes = [node for node in self._document.graph if node.cell_id == cell.id and node.kind != "input"]
        names = {item.name for node in nodes for item in node.inputs}
        tables = {name: table for name in sorted(names) if (table := self.of(name)) is not None}
        if not tables:
            return
        whole = cell.magic == "check" or bool(reading.options.names)
        for found in _missing(cell.placed, whole, tuple(tables.items())):
            yield WrongColumn(found, span_of(found.node, reading.rows))


@functools.lru_cache(maxsize=512)
def _inputs(body: str) -> Mapping[str, Table]:
    return tables_of(ast.parse(body).body)


@functools.lru_cache(maxsize=512)
def _missing(body: str, whole: bool, tables: Tables) -> tuple[Missing, ...]:
    tree, known = ast.parse(body), dict(tables)
    if whole:
        return tuple(missing_columns(tree.body, known))
    found: list[Missing] = []
    for function in tree.body:
        if isinstance(function, Function) and not function.name.startswith("_"):
            names = {item.arg for item in parameters(function.args)}
            given = {name: table for name, table in known.items() if name in names}
            found += missing_columns(function.body, given)
    return tuple(found)


def corrected(reading: Reading, item: WrongColumn) -> Fix | None:
    """The name of the column that is meant, in place of the wrong one."""
    close = close_name(item.missing.name, item.missing.columns)
    if not close:
        return None
    text = cut(reading.rows, item.span)
    new = text.replace(item.missing.name, close)
    start = item.span.start
    cursor = Cursor(reading.id, span(start.line, start.column, start.column + len(new)))
    return Fix(f"Change to '{close}'", "rename", (Replace(reading.id, item.span, new),), cursor)
