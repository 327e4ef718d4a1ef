"""Hazards: code that behaves differently at module level and in the function that a bare body becomes."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.references import Names
from kernel_magics.engine.source.tree import Function

_FUNCTION = Function | ast.Lambda
_OWN_NAMESPACE = (
    "locals",
    "vars",
    "dir",
)  # without an argument they return the names of the scope around them
_ARGUMENTS = {
    "eval": 2,
    "exec": 2,
}  # with fewer arguments they use the names of the scope around them, in a function, too
_SUSPECT = re.compile(r"global|nonlocal|import|return|yield|locals|vars|dir|eval|exec")


@dataclass(frozen=True, slots=True, order=True)
class Hazard:
    """Code that cannot work when a bare body becomes a function.

    Attributes:
        what: what is wrong.
        hint: what to write instead.
        pieces: the pieces of the line concerned, the most important one first.
    """

    line: int
    what: str
    hint: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Rebound:
    """A name that code both looks up outside and assigns.

    Attributes:
        line: where it is assigned; for a late one, where the function is that looks it up.
        late: looked up by a function that is defined before the assignment.
    """

    line: int
    name: str
    late: bool

    def hazard(self) -> Hazard:
        """The hazard, for a name that cannot become a parameter."""
        if self.late:
            what = f"the function reads '{self.name}', which is assigned only later"
            return Hazard(self.line, what, "rename one of them.", (self.name,))
        origin = "builtin" if self.name in builtin_names() else "setup's"
        what = f"'{self.name}' is read as the {origin} and assigned, too"
        return Hazard(self.line, what, "rename yours.", (self.name,))


def function_hazards(source: str, body: Sequence[ast.stmt], names: Names) -> list[Hazard]:
    """What cannot work when a bare body becomes a function whose globals are builtins, in order.

    Args:
        source: the text.
        body: its syntax.
        names: the names that it mentions.
    """
    found = {item.hazard() for item in rebound(names) if item.name in builtin_names()}
    found.update(_class_bodies(names))
    if _SUSPECT.search(source):  # a quick test, because a notebook has many bodies
        tree = ast.Module(list(body), [])
        found |= {*_statements(tree), *_calls(tree, names)}
    return sorted(found)


def rebound(names: Names) -> list[Rebound]:
    """The names that code both looks up outside and assigns."""
    at_once = {name for name, now in names.looked_up.items() if now and name in names.local}
    late = {Rebound(line, name, True) for line, name in names.late_reads if name in names.local}
    if not at_once and not late:
        return []
    lines: dict[str, int] = {}
    for item in names.references:
        if item.role == "write" and isinstance(item.node, ast.Name):
            lines.setdefault(item.name, item.node.lineno)
    return sorted([*late, *(Rebound(lines.get(name, 1), name, False) for name in at_once)])


def _nodes(tree: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """Every node, and whether it is inside a nested function."""
    stack = [(tree, False)]
    while stack:
        node, inside = stack.pop()
        yield node, inside
        code = node.body if isinstance(node, _FUNCTION) else []  # decorators and defaults are outside
        body = code if isinstance(code, list) else [code]
        stack += [(child, inside or child in body) for child in ast.iter_child_nodes(node)]


def _statements(tree: ast.Module) -> Iterator[Hazard]:
    for node, inside in _nodes(tree):
        if isinstance(node, ast.Global) and inside:
            name = ", ".join(node.names)
            code = f"global {name}"
            yield Hazard(
                node.lineno, f"'{code}' reaches outside the node", f"write 'nonlocal {name}'.", (code,)
            )
        elif isinstance(node, ast.Global) or (isinstance(node, ast.Nonlocal) and not inside):
            word = "global" if isinstance(node, ast.Global) else "nonlocal"
            code = f"{word} {', '.join(node.names)}"
            yield Hazard(node.lineno, f"'{code}' has no meaning in a node", "delete it.", (code,))
        elif isinstance(node, ast.ImportFrom) and node.module == "__future__":
            code = "from __future__ import"
            yield Hazard(node.lineno, f"'{code}' only works at the top of a module", "delete it.", (code,))
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            code = f"from {node.module} import *"
            yield Hazard(node.lineno, f"'{code}' hides its names", "import the names used.", (code,))
        elif isinstance(node, ast.Return) and not inside:
            hint = "end with the value, or write a 'def'."
            yield Hazard(node.lineno, "'return' outside a function", hint, ("return",))
        elif isinstance(node, ast.Yield | ast.YieldFrom) and not inside:
            hint = "collect the values in a list, or write a 'def'."
            yield Hazard(node.lineno, "'yield' outside a function", hint, ("yield",))


def _calls(tree: ast.Module, done: Names) -> Iterator[Hazard]:
    for node, inside in _nodes(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        name, given = node.func.id, len(node.args) + len(node.keywords)
        if name in done.local:
            continue
        if (name in _OWN_NAMESPACE and not given and not inside) or given < _ARGUMENTS.get(name, 0):
            what = f"'{name}(...)' depends on where the code stands"
            yield Hazard(node.lineno, what, "use the names themselves.", (name,))
        elif name == "globals":
            what = "'globals()' reaches outside the node"
            yield Hazard(node.lineno, what, "use the names themselves.", (name,))


def _class_bodies(names: Names) -> Iterator[Hazard]:
    for line, name in names.class_reads:
        if name in names.local or name not in builtin_names():
            what = f"the class body reads '{name}' from around it and assigns it, too"
            hint = "give one of the two another name."
            yield Hazard(line, f"{what}; a class in a function cannot", hint, (name,))
