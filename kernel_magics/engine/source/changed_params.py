"""Changed parameters: those whose object a function changes in place, by any name that it has for it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from kernel_magics.engine.source.changes import changed_by, within
from kernel_magics.engine.source.tree import Function, children, parameters, root_of

_CHANGERS: Final = frozenset(
    {"shuffle", "heappush", "heappop", "heapify", "heapreplace", "insort", "insort_left", "insort_right"}
    | {"fill_diagonal", "copyto", "putmask", "setattr", "delattr", "setitem", "delitem"}
)
"""Functions that change their first argument, whatever they are imported as."""

_VIEWS: Final = frozenset({"items", "values"})
_LOOPS: Final = frozenset({"enumerate", "zip", "reversed", "sorted", "iter", "list", "tuple"})
_DEPTH: Final = 50  # functions that call each other are followed so far

Find = Callable[[str], ast.AST | None]
"""Returns the definition of a function that is called by that name."""


def changed_params(function: ast.AST, find: Find = lambda _: None) -> dict[str, bool]:
    """The parameters that a function changes in place, in order.

    A parameter that was given another value first, such as a copy, is not changed. What functions of
    libraries do to their arguments is known for a few.

    Returns:
        by name, whether that is so for every mutable type; False where it depends on the type (`x += y`).
    """
    return _Reader(find, {}, _DEPTH).of(function)


class _Reader:
    """Follows which names stand for (parts of) which parameters, statement by statement.

    Args:
        known: what the functions change that were read before, or are being read, by name: each is read once.
    """

    def __init__(self, find: Find, known: dict[str, dict[str, bool]], depth: int) -> None:
        self._find, self._known, self._depth = find, known, depth
        self._found: dict[str, bool] = {}
        self._aliases: dict[str, frozenset[str]] = {}

    def of(self, function: ast.AST) -> dict[str, bool]:
        if not isinstance(function, Function):
            return {}
        names = [arg.arg for arg in parameters(function.args)]
        self._aliases = {name: frozenset({name}) for name in names}
        self._block(function.body, True)
        return {name: self._found[name] for name in names if name in self._found}

    def _change(self, name: str, always: bool = True) -> None:
        for param in self._aliases.get(name, ()):
            self._found[param] = self._found.get(param, False) or always

    def _block(self, statements: Iterable[ast.stmt], certain: bool) -> None:
        for statement in statements:
            self._statement(statement, certain)

    def _statement(self, node: ast.stmt, certain: bool) -> None:
        inner = [part for part in _blocks(node) if part]
        heads = [
            part for part in children(node) if not inner or not isinstance(part, ast.stmt | ast.ExceptHandler)
        ]
        looked_at: list[ast.AST] = [node] if not inner else heads
        for part in within(looked_at):
            for changed in changed_by(part):
                self._change(root_of(changed))
            if isinstance(part, ast.Call):
                self._call(part)
        match node:
            case ast.Assign():
                self._bind(node.targets, self._roots(node.value), certain)
            case ast.AnnAssign() if node.value is not None:
                self._bind([node.target], self._roots(node.value), certain)
            case ast.AugAssign() if isinstance(node.target, ast.Name):
                if self._aliases.get(node.target.id) == frozenset({node.target.id}):
                    self._change(node.target.id, always=False)
            case ast.For() | ast.AsyncFor():
                self._bind([node.target], self._roots(node.iter), False)
        for block in inner:
            self._block(block, False)

    def _bind(self, targets: Iterable[ast.expr], roots: frozenset[str], certain: bool) -> None:
        for target in targets:
            for name in _names(target):
                kept = frozenset() if certain else self._aliases.get(name, frozenset())
                self._aliases[name] = roots | kept

    def _roots(self, value: ast.expr) -> frozenset[str]:
        """The parameters of which the value of an expression may be a part."""
        match value:
            case ast.IfExp():
                return self._roots(value.body) | self._roots(value.orelse)
            case ast.BoolOp():
                return frozenset().union(*map(self._roots, value.values))
            case ast.NamedExpr():
                return self._roots(value.value)
            case ast.Tuple() | ast.List():
                return frozenset().union(*map(self._roots, value.elts))
            case ast.Call(func=ast.Attribute() as method) if method.attr in _VIEWS:
                return self._roots(method.value)
            case ast.Call(func=ast.Name(id=name)) if name in _LOOPS:
                return frozenset().union(*map(self._roots, value.args))
        return self._aliases.get(root_of(value), frozenset())

    def _call(self, call: ast.Call) -> None:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in _CHANGERS and call.args:
            self._change(root_of(call.args[0]))
        for word in call.keywords:
            if word.arg == "out":
                self._change(root_of(word.value))
        if isinstance(call.func, ast.Name) and self._depth:
            self._follow(call, name)

    def _follow(self, call: ast.Call, name: str) -> None:
        """What a function of the notebook's own does to the arguments of a call."""
        function = self._find(name)
        if not isinstance(function, Function):
            return
        if name not in self._known:
            self._known[name] = {}
            self._known[name] = _Reader(self._find, self._known, self._depth - 1).of(function)
        changed = self._known[name]
        spec = function.args
        places = [arg.arg for arg in [*spec.posonlyargs, *spec.args]]
        given: Mapping[str, ast.expr] = {
            **dict(zip(places, call.args, strict=False)),
            **{word.arg: word.value for word in call.keywords if word.arg},
        }
        for param, always in changed.items():
            if param in given:
                self._change(root_of(given[param]), always)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of statements inside a compound statement; those of functions that it defines run later."""
    if isinstance(node, Function | ast.ClassDef):
        return
    for field in ("body", "orelse", "finalbody"):
        yield getattr(node, field, [])
    for handler in getattr(node, "handlers", []):
        yield handler.body
    for case in getattr(node, "cases", []):
        yield case.body


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            yield from _names(item)
    elif isinstance(target, ast.Starred):
        yield from _names(target.value)
