"""The columns of a node's value: what is in them, where they come from, who reads them, which checks hold."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure
from kernel_magics.lineage.columns import Origin, dotted, origins, readings
from kernel_magics.lineage.shape import ALL, NOTHING, Sources
from kernel_magics.quality.profile import SAMPLE, ColumnProfile, profile_column
from kernel_magics.quality.vectors import vectors

MOST: Final = 60
"""So many columns are described."""
_BINS: Final = 12
_TOP: Final = 4


def column_details(
    graph: Graph, name: str, value: object, held: Mapping[str, Sequence[tuple[str, bool]]]
) -> dict[str, Any] | None:
    """The columns of a value for a page; None for a value without named columns.

    Args:
        value: of the node `name`.
        held: for each check that ran, its conditions: the message and whether it held.
    """
    described = [profile_column(each, SAMPLE) for each in itertools.islice(vectors(value), MOST)]
    if not any(column.name for column in described):
        return None
    known, below = origins(graph), readings(graph, name)
    origin, near = known[name], graph.read_by(name)
    above = _above(graph, name)
    marks = list(_marks(graph, name, held))
    whole = [reader for reader, pairs in below.items() if (name, ALL) in pairs]
    columns = []
    for column in described:
        sources = origin.columns.get(column.name)
        if sources is None:
            sources = frozenset((each, column.name) for each in origin.rest if each != name)
        readers = [reader for reader, pairs in below.items() if (name, column.name) in pairs]
        makers = [each for each in above if _holds(each, known[each], sources)]
        columns.append(
            {
                "name": column.name,
                **_seen(column),
                "from": dotted(sources),
                "read_by": [reader for reader in readers if reader in near],
                "path": [*makers, *readers, *(reader for reader in whole if reader not in readers)],
                "checks": [
                    {"message": message, "held": fine, "warns": warns}
                    for message, fine, warns, names in marks
                    if column.name in names
                ],
            }
        )
    total = int(getattr(value, "shape", (0, len(columns)))[1])
    return {
        "columns": columns,
        "more": max(0, total - len(columns)),
        "read_whole_by": [reader for reader in whole if reader in near],
        "rows_by": dotted(frozenset(pair for pair in origin.rows if pair[0] != name)),
        "exact": origin.exact,
    }


def _above(graph: Graph, name: str) -> list[str]:
    """The nodes upstream of a node."""
    found = closure([name], lambda each: [read for read in graph.reads(each) if read in graph.nodes])
    return [each for each in graph.names() if each in found and each != name]


def _holds(name: str, origin: Origin, sources: Sources) -> bool:
    """Whether a value is, is made of, or passes on one of these columns of inputs."""
    made = NOTHING.union(*origin.columns.values())
    return any(pair in made or pair[0] == name or pair[0] in origin.rest for pair in sources)


def _seen(column: ColumnProfile) -> dict[str, Any]:
    numbers = column.kind in ("number", "time")
    edges, shares = column.histogram(_BINS) if numbers else ([], [])
    return {
        "type": column.dtype,
        "nulls": column.null_rate,
        "unique": column.unique,
        "sampled": column.sampled,
        "low": edges[0] if edges else None,
        "high": edges[-1] if edges else None,
        "time": column.kind == "time",
        "shares": shares,
        "top": [] if numbers else [[text, share] for text, share in column.top[:_TOP]],
    }


def _marks(
    graph: Graph, name: str, held: Mapping[str, Sequence[tuple[str, bool]]]
) -> Iterator[tuple[str, bool, bool, frozenset[str]]]:
    """The conditions on a value: whether each held, whether it only warns, and the columns it mentions."""
    for check, conditions in held.items():
        node = graph.nodes[check][0]
        if node.subject != name or node.text is None:
            continue
        mentioned = {
            key.value: frozenset(_mentioned(part, name))
            for found in ast.walk(node.text.syntax)
            if isinstance(found, ast.Dict)
            for key, part in zip(found.keys, found.values, strict=True)
            if isinstance(key, ast.Constant)
        }
        for message, fine in conditions:
            yield message, fine, node.severity == "warn", mentioned.get(message, frozenset())


def _mentioned(tree: ast.AST, name: str) -> Iterator[str]:
    """The columns in `orders["amount"]`, `orders[["a", "b"]]` and `orders.amount`."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(ast.Name(own), key) if own == name:
                parts = key.elts if isinstance(key, ast.List | ast.Tuple) else [key]
                yield from (str(part.value) for part in parts if isinstance(part, ast.Constant))
            case ast.Attribute(ast.Name(own), column) if own == name:
                yield column
