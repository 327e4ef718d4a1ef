"""Changes between two dataflows, name by name, and the nodes downstream of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure
from kernel_magics.view.facts import Facts, read_facts

# changes of values
_VALUES = frozenset({"kind", "code", "inputs", "variants", "default", "sample", "conditions"})


@dataclass(frozen=True, slots=True)
class Change:
    """A node that both dataflows have.

    Attributes:
        what: what differs: `code`, `inputs`, `helper scaled`, `default`, `type`, `doc`, …
        diff: lines of the old and the new source, where they differ.
    """

    name: str
    kind: str
    what: tuple[str, ...]
    diff: tuple[str, ...] = ()

    @property
    def moves_values(self) -> bool:
        """True when the node may compute other values now."""
        return any(item in _VALUES or item.startswith("uses ") for item in self.what)


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes from one dataflow to another.

    Attributes:
        renamed: new name by old name, for nodes with the same code.
        downstream: unchanged nodes of the second dataflow that a change may reach.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: Mapping[str, str]
    changed: tuple[Change, ...]
    downstream: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed or self.changed)

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "version": 1,
            "added": list(self.added),
            "removed": list(self.removed),
            "renamed": dict(self.renamed),
            "changed": [
                {"name": item.name, "kind": item.kind, "what": list(item.what)} for item in self.changed
            ],
            "downstream": list(self.downstream),
        }

    def lines(self) -> Iterator[str]:
        """As text."""
        if not self:
            yield "no differences"
        for item in self.changed:
            yield f"changed     {item.name}: {', '.join(item.what)}"
            yield from (f"    {row}" for row in item.diff)
        yield from (f"renamed     {old} -> {new}" for old, new in self.renamed.items())
        for word, names in (("added", self.added), ("removed", self.removed)):
            yield from (f"{word:<12}{name}" for name in names)
        if self.downstream:
            yield f"downstream  {', '.join(self.downstream)}"


def find_changes(old: Graph, new: Graph, alike: bool) -> Changes:
    """Compare two dataflows.

    Args:
        alike: whether both are notebooks, or both modules; otherwise only what both can contain is compared:
            a module has no samples, tags or notes on inputs, and copies what its functions change; a notebook
            need not name types.
    """
    before, after = _names(old, alike), _names(new, alike)
    renamed = _renamed(old, new, before, after, alike)
    first, second = read_facts(old, renamed, copies=alike), read_facts(new, {}, copies=alike)
    changed = []
    for name in before:
        there = renamed.get(name, name)
        if there not in after:
            continue
        what = tuple(_differences(first[name], second[there], alike))
        if what:
            changed.append(
                Change(there, second[there].kind, what, tuple(_diff(first[name], second[there], what)))
            )
    added = tuple(name for name in after if name not in before and name not in renamed.values())
    removed = tuple(name for name in before if name not in after and name not in renamed)
    moved = {item.name for item in changed if item.moves_values} | {*added}
    readers = {renamed.get(name, name) for gone in removed for name in old.read_by(gone)}
    reached = {*closure([*moved, *readers], new.read_by), *readers}
    known = {*moved, *(item.name for item in changed)}
    downstream = tuple(name for name in after if name in reached and name not in known)
    return Changes(added, removed, renamed, tuple(changed), downstream)


def _names(graph: Graph, alike: bool) -> list[str]:
    """Names in order; names that a module would leave out only for two notebooks."""
    return [
        name
        for name in graph.names()
        if alike or graph.node(name).kind not in ("input", "param") or graph.read_by(name)
    ]


def _renamed(old: Graph, new: Graph, before: list[str], after: list[str], alike: bool) -> dict[str, str]:
    """Nodes with the same code under another name; one renaming may reveal another."""
    found: dict[str, str] = {}
    second = read_facts(new, {}, copies=alike)
    gone = [name for name in before if name not in after and old.node(name).kind == "value"]
    fresh = [name for name in after if name not in before and new.node(name).kind == "value"]
    while True:
        first = read_facts(old, found, copies=alike)
        left = [name for name in gone if name not in found]
        more: dict[str, str] = {}
        for name in left:
            same = [
                other
                for other in fresh
                if other not in {*found.values(), *more.values()} and _same_code(first[name], second[other])
            ]
            if len(same) == 1:
                more[name] = same[0]
        if not more:
            return found
        found |= more


def _same_code(first: Facts, second: Facts) -> bool:
    return (first.code, first.inputs, first.shared) == (second.code, second.inputs, second.shared)


def _differences(first: Facts, second: Facts, alike: bool) -> Iterator[str]:
    if first.kind != second.kind:
        yield "kind"
    if first.code.keys() != second.code.keys():
        yield "variants"
    both = first.code.keys() & second.code.keys()
    if any(first.code[key] != second.code[key] for key in both):
        yield "conditions" if first.kind == second.kind == "check" else "code"
    if any(first.inputs[key] != second.inputs[key] for key in first.inputs.keys() & second.inputs.keys()):
        yield "inputs"
    shared = [*first.shared, *(name for name in second.shared if name not in first.shared)]
    yield from (f"uses {name}" for name in shared if first.shared.get(name) != second.shared.get(name))
    given = first.kind in ("input", "param")
    if first.value != second.value and (alike or first.kind == "param"):
        yield "default" if first.kind == "param" else "sample"
    if first.type != second.type and (alike or (first.type and second.type)):
        yield "type"
    if first.doc != second.doc and (alike or not (given or first.kind == "check")):
        yield "doc"
    if alike and first.tags != second.tags:
        yield "tags"


def _diff(first: Facts, second: Facts, what: tuple[str, ...]) -> Iterator[str]:
    """Changed lines of the source, with a little around them."""
    if not {"code", "conditions", "default", "sample", "variants"} & {*what}:
        return
    rows = difflib.unified_diff(first.source.split("\n"), second.source.split("\n"), lineterm="", n=1)
    for row in list(rows)[2:]:
        if not row.startswith("@@"):
            yield row
