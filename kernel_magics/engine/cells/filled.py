"""A filled expression has values in place of names; what is made of literals alone is computed, not run."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from kernel_magics.engine.cells.family import MOST, OPERATORS
from kernel_magics.engine.cells.modifiers import Unwritable
from kernel_magics.engine.source.tree import expression, is_literal

Values = Mapping[str, ast.expr]
"""What names stand for: expressions, mostly literals."""

_BINARY: Final = frozenset({ast.Add, ast.Sub, ast.FloorDiv})  # no other one makes much of little
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "dict": dict,
    "enumerate": enumerate,
    "len": len,
    "list": list,
    "range": range,
    "sorted": sorted,
    "str": str,
    "tuple": tuple,
    "zip": zip,
}
_METHODS: Final = ("get", "items", "keys", "lower", "split", "upper", "values")
_LONGEST: Final = 100_000
"""Maximum length of a text or list that is computed."""


class Filled(ast.NodeTransformer):
    """Replaces names by what they stand for, and computes what is made of literals alone.

    Args:
        kept: of the values, those of names that stay in `value(…)`.
    """

    def __init__(self, values: Values, kept: Values) -> None:
        self._values, self._kept = values, kept

    def _with(self, values: Values) -> Filled:
        return Filled(values, self._kept)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if ast.unparse(node.func).split(".")[-1] != "value" or not self._kept:
            return self.generic_visit(node)
        own = {name: item for name, item in self._values.items() if self._kept.get(name) is not item}
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        return self._with(own).generic_visit(node) if names & own.keys() else node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return deepcopy(self._values.get(node.id, node))

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        own = {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)}
        values = {name: item for name, item in self._values.items() if name not in own}
        node.body = self._with(values).visit(node.body)
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        return self._listed(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        return self._listed(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        rounds = self._rounds(node)
        keys = [self._with(each).visit(deepcopy(node.key)) for each in rounds]
        return ast.Dict(keys, [self._with(each).visit(deepcopy(node.value)) for each in rounds])

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.Call):
            node.args = list(_spread(node.args))
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            node.elts = list(_spread(node.elts))
        elif isinstance(node, ast.Dict):
            _merge(node)
        if not isinstance(node, ast.expr) or is_literal(node):
            return node
        try:
            found = _computed(node)
        except Exception as error:  # whatever operators and methods of literals raise
            raise Unwritable(f"`{ast.unparse(node)}` fails: {error}") from None
        if isinstance(found, str | list | tuple | dict) and len(found) > _LONGEST:
            raise Unwritable(f"`{ast.unparse(node)}` makes more than {_LONGEST:,} items")
        return node if found is _UNKNOWN else literal_for(found)

    def _listed(self, node: ast.ListComp | ast.GeneratorExp) -> ast.expr:
        return ast.List(
            [self._with(each).visit(deepcopy(node.elt)) for each in self._rounds(node)], ast.Load()
        )

    def _rounds(self, node: ast.ListComp | ast.GeneratorExp | ast.DictComp) -> list[Values]:
        """The values of the names in each round of a comprehension.

        Raises:
            Unwritable: its items are not known, or are too many.
        """
        found: list[Values] = [self._values]
        for part in node.generators:
            found = list(itertools.islice(self._bound(found, part), MOST + 1))
            if len(found) > MOST:
                raise Unwritable(f"`{ast.unparse(node)}` has more than {MOST:,} items")
        return found

    def _bound(self, rounds: Sequence[Values], part: ast.comprehension) -> Iterator[Values]:
        for values in rounds:
            items = self._with(values).visit(deepcopy(part.iter))
            if isinstance(items, ast.Dict):
                listed = items.keys
            elif isinstance(items, ast.List | ast.Tuple | ast.Set):
                listed = [*items.elts]
            else:
                raise Unwritable(f"`{ast.unparse(part.iter)}` is computed")
            for item in listed:
                own = {**values, **_named(part.target, item)}
                if all(_is_true(self._with(own).visit(deepcopy(test))) for test in part.ifs):
                    yield own


def _named(target: ast.expr, item: ast.expr | None) -> dict[str, ast.expr]:
    """What the names of a target stand for."""
    match target, item:
        case ast.Name(name), ast.expr():
            return {name: item}
        case ((ast.List() | ast.Tuple()), (ast.List() | ast.Tuple())) if len(target.elts) == len(item.elts):
            pairs = zip(target.elts, item.elts, strict=True)
            return {name: value for one, each in pairs for name, value in _named(one, each).items()}
    raise Unwritable(f"`{ast.unparse(target)}` is computed")


def _is_true(test: ast.expr) -> bool:
    if not is_literal(test):
        raise Unwritable(f"`{ast.unparse(test)}` is computed")
    return bool(ast.literal_eval(test))


def _spread(items: Sequence[ast.expr]) -> Iterator[ast.expr]:
    """The items, with those of `*list`, and the keys of `*dict`, one by one."""
    for item in items:
        if isinstance(item, ast.Starred) and isinstance(item.value, ast.List | ast.Tuple | ast.Set):
            yield from item.value.elts
        elif isinstance(item, ast.Starred) and isinstance(item.value, ast.Dict) and all(item.value.keys):
            yield from (key for key in item.value.keys if key is not None)
        else:
            yield item


def _merge(node: ast.Dict) -> None:
    """Take the entries of `**dict` into a dict display."""
    pairs: list[tuple[ast.expr | None, ast.expr]] = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None and isinstance(value, ast.Dict):
            pairs += zip(value.keys, value.values, strict=True)
        else:
            pairs.append((key, value))
    node.keys, node.values = [key for key, _ in pairs], [value for _, value in pairs]


_UNKNOWN: Final = object()


def _computed(node: ast.expr) -> object:
    """The value of an expression of literals; `_UNKNOWN` for any other."""
    match node:
        case ast.Subscript(ast.Dict() as items, key) if is_literal(key):  # an entry need be no literal itself
            wanted = ast.literal_eval(key)
            pairs = zip(items.keys, items.values, strict=True)
            return next(
                (
                    item
                    for name, item in pairs
                    if name and is_literal(name) and ast.literal_eval(name) == wanted
                ),
                _UNKNOWN,
            )
        case ast.Subscript(value, ast.Slice(None | ast.Constant(), None | ast.Constant(), None) as part):
            first, last = (end and ast.literal_eval(end) for end in (part.lower, part.upper))
            return ast.literal_eval(value)[first:last] if is_literal(value) else _UNKNOWN
        case ast.Subscript(value, key) if is_literal(value) and is_literal(key):
            return ast.literal_eval(value)[ast.literal_eval(key)]
        case ast.BinOp(left, op, right) if type(op) in _BINARY and is_literal(left) and is_literal(right):
            return OPERATORS[type(op)](ast.literal_eval(left), ast.literal_eval(right))
        case ast.Compare(left, [op], [right]) if (
            type(op) in OPERATORS and is_literal(left) and is_literal(right)
        ):
            return OPERATORS[type(op)](ast.literal_eval(left), ast.literal_eval(right))
        case ast.UnaryOp(ast.Not(), operand) if is_literal(operand):
            return not ast.literal_eval(operand)
        case ast.BoolOp(op, values) if all(map(is_literal, values)):
            *first, last = map(ast.literal_eval, values)
            return next((item for item in first if bool(item) is isinstance(op, ast.Or)), last)
        case ast.IfExp(test, body, orelse) if is_literal(test):
            return body if ast.literal_eval(test) else orelse
        case ast.JoinedStr(values):
            return _joined(values)
        case ast.Call(ast.Name("dict"), [], [_, *_] as given) if all(item.arg for item in given):
            return ast.Dict([ast.Constant(str(item.arg)) for item in given], [item.value for item in given])
        case ast.Call(func, args, []) if all(map(is_literal, args)):
            return _called(func, [ast.literal_eval(arg) for arg in args])
    return _UNKNOWN


def _called(function: ast.expr, args: Sequence[Any]) -> object:
    match function:
        case ast.Name(name) if name in _FUNCTIONS:
            found = _FUNCTIONS[name](*args)
            many = not isinstance(found, str | int | dict | list | tuple)
            return list(itertools.islice(found, _LONGEST + 1)) if many else found
        case ast.Attribute(value, name) if name in _METHODS and is_literal(value):
            found = getattr(ast.literal_eval(value), name)(*args)
            return list(found) if name in ("items", "keys", "values") else found
    return _UNKNOWN


def _joined(values: Sequence[ast.expr]) -> object:
    """The text of an f-string of literals."""
    found = []
    for part in values:
        match part:
            case ast.Constant(str() as text):
                found.append(text)
            case ast.FormattedValue(value, -1, None) if is_literal(value):
                found.append(str(ast.literal_eval(value)))
            case _:
                return _UNKNOWN
    return "".join(found)


def literal_for(value: object) -> ast.expr:
    """A value as an expression.

    Raises:
        Unwritable: no literal has this value.
    """
    if isinstance(value, ast.expr):
        return value
    try:
        made = expression(repr(value))
    except (SyntaxError, ValueError):
        made = ast.Name(type(value).__name__)
    if not is_literal(made):
        raise Unwritable(f"a value of the config, a {type(value).__name__}, has no literal")
    return made
