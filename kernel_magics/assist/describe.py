"""Descriptions of names: kind, type, docstring and place of definition."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kernel_magics.assist.document import Document
from kernel_magics.assist.reading import Reading
from kernel_magics.engine.cells.statements import Statement
from kernel_magics.engine.errors import LinkError
from kernel_magics.engine.graph.link import link_cell
from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.tree import FunctionOrClass


@dataclass(frozen=True, slots=True)
class Ref:
    """A name with its kind ("" when nothing defines it) and the cell that defines it."""

    name: str
    kind: str
    cell: str = ""
    label: str = ""

    def to_json(self) -> dict[str, Any]:
        """`{"name", "kind", "cell", "label"}`."""
        return {"name": self.name, "kind": self.kind, "cell": self.cell, "label": self.label}


def ref(document: Document, name: str) -> Ref:
    """The reference for a name."""
    node = document.graph.nodes.get(name, (None,))[0]
    if node is not None:
        return Ref(name, node.kind, node.cell_id, document.label(node.cell_id))
    ids = document.defined.get(name, ())
    if ids:
        return Ref(name, _kind(document, ids[0]), ids[0], document.label(ids[0]))
    for statement in document.graph.setup.statements:
        if name in statement.binds:
            return Ref(name, "setup", statement.cell_id, document.label(statement.cell_id))
    return Ref(name, "")


def _kind(document: Document, id: str) -> str:
    return {"inputs": "input", "params": "param"}.get(document.readings[id].magic, "value")


def first_line(text: str) -> str:
    """The first line of a docstring."""
    return text.strip().split("\n")[0].strip()


def setup_doc(statement: Statement) -> str:
    """The documentation of what a setup statement binds: its docstring, or its first line."""
    tree = statement.node
    documented = isinstance(tree, FunctionOrClass)
    doc = ast.get_docstring(tree) if documented else None  # type: ignore[arg-type]
    return doc or first_line(statement.code)


def signature(nodes: Sequence[Node], inputs: Sequence[str]) -> str:
    """`ctr(clicks, views) -> float`, or the declaration of an input or param."""
    node = nodes[0]
    if node.kind in ("input", "param"):
        return first_line(node.source)
    arrow = f" -> {node.type}" if node.type else ""
    return f"{node.name}({', '.join(inputs)}){arrow}"


def is_joint(document: Document, node: Node) -> bool:
    """True for the joint computation of several outputs of one cell, whose name is generated."""
    return node.kind == "value" and node.name not in document.readings[node.cell_id].own


def nodes_of(document: Document, reading: Reading) -> tuple[Node, ...]:
    """The nodes of a cell; for a cell outside the graph, those that it would have."""
    if reading.id in document.graph.owned:
        return document.graph.owned[reading.id]
    if reading.parsed is None or reading.magic == "setup":
        return ()
    try:
        return link_cell(reading.parsed, document.shared, document.graph.params)
    except LinkError:
        return ()


def inputs_of(document: Document, name: str) -> tuple[str, ...]:
    """The inputs of a node; for one of several outputs, those of the joint computation."""
    found: dict[str, None] = {}
    for node in document.graph.nodes.get(name, ()):
        for read in node.input_names:
            inner = document.graph.nodes.get(read, ())
            if inner and is_joint(document, inner[0]):
                found |= dict.fromkeys(document.graph.reads(read))
            else:
                found[read] = None
    return tuple(found)


def consumers_of(document: Document, name: str) -> tuple[str, ...]:
    """The nodes that read a node, in notebook order, without checks; outputs replace joint computations."""
    found: dict[str, None] = {}
    for reader in in_order(document, document.graph.read_by(name)):
        node = document.graph.node(reader)
        if is_joint(document, node):
            found |= dict.fromkeys(document.readings[node.cell_id].own)
        elif node.kind != "check":
            found[reader] = None
    return tuple(found)


def in_order(document: Document, names: Iterable[str]) -> list[str]:
    """Names of nodes in notebook order."""

    def place(name: str) -> tuple[int, int, str]:
        node = document.graph.node(name)
        return document.places.get(node.cell_id, 0), node.line, name

    return sorted((name for name in names if name in document.graph.nodes), key=place)


def downstream(document: Document, id: str) -> set[str]:
    """The nodes of a cell and all downstream of them."""
    own = [node.name for node in document.graph.owned.get(id, ())]
    own += document.readings[id].own if id in document.readings else ()
    return {*own, *closure(own, document.graph.read_by)}


def written(document: Document) -> Iterator[Node]:
    """The nodes, inputs and params with names from the notebook, one of each name, in notebook order."""
    for name in in_order(document, document.graph.nodes):
        node = document.graph.node(name)
        if node.kind != "check" and not is_joint(document, node):
            yield node
