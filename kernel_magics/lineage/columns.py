"""Column lineage: which columns of the dataflow's inputs each column of a node is made of."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import order
from kernel_magics.engine.graph.node import Node
from kernel_magics.lineage.reader import Reader
from kernel_magics.lineage.shape import ALL, NOTHING, Shape, Sources, either


@dataclass(frozen=True)
class Origin:
    """The origin of a value, down to the columns of inputs.

    Attributes:
        columns: for each column that the code names, (input, column) pairs; "" is the value itself.
        rest: inputs whose other columns are passed through unchanged.
        rows: what determines the set of rows.
        exact: False when the code has unknown effects on columns.
    """

    columns: Mapping[str, Sources] = field(default_factory=dict)
    rest: frozenset[str] = frozenset()
    rows: Sources = NOTHING
    exact: bool = True

    def to_json(self) -> dict[str, object]:
        """Plain lists, sorted."""
        return {
            "columns": {name: shown(sources) for name, sources in sorted(self.columns.items())},
            "unchanged_from": sorted(self.rest),
            "rows_by": shown(self.rows),
            "exact": self.exact,
        }


def shown(sources: Sources) -> list[str]:
    """`weather[temp]`, or only the name where the whole input is meant."""
    return sorted(name if column == ALL else f"{name}[{column}]" for name, column in sources)


def origins(graph: Graph) -> dict[str, Origin]:
    """The origin of every input and node of a graph; reads code only."""
    shapes: dict[str, Shape] = {}
    functions = _functions(graph)
    names = [name for name in graph.names() if graph.node(name).kind != "check"]
    for name in order(names, lambda each: [read for read in graph.reads(each) if read in graph.nodes]):
        nodes = graph.nodes[name]
        if nodes[0].text is None:
            shapes[name] = Shape(frozenset({(name, ALL)}), rest=frozenset({name}))
            continue
        found = [_shape(node, functions, shapes) for node in nodes]
        shape = found[0]
        for other in found[1:]:
            shape = either(shape, other)
        shapes[name] = shape
    return {name: _origin(shapes[name]) for name in names if name in shapes}


def _origin(shape: Shape) -> Origin:
    columns = dict(shape.columns)
    if not shape.columns and not shape.rest:
        columns = {"": shape.everything()}
    elif shape.rest and not shape.frame and shape.sources:
        columns |= {"": shape.sources}
    return Origin(columns, shape.rest, shape.rows, shape.exact)


def _shape(node: Node, functions: Mapping[str, ast.FunctionDef], shapes: Mapping[str, Shape]) -> Shape:
    """The shape of a node's value, given the shapes of its inputs."""
    if node.text is None:
        return Shape()
    own = {**functions}
    for helper in node.helpers:
        own |= _defined(helper.text.source)
    tree = _defined(node.text.source).get(node.function)
    known = {item.name: shapes[item.name] for item in node.inputs if item.name in shapes}
    if tree is None:
        return Shape(NOTHING.union(*(shape.everything() for shape in known.values())), exact=False)
    own.pop(node.function, None)
    try:
        return Reader(known, own).run(tree.body)
    except RecursionError:
        return Shape(NOTHING.union(*(shape.everything() for shape in known.values())), exact=False)


def _functions(graph: Graph) -> dict[str, ast.FunctionDef]:
    found: dict[str, ast.FunctionDef] = {}
    for statement in graph.setup.statements:
        found |= _defined(statement.text)
    return found


def _defined(source: str) -> dict[str, ast.FunctionDef]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    found = {}
    for item in tree.body:
        if isinstance(item, ast.AsyncFunctionDef):
            item = ast.FunctionDef(**{**vars(item)})
        if isinstance(item, ast.FunctionDef):
            found[item.name] = item
    return found


def origin_lines(name: str, known: Mapping[str, Origin]) -> list[str]:
    """Lines for display: each column of a node, its origin, and what is not known."""
    origin = known.get(name)
    if origin is None or (name, ALL) in origin.columns.get("", NOTHING):
        return []  # a check, or an input, where columns originate
    lines = []
    for column, sources in origin.columns.items():
        target = f"{name}[{column}]" if column else name
        lines.append(f"{target} <- {', '.join(shown(sources)) or 'no input'}")
    if origin.rest:
        which = "other columns" if origin.columns else "columns"
        lines.append(f"{name}: {which} as in {', '.join(sorted(origin.rest))}")
    if origin.rows:
        lines.append(f"{name}: rows by {', '.join(shown(origin.rows))}")
    if not origin.exact:
        lines.append(f"{name}: not sure, because of code that may use other columns than these")
    return ["", "columns, as far as the code says:", *(f"  {line}" for line in lines)]
