"""Alpha equivalence: whether two pieces of code, or two graphs, differ by a renaming only."""

from __future__ import annotations

from collections.abc import Mapping

from kernel_magics.assist.document import Document
from kernel_magics.assist.reading import Reading
from kernel_magics.assist.words import bare
from kernel_magics.engine.errors import CellError
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.references import body_names
from kernel_magics.engine.source.rewrite import same_meaning
from kernel_magics.engine.source.scopes import Reference
from kernel_magics.engine.source.select import as_python, is_sql


def same_code(old: Reading, new: Reading) -> bool:
    """True when the two differ by a one-to-one renaming that leaves every name in its scope."""
    before, after = _references(old), _references(new)
    if before is None or after is None:
        return False
    names = zip(old.options.names, new.options.names, strict=True)
    return same_meaning(before, after, [(bare(name), bare(to)) for name, to in names])


def _references(reading: Reading) -> tuple[Reference, ...] | None:
    source = reading.source
    try:
        if source is not None and is_sql(source.line):
            source = as_python(source)
        return body_names(source.body if source is not None else reading.ordinary.python).references
    except (SyntaxError, ValueError, RecursionError, CellError):
        return None


def derived_names(old: Document, new: Document) -> dict[str, str]:
    """The new names of the old graph's nodes, matched cell by cell in the order of definition."""
    names: dict[str, str] = {}
    for id, nodes in old.graph.owned.items():
        for one, two in zip(nodes, new.graph.owned.get(id, ()), strict=False):
            if one.name != two.name:
                names[one.name] = two.name
    return names


def changed_cell(old: Document, new: Document, names: Mapping[str, str]) -> str | None:
    """The id of a cell that differs in the new document by more than names; None when none does."""
    for id, reading in old.readings.items():
        if (reading.error is None) != (new.readings[id].error is None):
            return id
        if (id in old.draft.refused) != (id in new.draft.refused):
            return id
        before = [_facts(node, names) for node in old.graph.owned.get(id, ())]
        after = [_facts(node, {}) for node in new.graph.owned.get(id, ())]
        if before != after:
            return id
    return None


def _facts(node: Node, names: Mapping[str, str]) -> tuple[object, ...]:
    """The properties of a node, its names replaced."""

    def called(name: str) -> str:
        return names.get(name, name)

    links = frozenset((called(item.name), item.optional) for item in node.inputs)
    shared = frozenset(map(called, node.uses)), frozenset(map(called, node.lacks))
    when = tuple((called(key), value) for key, value in node.when)
    return called(node.name), node.kind, links, shared, when, called(node.subject), node.severity
