"""Column lineage: which columns of the dataflow's inputs each column of a node is made of."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import order
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.select import is_sql, read_select
from kernel_magics.engine.source.tree import Function, defaults, imported_as, parsed
from kernel_magics.lineage.expressions import Code
from kernel_magics.lineage.literals import literal
from kernel_magics.lineage.reader import read_function
from kernel_magics.lineage.select import read_query
from kernel_magics.lineage.shape import ALL, NOTHING, Known, Shape, Sources, either

_PLAIN: Final = ("Series", "Index", "ndarray", "int", "float", "str", "bool", "Timestamp", "date", "datetime")


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


def dotted(sources: Sources) -> list[str]:
    """`weather.temp`, for a person; see `shown`."""
    return sorted(name if column == ALL else f"{name}.{column}" for name, column in sources)


def origins(graph: Graph, start: str = "") -> dict[str, Origin]:
    """The origin of every input and node of a graph; reads code only.

    Args:
        start: a node that counts as an input with columns, so that the origins below it are its columns.
    """
    shapes: dict[str, Shape] = {}
    code = _code(graph)
    names = [name for name in graph.names() if graph.node(name).kind != "check"]
    for name in order(names, lambda each: [read for read in graph.reads(each) if read in graph.nodes]):
        nodes = graph.nodes[name]
        if name == start:
            shapes[name] = Shape(rest=frozenset({name}), kind="frame")
            continue
        if nodes[0].text is None:
            shapes[name] = _given(nodes[0])
            continue
        found = [_shape(graph, node, code, shapes) for node in nodes]
        shape = found[0]
        for other in found[1:]:
            shape = either(shape, other)
        shapes[name] = shape.value() if shape.items is None else shape
    return {name: _origin(shapes[name]) for name in names if name in shapes}


def readings(graph: Graph, name: str) -> dict[str, Sources]:
    """What the nodes below one node have of it, by their names: (name, column) pairs, for their rows as well.

    A pair with `ALL` stands for the whole value: all columns, or some that the code does not show.
    """
    found: dict[str, Sources] = {}
    for reader, origin in origins(graph, start=name).items():
        sources = NOTHING.union(origin.rows, *origin.columns.values(), {(each, ALL) for each in origin.rest})
        own = frozenset(pair for pair in sources if pair[0] == name)
        if own and reader != name:
            found[reader] = own if origin.exact else own | {(name, ALL)}
    return found


def _given(node: Node) -> Shape:
    """The shape of an input or param: by its type, a frame, a plain value, or possibly either."""
    whole = frozenset({(node.name, ALL)})
    hint = node.type.rpartition(".")[2]
    if hint == "DataFrame":
        return Shape(rest=frozenset({node.name}), kind="frame")
    if hint in _PLAIN or node.kind == "param":
        return Shape(whole)
    return Shape(whole, rest=frozenset({node.name}), kind="frame")


def _origin(shape: Shape) -> Origin:
    if shape.kind in ("row", "groups") or shape.plain:
        sure = shape.exact and shape.kind != "groups"
        return Origin({"": shape.everything()}, rows=shape.rows, exact=sure)
    columns = dict(shape.columns) | ({"": shape.sources} if shape.sources else {})
    return Origin(columns, shape.rest, shape.rows, shape.exact and not shape.endings)


def _shape(graph: Graph, node: Node, code: Code, shapes: Mapping[str, Shape]) -> Shape:
    """The shape of a node's value, given the shapes of its inputs."""
    if node.text is None:
        return Shape()
    cell = graph.cells.get(node.cell_id)
    if cell is not None and cell.magic == "node" and is_sql(cell.line):
        given = {item.name: shapes[item.name] for item in node.inputs if item.name in shapes}
        return read_query(read_select(cell.source), given)
    own = dict(code.functions)
    for helper in node.helpers:
        own |= _defined(helper.text.source)
    tree = _defined(node.text.source).get(node.function)
    known = {item.name: shapes[item.name] for item in node.inputs if item.name in shapes}
    unread = Shape(NOTHING.union(*(shape.whole() for shape in known.values())), exact=False)
    if tree is None or _is_made(tree, node):
        return unread
    own.pop(node.function, None)
    try:
        return read_function(tree.body, known, replace(code, functions=own))
    except RecursionError:
        return unread


def _is_made(tree: Function, node: Node) -> bool:
    """True where decorators of an imported module made the node, so that the text is not what it computes."""
    names = {arg.arg for arg, _ in defaults(tree.args)}
    body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
    empty = all(isinstance(item, ast.Pass) or ast.unparse(item) == "..." for item in body)
    return bool(tree.decorator_list) and (empty or names != {item.name for item in node.inputs})


def _code(graph: Graph) -> Code:
    """The functions, constants and imports of the setup."""
    functions: dict[str, Function] = {}
    constants: dict[str, Known] = {}
    imports: dict[str, str] = {}
    for statement in graph.setup.statements:
        for name in statement.binds:  # the last one to bind a name counts
            for found in (functions, constants, imports):
                found.pop(name, None)
        functions |= _defined(statement.code)
        tree = _statements(statement.code)
        for item in tree:
            if isinstance(item, ast.Import):
                imports |= {alias.asname or alias.name: alias.name for alias in item.names}
            elif isinstance(item, ast.ImportFrom):
                imports |= {imported_as(alias): f"{item.module}.{alias.name}" for alias in item.names}
            elif isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
                value = literal(item.value) if len(item.targets) == 1 else None
                if value is not None and _stays(graph, item.targets[0].id, value):
                    constants[item.targets[0].id] = value
    return Code(functions, constants, imports)


def _stays(graph: Graph, name: str, value: Known) -> bool:
    """Whether no statement of the setup changes a value in place; texts and numbers are immutable."""
    if not isinstance(value.value, list | dict | set | tuple):
        return True
    influences = [statement.influence for statement in graph.setup.statements]
    return not any(name in (*item.changes, *item.later) for item in influences)


def _statements(source: str) -> list[ast.stmt]:
    tree = parsed(source)
    return tree.body if tree is not None else []


def _defined(source: str) -> dict[str, Function]:
    return {item.name: item for item in _statements(source) if isinstance(item, Function)}


def origin_lines(name: str, known: Mapping[str, Origin]) -> list[str]:
    """Lines for display: each column of a node, its origin, and what is not known."""
    origin = known.get(name)
    if origin is None or (name, ALL) in origin.columns.get("", NOTHING):
        return []  # a check, or an input, where columns originate
    lines = []
    for column, sources in origin.columns.items():
        target = f"{name}.{column}" if column else name
        values = f"values from {', '.join(dotted(sources))}" if sources else "values from no input"
        lines.append(f"{target}: {values}")
    if origin.rest:
        which = "other columns" if origin.columns else "columns"
        lines.append(f"{name}: {which} as in {', '.join(sorted(origin.rest))}")
    if origin.rows:
        lines.append(f"{name}: rows chosen, ordered or grouped by {', '.join(dotted(origin.rows))}")
    if not origin.exact:
        lines.append(f"{name}: not sure: other columns may count, too; the code does not show which")
    return ["", "Columns (from the code):", *(f"  {line}" for line in lines)]
