"""A hint is the type that the module writes for a node: declared, or derived from its value."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.mapped import Signature
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.tree import expression, imported_as
from kernel_magics.engine.source.type_name import ALIASES

ANY = "Any"
_MODULES = {alias: module for module, alias in ALIASES.items()}


@dataclass(frozen=True, slots=True)
class Hints:
    """The types of names.

    Attributes:
        types: by name of the node, input or param.
        uses: names of the setup in these types.
        imports: import statements that these types need in addition to the setup's.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()

    def complete(self, untyped: str) -> Hints:
        """A copy in which names of unknown type have the type `untyped`."""
        if not untyped or all(self.types.values()):
            return self
        types = {name: hint or untyped for name, hint in self.types.items()}
        return replace(self, types=types, imports=(*self.imports, "from typing import Any"))

    def signature(self, node: Node) -> Signature:
        """The hints and defaults for the header of a node's function."""
        hints = {item.name: self.types[item.name] for item in node.inputs if self.types.get(item.name)}
        returns = CONDITIONS if node.kind == "check" else self.types.get(node.name, "")
        return Signature(hints=hints, returns=returns)


CONDITIONS = "dict[str, Callable[[], object]]"


def make_hints(graph: Graph, seen: Mapping[str, str]) -> Hints:
    """Hints for every name of a graph.

    Args:
        seen: type names of the computed values.
    """
    resolver = _Resolver(graph)
    types = {name: resolver.hint(graph.nodes[name], seen.get(name, "")) for name in graph.names()}
    if any(node.kind == "check" for node in graph):
        resolver.imports.append("from collections.abc import Callable")
    return Hints(types, tuple(dict.fromkeys(resolver.uses)), tuple(dict.fromkeys(resolver.imports)))


class _Resolver:
    """Finds for each type a notation in the module, and collects the names and imports that it needs."""

    def __init__(self, graph: Graph) -> None:
        self._setup = graph.setup
        self._taken = {*graph.owners, *graph.nodes}
        self._bound = {name: _origin(name, graph) for name in graph.setup.names}
        self._written = {full: name for name, full in self._bound.items() if full}
        self._known: dict[str, str] = {}
        self.uses: list[str] = []
        self.imports: list[str] = []

    def hint(self, nodes: Iterable[Node], seen: str) -> str:
        """The declared type if the module can express it, else that of the value; "" when unknown."""
        for node in nodes:
            if node.kind == "check":
                return ""
            if node.type and self._declared(node.type):
                return node.type
        if seen not in self._known:
            self._known[seen] = self._seen(seen)
        return self._known[seen]

    def _declared(self, hint: str) -> bool:
        try:
            roots = _roots(hint)
        except SyntaxError:
            return False
        if not all(root in self._setup.names or root in builtin_names() for root in roots):
            return False
        self.uses += [root for root in roots if root in self._setup.names]
        return True

    def _seen(self, hint: str) -> str:
        if hint in ("", "None"):  # a None shows nothing about other values
            return self._any() if hint else ""
        try:
            tree = expression(hint)
        except SyntaxError:
            return self._any()
        written = _Writer(self).visit(tree)
        return ast.unparse(written)

    def _any(self) -> str:
        self.imports.append("from typing import Any")
        return ANY

    def name(self, dotted: str) -> str:
        """The notation of a class in the module."""
        root, _, rest = dotted.partition(".")
        if not rest and dotted in builtin_names():
            return dotted
        if not rest:
            if dotted in self._setup.names:
                self.uses.append(dotted)
                return dotted
            return self._any()
        full = f"{_MODULES.get(root, root)}.{rest}"
        if full in self._written:
            self.uses.append(self._written[full])
            return self._written[full]
        module, _, member = full.rpartition(".")
        if module in self._written:
            self.uses.append(self._written[module])
            return f"{self._written[module]}.{member}"
        if root in self._taken or root in self._bound:
            return self._any()
        library = full.partition(".")[0]
        if root != library:
            self.imports.append(f"import {library} as {root}")
            return dotted
        self.imports.append(f"import {module}")
        return full


class _Writer(ast.NodeTransformer):
    """Replaces every class in a type by its notation in the module."""

    def __init__(self, resolver: _Resolver) -> None:
        self._resolver = resolver

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Several members of one type become any number of them, as a type checker sees `tuple(… for …)`."""
        self.generic_visit(node)
        members = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        kinds = {ast.unparse(member) for member in members}
        if ast.unparse(node.value) == "tuple" and len(kinds) == 1:
            node.slice = ast.Tuple([members[0], ast.Constant(...)], ast.Load())
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return expression(self._resolver.name(node.id))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return expression(self._resolver.name(ast.unparse(node)))


def _origin(name: str, graph: Graph) -> str:
    """The full name of an import of the setup: a module or `module.member`; "" for anything else."""
    for statement in graph.setup.statements:
        if name not in statement.binds or not statement.is_import:
            continue
        node = statement.node
        if isinstance(node, ast.Import):
            for alias in node.names:
                if imported_as(alias) == name:
                    return alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return f"{node.module}.{alias.name}"
    return ""


def _roots(hint: str) -> list[str]:
    """The names that a hint looks up, those in quoted parts included."""
    found: list[str] = []
    queue: list[ast.AST] = [expression(hint)]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.Name):
            found.append(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            queue.append(expression(node.value))
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value).split(".")[-1] == "Literal":
            queue.append(node.value)
        else:
            queue += ast.iter_child_nodes(node)
    return found
