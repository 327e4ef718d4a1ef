"""A hazard: code that means one thing in a module and another in the function that a bare body becomes."""

import ast
import re
from collections.abc import Collection, Iterator

from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.statements import Statements, walk

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_OWN_NAMESPACE = ("locals", "vars", "dir")  # without an argument they show the names around them
_ARGUMENTS = {"eval": 2, "exec": 2}  # with fewer arguments they use the names around them, in a function, too
_SUSPECT = re.compile(r"global|nonlocal|import|return|yield|locals|vars|dir|eval|exec")


def function_hazards(source: str, known: Collection[str] = ()) -> list[tuple[int, str]]:
    """What cannot work when a bare body becomes a function: (line, what is wrong and what to write).

    `known` are names that will be globals of that function, not parameters (the setup's; builtins are).
    Raises SyntaxError.
    """
    tree = ast.parse(source)
    done = walk(tree.body)
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


def _statements(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node, inside in _nodes(tree):
        if isinstance(node, ast.Global) and inside:
            name = ", ".join(node.names)
            yield node.lineno, f"'global {name}' reaches outside the node: write 'nonlocal {name}'."
        elif isinstance(node, ast.Global) or (isinstance(node, ast.Nonlocal) and not inside):
            word = "global" if isinstance(node, ast.Global) else "nonlocal"
            yield node.lineno, f"'{word} {', '.join(node.names)}' has no meaning in a node: delete it."
        elif isinstance(node, ast.ImportFrom) and node.module == "__future__":
            yield node.lineno, "'from __future__ import' only works at the top of a module: delete it."
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            yield node.lineno, f"'from {node.module} import *' hides its names: import the names used."
        elif isinstance(node, ast.Return) and not inside:
            yield node.lineno, "'return' outside a function: end with the value, or write a 'def'."
        elif isinstance(node, ast.Yield | ast.YieldFrom) and not inside:
            yield node.lineno, "'yield' outside a function: collect the values in a list, or write a 'def'."


def _calls(tree: ast.Module, done: Statements) -> Iterator[tuple[int, str]]:
    for node, inside in _nodes(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        name, given = node.func.id, len(node.args) + len(node.keywords)
        if name in done.declared:
            continue
        if (name in _OWN_NAMESPACE and not given and not inside) or given < _ARGUMENTS.get(name, 0):
            yield node.lineno, f"'{name}(...)' depends on where the code stands: use the names themselves."
        elif name == "globals":
            yield node.lineno, "'globals()' reaches outside the node: use the names themselves."


def _class_bodies(done: Statements, shared: Collection[str]) -> Iterator[tuple[int, str]]:
    for line, name in done.class_reads:
        if name in done.declared or name not in shared:
            problem = f"the class body reads '{name}' from around it and assigns it, too"
            yield line, f"{problem}; a class in a function cannot: give one of the two another name."


def _shadowed(tree: ast.Module, done: Statements, shared: Collection[str]) -> Iterator[tuple[int, str]]:
    lines: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            lines.setdefault(node.id, node.lineno)
    for name, at_once in done.reads.items():
        if at_once and name in shared and name in done.declared:
            origin = "builtin" if name in builtin_names() else "setup's"
            yield lines.get(name, 1), f"'{name}' is read as the {origin} and assigned, too: rename yours."
    for line, name in done.later_reads:
        if name in shared and name in done.declared:
            yield line, f"the function reads '{name}', which is assigned only later: rename one of them."
