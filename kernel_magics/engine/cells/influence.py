"""The influence of a setup statement: the names and objects that it changes without binding them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from kernel_magics.engine.source.changes import at_once, changed_at_once, changes
from kernel_magics.engine.source.references import Names
from kernel_magics.engine.source.tree import Function, FunctionOrClass, parameters, root_of


@dataclass(frozen=True, slots=True)
class Influence:
    """What one statement changes.

    Attributes:
        reads: names that it looks up when it runs.
        changes: names whose values it may change in place when it runs.
        decorators: names used as decorators, each with whether it is written `@name.attribute`.
        later: names whose values its functions change in place when they are called.
        alters: whether its functions change their arguments.
        attributes: (attribute, name) of each attribute that it adds to objects of the library called `name`.
    """

    reads: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    decorators: tuple[tuple[str, bool], ...] = ()
    later: tuple[str, ...] = ()
    alters: bool = False
    attributes: tuple[tuple[str, str], ...] = ()


def influence_of(statement: ast.stmt, names: Names) -> Influence:
    """The influence of a statement, as far as its text shows it.

    Args:
        names: the names that the statement mentions.
    """
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return Influence()
    nodes = list(at_once([statement]))
    decorators = [(item, _called(item)) for node in nodes for item in getattr(node, "decorator_list", [])]
    registers = [called for _, called in decorators if _registers(called)]
    changed = dict.fromkeys([*changed_at_once([statement]), *_handed(nodes), *map(root_of, registers)])
    others = [called for _, called in decorators if called not in registers]
    given = [(root_of(called), isinstance(called, ast.Attribute)) for called in others]
    later, alters = _later(statement)
    return Influence(
        tuple(name for name, now in names.looked_up.items() if now),
        tuple(name for name in changed if name),
        tuple(pair for pair in dict.fromkeys(given) if pair[0]),
        later,
        alters,
        tuple(dict.fromkeys([*_attributes(nodes), *_methods(nodes)])),
    )


def only_shows(node: ast.stmt) -> bool:
    """True for statements that only display something in the notebook, which a module does not need."""
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    shown = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print"
    return shown or isinstance(value, ast.Constant | ast.Name | ast.Attribute)


def _handed(nodes: list[ast.AST]) -> Iterator[str]:
    """The names in expression statements: a call in them may change what it gets."""
    for node in nodes:
        if isinstance(node, ast.Expr) and not only_shows(node):
            yield from (part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def _called(decorator: ast.expr) -> ast.expr:
    return decorator.func if isinstance(decorator, ast.Call) else decorator


def _registers(function: ast.expr) -> bool:
    """True for `kind.register`, `register_series_accessor` and the like."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name.startswith("register")


def _later(statement: ast.stmt) -> tuple[tuple[str, ...], bool]:
    """The names around functions, and whether their arguments, that calls of these functions change."""
    found: dict[str, None] = {}
    alters = False
    for node in ast.walk(statement):
        body: list[ast.AST] = []
        own: list[str] = []
        if isinstance(node, Function):
            body, own = list(node.body), [item.arg for item in parameters(node.args)]
        elif isinstance(node, ast.Lambda):
            body, own = [node.body], [item.arg for item in parameters(node.args)]
        changed = [name for _, name in changes(body)]
        found |= dict.fromkeys(changed)
        alters = alters or any(name in own and name not in ("self", "cls") for name in changed)
        if isinstance(node, Function) and node.name == "__init_subclass__" and own[0] in changed:
            found |= {statement.name: None} if isinstance(statement, ast.ClassDef) else {}
    return tuple(found), alters


def _attributes(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """`library.Class.name = …`, `setattr(library.Class, "name", …)`, `library.register_accessor("name")`."""
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, root_of(node)
        if isinstance(node, ast.Call):
            texts = [item.value for item in node.args if isinstance(item, ast.Constant)]
            names = [text for text in texts if isinstance(text, str) and text.isidentifier()]
            if _registers(node.func):
                yield from ((name, root_of(node.func)) for name in names)
            elif isinstance(node.func, ast.Name) and node.func.id == "setattr" and node.args:
                yield from ((name, root_of(node.args[0])) for name in names)


def _methods(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """`@library.register_method` above a function, which becomes a method of its name."""
    for node in nodes:
        for item in node.decorator_list if isinstance(node, FunctionOrClass) else ():
            if _registers(_called(item)) and not (isinstance(item, ast.Call) and item.args):
                yield node.name, root_of(_called(item))  # type: ignore[attr-defined]
