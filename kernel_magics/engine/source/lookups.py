"""Lookups: the names that a nested function looks up outside itself when it is called, by `symtable`."""

import ast
import symtable
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from textwrap import indent


def looked_up(body: Sequence[ast.stmt], args: ast.arguments | None = None) -> tuple[list[str], list[str]]:
    """The names a function looks up outside itself (in source order), those it assigns as `global`."""
    params = [node.arg for node in ast.iter_child_nodes(args) if isinstance(node, ast.arg)] if args else []
    order, touched = _mentions(body)
    source = f"def _({', '.join(params)}):\n{indent(_text(body), ' ')}"
    if "nonlocal" in source:  # Python wants an enclosing function that binds such a name
        names = {name for node in _nodes(body) if isinstance(node, ast.Nonlocal) for name in node.names}
        source = f"def _({', '.join(sorted(names))}):\n{indent(source, ' ')}"
        function = symtable.symtable(source, "<names>", "exec").get_children()[0].get_children()[0]
    else:
        function = symtable.symtable(source, "<names>", "exec").get_children()[0]
    outside: set[str] = set()
    assigned: set[str] = set()
    for table in _tables(function):
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if symbol.is_global() or (table is function and symbol.is_free()):
                if symbol.is_referenced() or name in touched:
                    outside.add(name)
                if symbol.is_assigned() and symbol.is_declared_global():
                    assigned.add(name)
    # `super()` looks up a `__class__` that nobody wrote; `__x` in a nested class is really `_Class__x`.
    private = tuple(name for name in order if name.startswith("__"))
    mangled = sorted(name for name in outside.difference(order) if private and name.endswith(private))
    return [name for name in order if name in outside] + mangled, sorted(assigned)


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Every node in source order."""
    stack = list(body)[::-1]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(list(ast.iter_child_nodes(node))))


def _mentions(body: Iterable[ast.AST]) -> tuple[dict[str, None], set[str]]:
    """The names read anywhere, in source order, and those that `x += 1` or `del x` read without saying so."""
    order: dict[str, None] = {}
    touched: set[str] = set()
    for node in _nodes(body):
        if isinstance(node, ast.AugAssign):
            node = node.target
            touched |= {node.id} if isinstance(node, ast.Name) else set()
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
            touched.add(node.id)
        elif not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Store):
            continue
        if isinstance(node, ast.Name):
            order[node.id] = None
    return order, touched


def _text(body: Sequence[ast.stmt]) -> str:
    try:
        return ast.unparse(ast.Module(list(body), []))
    except ValueError:  # a text inside an f-string that cannot be written there again; texts hold no names
        blank = ast.Module(deepcopy(list(body)), [])
        for node in ast.walk(blank):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
        return ast.unparse(blank)
