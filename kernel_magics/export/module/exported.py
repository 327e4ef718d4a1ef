"""What is exported of a notebook: its graph, the used part of the setup, and the cell of each function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kernel_magics.engine.cells.statements import Statement
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.run.runtime import default_uses
from kernel_magics.engine.source.mapped import MappedSource, generated, text_of
from kernel_magics.export.module.imports import used_statements
from kernel_magics.export.module.trace import short_ids


@dataclass(frozen=True, slots=True)
class Exported:
    """Made once; every step of an export reads it.

    Attributes:
        nodes: those with a function, in notebook order.
        uses: names of the setup that their functions use, sorted.
        statements: the setup statements that these and the tests need, in order.
        traces: for each cell's id, the text in the comment above its functions.
        cells: for each function, the cell from which it comes.
    """

    graph: Graph
    nodes: tuple[Node, ...]
    uses: tuple[str, ...]
    statements: tuple[Statement, ...]
    traces: Mapping[str, str]
    cells: Mapping[str, CellRef]

    @staticmethod
    def of(graph: Graph) -> Exported:
        """What is exported of a graph."""
        nodes = tuple(node for node in graph if node.text is not None)
        uses = {name for node in nodes for name in [*node.uses, *default_uses(graph, node)]}
        tested = {name for _, code in graph.tests() for name in code.reads}
        statements = used_statements(graph.setup, sorted(uses | tested))
        cells = {node.function: node.ref for node in graph}
        return Exported(graph, nodes, tuple(sorted(uses)), statements, short_ids(graph.cells), cells)

    def shared(self, more: Iterable[str]) -> tuple[Statement, ...]:
        """The setup statements that the functions and these names of types need."""
        return used_statements(self.graph.setup, [*self.uses, *more])

    def sources(self) -> list[tuple[CellRef, MappedSource]]:
        """(cell, source) of everything that the module and the tests will hold."""
        found = [(item.ref, text_of(item.text, item.line)) for item in self.statements]
        for node in self.nodes:
            texts = [*(helper.text for helper in node.helpers), node.text]
            found += [(node.ref, text) for text in texts if text is not None]
        for node in self.graph:
            if node.kind == "param":
                found.append((node.ref, text_of(f"{node.name} = {node.value}", node.line)))
        for cell, code in self.graph.tests():
            found.append((cell.ref, generated("def test():", cell.first) + code.text))
        return list(dict.fromkeys(found))
