"""A mutant is a function with one small bug; examples are worth keeping if they detect it.

A mutant seldom needs more memory or time than its function: sums replace products and quotients, and numbers
change by one.
"""

from __future__ import annotations
import __future__

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from kernel_magics.engine.source.rows import MAKER, row_of
from kernel_magics.engine.source.tree import copied

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Statement = ast.FunctionDef | ast.AsyncFunctionDef | ast.stmt
Edit = Callable[[Any], None]
MOST: Final = 120
"""Mutants of one function and its helpers; of more, every n-th is taken."""

_OPERATORS: Final[dict[type, type]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Sub,
    ast.FloorDiv: ast.Sub,
    ast.Mod: ast.Sub,
    ast.Pow: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
_COMPARISONS: Final[dict[type, tuple[type, ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_METHODS: Final = {
    **{"mean": "sum", "sum": "mean", "median": "mean", "std": "var", "max": "min", "min": "max"},
    **{"first": "last", "last": "first", "any": "all", "all": "any", "ffill": "bfill", "bfill": "ffill"},
    **{"lower": "upper", "upper": "lower", "ceil": "floor", "floor": "ceil", "cumsum": "cummax"},
}


class Mutants:
    """Makes the mutants of a module's functions.

    Args:
        module: a module that was imported from a file.
    """

    def __init__(self, module: ModuleType) -> None:
        tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
        self._module = module
        self._functions: dict[str, _Statement] = {
            node.name: node
            for node in tree.body
            if isinstance(node, _Function) and not node.name.startswith(MAKER)
        }
        self._functions |= {row.name: node for node in tree.body if (row := row_of(node))}
        self._done: set[str] = set()

    def of(self, name: str) -> Iterator[Callable[..., Any]]:
        """Mutants of a function: bugs in it, and in helpers that no earlier function has.

        Empty for a function outside the module's text, or one that fails in a copy of the module.
        """
        needed = self._needed(name)
        fresh = [self._functions[each] for each in needed if each == name or each not in self._done]
        self._done |= set(needed)
        found = [edit for function in fresh for edit in _edits(function)]
        for function, place, edit in found[:: -(-len(found) // MOST) or 1]:
            try:
                yield self._made(name, needed, function, place, edit)
            except Exception:  # a decorator, for example, may raise anything for a bug
                continue

    def _needed(self, name: str) -> list[str]:
        """A function, and those that it calls, directly or through others."""
        queue, found = [name], dict[str, None]()
        while queue:
            each = queue.pop()
            if each in self._functions and each not in found:
                found[each] = None
                queue += [node.id for node in ast.walk(self._functions[each]) if isinstance(node, ast.Name)]
        return list(found)

    def _made(
        self, name: str, needed: Sequence[str], function: _Statement, place: int, edit: Edit
    ) -> Callable[..., Any]:
        changed = copied(function)
        edit(list(ast.walk(changed))[place])
        there = (self._functions[each] for each in needed)
        body = [changed if each is function else each for each in there]
        body.sort(key=lambda each: isinstance(each, ast.Assign))  # rows below the functions that they share
        tree = ast.fix_missing_locations(ast.Module(body, []))
        code = compile(tree, "<mutant>", "exec", __future__.annotations.compiler_flag, dont_inherit=True)
        names = dict(vars(self._module))
        exec(code, names)
        made: Callable[..., Any] = names[name]
        return made


def _edits(function: _Statement) -> Iterator[tuple[_Statement, int, Edit]]:
    """What can be changed in a function: the place of a node in the order of a walk, and the change."""
    inside = {id(node) for statement in _changeable(function) for node in ast.walk(statement)}
    texts = {id(node.value) for node in ast.walk(function) if isinstance(node, ast.Expr)}  # docstrings
    for place, node in enumerate(ast.walk(function)):
        if id(node) in inside and id(node) not in texts:
            for edit in _edits_of(node):
                yield function, place, edit


def _changeable(function: _Statement) -> list[ast.AST]:
    """The body of a function; of a row, the values of its loop variables."""
    if isinstance(function, _Function):
        return [*function.body]
    call = function.value if isinstance(function, ast.Assign) else None
    return [item.value for item in call.keywords] if isinstance(call, ast.Call) else []


def _edits_of(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp():
            if type(node.op) in _OPERATORS:
                yield _setting("op", _OPERATORS[type(node.op)]())
        case ast.Compare():
            for kind in _COMPARISONS.get(type(node.ops[0]), ()):
                yield _setting("ops", [kind(), *node.ops[1:]])
        case ast.Constant(value=bool() | int() | float() | str() as value):
            for other in _others(value):
                yield _setting("value", other)
        case ast.If() | ast.IfExp():
            yield _setting("test", ast.UnaryOp(ast.Not(), node.test))
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub()):
            yield _setting("op", ast.UAdd())
        case ast.Call():
            yield from _call_edits(node)


def _others(value: bool | int | float | str) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    return [f"{value}X"] if isinstance(value, str) else [value + 1, value - 1]


def _call_edits(call: ast.Call) -> Iterator[Edit]:
    """Without one of its keywords; of a method, another one, or none."""
    for place in range(len(call.keywords)):
        yield _setting("keywords", call.keywords[:place] + call.keywords[place + 1 :])
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in _METHODS:
            yield _setting("func", ast.Attribute(call.func.value, _METHODS[call.func.attr], ast.Load()))
        yield _skipping


def _setting(field: str, value: Any) -> Edit:
    return lambda node: setattr(node, field, copied(value))


def _skipping(call: Any) -> None:
    """`a.clip(0)` becomes `(lambda: a)()`, which is `a`."""
    empty = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    call.func, call.args, call.keywords = ast.Lambda(empty, call.func.value), [], []
