"""The facts of a node are what two versions of it are compared by, without formatting and comments."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.choice import shown
from kernel_magics.engine.source.tree import Function, copied, expression, imported_as


@dataclass(frozen=True, slots=True)
class Facts:
    """One name of a dataflow, all its variants together.

    Attributes:
        code: the normalized code of its functions, by the params that choose them.
        inputs: what each of them reads, in order.
        value: a param's default or an input's sample, as an expression tree.
        shared: the code of the imports, constants and helpers that it uses, by name.
        source: the text of its functions.
    """

    name: str
    kind: str
    code: Mapping[str, str]
    inputs: Mapping[str, tuple[str, ...]]
    value: str = ""
    type: str = ""
    doc: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


def read_facts(graph: Graph, renamed: Mapping[str, str], copies: bool = True) -> dict[str, Facts]:
    """The facts of every name, with nodes under their names in the other graph.

    Args:
        copies: whether `rows = rows.copy()` at the start of a function counts. An export writes it into
            functions that change an input, because no notebook isolates them there.
    """
    reader = _Reader(graph, renamed, copies)
    return {name: reader.facts(nodes) for name, nodes in graph.nodes.items()}


class _Reader:
    def __init__(self, graph: Graph, renamed: Mapping[str, str], copies: bool) -> None:
        self._renamed, self._copies = renamed, copies
        self._setup: dict[str, tuple[str, frozenset[str]]] = {}
        for statement in graph.setup.statements:
            for name, tree in _bound(statement.node, statement.binds):
                self._setup[name] = self._normal(tree)

    def facts(self, nodes: tuple[Node, ...]) -> Facts:
        first = nodes[0]
        code: dict[str, str] = {}
        inputs: dict[str, tuple[str, ...]] = {}
        shared: dict[str, str] = {}
        for node in nodes:
            key = ", ".join(shown(*each) for each in node.when)
            inputs[key] = tuple(self._renamed.get(item.name, item.name) for item in node.inputs)
            if node.text is not None:
                code[key], reads = self._normal(node.text.syntax, function=True)
                shared |= self._shared(node, reads)
        return Facts(
            name=first.name,
            kind=first.kind,
            code=code,
            inputs=inputs,
            value=self._value(first),
            type=first.type,
            doc=" ".join(first.doc.split()),
            tags=first.tags,
            shared=shared,
            source="\n\n".join(node.source for node in nodes),
        )

    def _value(self, node: Node) -> str:
        """The default of a param, or of the constant that holds it."""
        if not node.value:
            return ""
        tree = expression(node.value)
        if isinstance(tree, ast.Name) and tree.id in self._setup:
            known = self._setup[tree.id][0]
            return known if known.startswith("=") else ast.dump(tree)
        return "=" + ast.dump(tree)

    def _shared(self, node: Node, reads: frozenset[str]) -> dict[str, str]:
        """What a node uses besides its inputs, transitively."""
        known = dict(self._setup)
        for helper in node.helpers:
            known[helper.name] = self._normal(helper.text.syntax)
        found: dict[str, str] = {}
        queue = [name for name in sorted(reads) if name in known]
        while queue:
            name = queue.pop()
            if _plain(name) not in found:
                found[_plain(name)], more = known[name]
                queue += [other for other in sorted(more) if other in known]
        return found

    def _normal(self, tree: ast.AST, function: bool = False) -> tuple[str, frozenset[str]]:
        """The normalized code of a statement, and the names in it."""
        if isinstance(tree, ast.Assign | ast.AnnAssign):
            value = tree.value if tree.value is not None else ast.Constant(None)
            return "=" + ast.dump(value), frozenset(_names(value))
        own = copied(tree)
        if not self._copies and isinstance(own, Function):
            own.body = list(_without_copies(own)) or [ast.Pass()]
        clean = _Clean(self._renamed, function).visit(own)
        names = frozenset(_names(clean))
        for node in ast.walk(clean):
            if isinstance(node, ast.Name):
                node.id = _plain(node.id)
        if function:
            clean.name = ""
            clean.args = ast.arguments([], [], None, [], [], None, [])  # `inputs` has the parameters
        elif hasattr(clean, "name"):
            clean.name = _plain(clean.name)
        return ast.dump(clean), names


class _Clean(ast.NodeTransformer):
    """Removes docstrings and hints, of a node also defaults and marks of variants; renames nodes."""

    def __init__(self, renamed: Mapping[str, str], node: bool) -> None:
        self._renamed, self._node = renamed, node
        self._depth = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: Function) -> ast.AST:
        node.returns = None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if self._node and self._depth == 0:
            node.decorator_list = [item for item in node.decorator_list if not _marks_variant(item)]
            node.args.defaults, node.args.kw_defaults = [], [None] * len(node.args.kwonlyargs)
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        node.arg = self._renamed.get(node.arg, node.arg)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._renamed.get(node.id, node.id)
        return node


def _without_copies(function: Function) -> Iterator[ast.stmt]:
    """The statements of a function without those at its start that copy a parameter into itself."""
    arguments = function.args
    params = {arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    doc = ast.get_docstring(function, clean=False) is not None
    yield from function.body[:doc]
    yield from itertools.dropwhile(lambda each: _is_copy(each, params), function.body[doc:])


def _is_copy(statement: ast.stmt, params: set[str]) -> bool:
    """True for `rows = rows.copy()` and `rows = copy.deepcopy(rows)` of a parameter."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
        return False
    match statement.targets[0], statement.value:
        case ast.Name(name), ast.Call(ast.Attribute(ast.Name(own), "copy" | "clone"), [], []):
            return name == own and name in params
        case ast.Name(name), ast.Call(
            ast.Attribute(ast.Name("copy" | "_copy"), "deepcopy"), [ast.Name(own)], []
        ):
            return name == own and name in params
    return False


def _marks_variant(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and ast.unparse(decorator.func).split(".")[-1].strip("_") == "when"


def _names(tree: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _plain(name: str) -> str:
    """The name without the underscore that an export gives to helpers."""
    return name.lstrip("_") or name


def _bound(tree: ast.stmt, names: tuple[str, ...]) -> Iterator[tuple[str, ast.AST]]:
    """Each name that a statement binds, with the part of the statement that defines it."""
    if not isinstance(tree, ast.Import | ast.ImportFrom):
        yield from ((name, tree) for name in names)
        return
    for alias in tree.names:
        name = imported_as(alias)
        part: ast.stmt = ast.Import([alias])
        if isinstance(tree, ast.ImportFrom):
            part = ast.ImportFrom(tree.module, [alias], tree.level)
        yield name, part
