"""A hazard: code that means one thing in a module and another in the function that a bare body becomes."""

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.references import Names, read_names

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_OWN_NAMESPACE = ("locals", "vars", "dir")  # without an argument they show the names around them
_ARGUMENTS = {"eval": 2, "exec": 2}  # with fewer arguments they use the names around them, in a function, too
_SUSPECT = re.compile(r"global|nonlocal|import|return|yield|locals|vars|dir|eval|exec")


@dataclass(frozen=True, slots=True, order=True)
class Hazard:
    """Code that cannot work when a bare body becomes a function.

    Attributes:
        what: what is wrong.
        hint: what to write instead.
        pieces: the pieces of the line that it is about, the most important one first.
    """

    line: int
    what: str
    hint: str
    pieces: tuple[str, ...]


def function_hazards(source: str, known: Collection[str] = ()) -> list[Hazard]:
    """What cannot work when a bare body becomes a function, in order.

    `known` are names that will be globals of that function, not parameters (the setup's; builtins are).
    Raises SyntaxError.
    """
    tree = ast.parse(source)
    done = read_names(tree.body)
    shared = builtin_names().union(known)
    found = {*_class_bodies(done, shared), *_shadowed(tree, done, shared)}
    if _SUSPECT.search(source):  # most bodies hold none of these words, and a notebook has many bodies
        found |= {*_statements(tree), *_calls(tree, done)}
    return sorted(found)


def _nodes(tree: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """Every node, and whether it stands inside a nested function."""
    stack = [(tree, False)]
    while stack:
        node, inside = stack.pop()
        yield node, inside
        code = node.body if isinstance(node, _FUNCTION) else []  # not its decorators and defaults
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


def _class_bodies(done: Names, shared: Collection[str]) -> Iterator[Hazard]:
    for line, name in done.class_reads:
        if name in done.local or name not in shared:
            what = f"the class body reads '{name}' from around it and assigns it, too"
            yield Hazard(
                line, f"{what}; a class in a function cannot", "give one of the two another name.", (name,)
            )


def _shadowed(tree: ast.Module, done: Names, shared: Collection[str]) -> Iterator[Hazard]:
    lines: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            lines.setdefault(node.id, node.lineno)
    for name, at_once in done.looked_up.items():
        if at_once and name in shared and name in done.local:
            origin = "builtin" if name in builtin_names() else "setup's"
            what = f"'{name}' is read as the {origin} and assigned, too"
            yield Hazard(lines.get(name, 1), what, "rename yours.", (name,))
    for line, name in done.late_reads:
        if name in shared and name in done.local:
            what = f"the function reads '{name}', which is assigned only later"
            yield Hazard(line, what, "rename one of them.", (name,))
