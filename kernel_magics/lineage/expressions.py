"""The shapes of expressions: names, subscripts, attributes, operators, displays and calls."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from kernel_magics.engine.source.tree import Comprehension, Function, defaults, made_by
from kernel_magics.lineage import functions
from kernel_magics.lineage.effects import ACCESSORS, EFFECTS, FRAME_NAMES, SERIES_NAMES
from kernel_magics.lineage.literals import folded, simple, words
from kernel_magics.lineage.methods import Call, method_shape
from kernel_magics.lineage.scope import Scope
from kernel_magics.lineage.shape import INDEX, Known, Shape, combined, either, joined

_DEPTH: Final = 8
_PLACES: Final = ("loc", "iloc", "at", "iat")
_COUNTS: Final = ("shape", "size", "empty", "ndim", "columns", "index")
_MASKS: Final = words(
    """all any between contains duplicated endswith eq fullmatch ge gt isalnum isalpha isdigit isfinite isin
    isinf isna isnan isnull isnumeric le lt match ne notna notnull startswith"""
)
_PURE: Final = words(
    """capitalize count decode encode endswith format get index isin items join keys lower lstrip replace
    rsplit rstrip split startswith strip title upper values"""
)

Given = tuple[Shape, int | None]
"""An argument, and its place if it is a variable."""


@dataclass(frozen=True)
class Code:
    """The globals of a function.

    Attributes:
        functions: helpers with known code.
        constants: names of the setup with literal values.
        imports: the full names of imported names.
    """

    functions: Mapping[str, Function] = field(default_factory=dict)
    constants: Mapping[str, Known] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)


class Expressions:
    """Analyses the expressions of one function and of the helpers that it calls.

    Attributes:
        scope: the variables now.
        local: nested functions.
        outside: objects of the setup whose methods got arguments.
        lost: whether the code has statements or calls with unknown effects on variables.
    """

    def __init__(
        self,
        code: Code,
        scope: Scope,
        body_of: Callable[[list[ast.stmt]], Shape],
        write: Callable[[ast.expr, Shape], None],
    ) -> None:
        self.code = code
        self.scope = scope
        self.local: dict[str, Function | ast.Lambda] = {}
        self.outside: dict[str, Shape] = {}
        self.lost = False
        self._body_of = body_of
        self._write = write
        self._depth = 0
        self._left = 20_000

    # -- names and literals --------------------------------------------------------------------------------

    def value(self, node: ast.expr | None) -> Shape:
        """The shape of an expression."""
        self._left -= 1
        if node is None or self._left < 0:
            self.lost = self.lost or node is not None
            return Shape()
        match node:
            case ast.Constant():
                return Shape(known=Known(node.value)) if simple(node.value) else Shape()
            case ast.Name():
                return self._name(node.id)
            case ast.Subscript():
                return self._subscript(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case ast.NamedExpr():
                self.bind(node.target, self.value(node.value))
                return self.value(node.target)
            case ast.IfExp():
                first, second = self.value(node.body), self.value(node.orelse)
                return either(first, second).by(self.value(node.test))
            case ast.BinOp() if not isinstance(node.op, ast.MatMult):
                return self._operation(node)
            case ast.UnaryOp() if not isinstance(node.op, ast.Not):
                operand = self.value(node.operand)
                return replace(combined([operand]), mask=operand.mask, known=folded(node, [operand.known]))
            case ast.Compare() if not any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
                parts = [self.value(node.left), *map(self.value, node.comparators)]
                return replace(combined(parts), mask=True)
            case ast.Dict() | ast.List() | ast.Tuple():
                return self._display(node)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._comprehension(node)
            case ast.Lambda():
                return Shape(exact=False)  # may be called at any time
            case ast.JoinedStr():
                parts = [self.value(part) for part in node.values]
                return replace(joined(parts), known=folded(node, [part.known for part in parts]))
            case ast.Starred() | ast.Await() | ast.FormattedValue():
                return self.value(node.value)
            case ast.Yield() | ast.YieldFrom():
                self.lost = True
                return self.value(node.value).unsure()
        parts = [self.value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return _held(joined(parts), parts)

    def bind(self, target: ast.Name, value: Shape, place: int | None = None) -> None:
        """Assign to a variable."""
        self.local.pop(target.id, None)
        self.scope.bind(target.id, value, place)

    def mentioned(self, name: str) -> Shape:
        """The value of `@name` in a query."""
        return Shape(self._name(name).whole(), exact=self._name(name).exact)

    def place(self, node: ast.expr) -> int | None:
        """The place of a variable; None for other expressions."""
        return self.scope.names.get(node.id) if isinstance(node, ast.Name) else None

    def _name(self, name: str) -> Shape:
        if name in self.local:
            return Shape(exact=False)  # a closure
        found = self.scope.read(name)
        if found is not None:
            return found
        return self.outside.get(name, Shape(known=self.code.constants.get(name)))

    def _operation(self, node: ast.BinOp) -> Shape:
        left, right = self.value(node.left), self.value(node.right)
        mask = left.mask and right.mask and isinstance(node.op, ast.BitAnd | ast.BitOr | ast.BitXor)
        return replace(combined([left, right]), mask=mask, known=folded(node, [left.known, right.known]))

    def _display(self, node: ast.Dict | ast.List | ast.Tuple) -> Shape:
        """A literal list, tuple or dict."""
        if isinstance(node, ast.Dict):
            keys = [self.value(key).known if key is not None else None for key in node.keys]
            parts = [self.value(item) for item in node.values]
            read = [self.value(key) for key in node.keys if key is not None]
            names = [key.value if key is not None else None for key in keys]
            whole = all(key is not None and not isinstance(key.value, list | dict) for key in keys)
        else:
            parts, read = [self.value(item) for item in node.elts], []
            names = [*range(len(parts))]
            whole = not any(isinstance(item, ast.Starred) for item in node.elts)
        if not whole:
            return _held(joined([*parts, *read]), parts)
        return display(dict(zip(names, parts, strict=True)), type(node))

    def _comprehension(self, node: Comprehension) -> Shape:
        saved = dict(self.scope.names)
        found = self._unrolled(node, 0)
        self.scope.names = dict(saved)
        if found is None:
            found = self._any_item(node)
            self.scope.names = saved
        return found

    def _unrolled(self, node: Comprehension, level: int) -> Shape | None:
        """A comprehension over known items; None for others."""
        rows = self._items_of(node, level)
        if rows is None:
            return None
        if isinstance(node, ast.DictComp):
            keys = [row[0].known for row in rows]
            if any(key is None or isinstance(key.value, list | dict) for key in keys):
                return None
            return display({key.value: row[1] for key, row in zip(keys, rows, strict=True) if key}, ast.Dict)
        items: dict[object, Shape] = dict(enumerate(row[0] for row in rows))
        return display(items, ast.List) if not isinstance(node, ast.SetComp) else joined(items.values())

    def _items_of(self, node: Comprehension, level: int) -> list[list[Shape]] | None:
        if level == len(node.generators):
            return [[self.value(item) for item in made_by(node)]]
        part = node.generators[level]
        items = elements(self.value(part.iter))
        if items is None:
            return None
        found: list[list[Shape]] = []
        for item in items:
            self.assign(part.target, item)
            tests = [self.value(test).known for test in part.ifs]
            if None in tests:
                return None
            if all(test.value for test in tests if test is not None):
                inner = self._items_of(node, level + 1)
                if inner is None:
                    return None
                found += inner
        return found

    def _any_item(self, node: Comprehension) -> Shape:
        control = []
        for part in node.generators:
            source = self.value(part.iter)
            self.assign(part.target, source.flat())
            control += [source.flat(), *map(self.value, part.ifs)]
        parts = [self.value(item) for item in made_by(node)]
        return replace(_held(joined(parts).by(*control), parts), loose=True)

    def assign(self, target: ast.expr, value: Shape, place: int | None = None) -> None:
        """Bind names, or write columns.

        Args:
            place: that of the value, if it is the value of a variable.
        """
        if isinstance(target, ast.Name):
            self.bind(target, value, place)
        elif isinstance(target, ast.Tuple | ast.List):
            items = elements(value)
            starred = any(isinstance(item, ast.Starred) for item in target.elts)
            if items is None or starred or len(items) != len(target.elts):
                items = [value.flat()] * len(target.elts)
            for part, item in zip(target.elts, items, strict=True):
                self.assign(part.value if isinstance(part, ast.Starred) else part, item)
        else:
            self._write(target, value)

    # -- subscripts and attributes -------------------------------------------------------------------------

    def _subscript(self, node: ast.Subscript) -> Shape:
        inside = node.value.attr if isinstance(node.value, ast.Attribute) else ""
        if inside in _PLACES and isinstance(node.value, ast.Attribute):
            owner = self.value(node.value.value)
            if not owner.plain:
                return self._located(owner, inside, node.slice)
        owner = self.value(node.value)
        key = self.key(node.slice, owner)
        name = key.known.value if key.known is not None else ...
        if owner.items is not None and _hashable(name) and name in owner.items:
            return owner.items[name]
        if owner.plain:
            found = replace(owner, rows=owner.rows | key.whole(), exact=owner.exact and key.exact)
            return replace(found, known=None, items=None, mask=False, loose=owner.loose or not key.mask)
        if isinstance(name, str):
            return replace(owner.column(name), refs=owner.refs if owner.sources else frozenset())
        if isinstance(name, list) and all(isinstance(item, str) for item in name):
            return owner.only(name)
        if isinstance(name, tuple) and name and isinstance(name[0], str):
            return owner.column(name[0])
        if owner.kind == "frame" and (key.mask or isinstance(node.slice, ast.Slice)):
            return owner.value().by(key.flat())
        return joined([owner, key]).unsure()

    def key(self, node: ast.expr, owner: Shape) -> Shape:
        """The shape of a subscript; a function gets the owner."""
        if isinstance(node, ast.Lambda):
            return replace(self.called(node, [owner.value()]) or Shape(exact=False), mask=True)
        if isinstance(node, ast.Slice):
            return joined(self.value(part) for part in (node.lower, node.upper, node.step))
        return self.value(node)

    def _located(self, owner: Shape, how: str, node: ast.expr) -> Shape:
        """`df.loc[rows, columns]`."""
        parts = node.elts if isinstance(node, ast.Tuple) else [node]
        rows = self.key(parts[0], owner)
        several = rows.mask or isinstance(parts[0], ast.Slice | ast.List)
        found = owner.value().by(rows.flat())
        if len(parts) == 1:
            known = rows.known.value if rows.known is not None else None
            return replace(found, kind=owner.kind if several or isinstance(known, list) else "row")
        if len(parts) > 2 or owner.kind == "groups":
            return joined([found, *(self.key(part, owner) for part in parts)]).unsure()
        if isinstance(parts[1], ast.Slice):
            bounds = [parts[1].lower, parts[1].upper, parts[1].step]
            return replace(found, kind=owner.kind if several else "row").by(*map(self.value, bounds))
        key = self.value(parts[1])
        name = key.known.value if key.known is not None else ...
        if how not in ("loc", "at"):
            return joined([found, key]).unsure()
        if rows.known is not None and not isinstance(rows.known.value, list):
            return joined([found, key])  # two labels may be two levels of a row label
        if isinstance(name, str):
            return found.column(name)
        if isinstance(name, list) and all(isinstance(item, str) for item in name):
            return replace(found.only(name), kind=owner.kind if several else "row")
        return joined([found, key]).unsure()

    def _attribute(self, node: ast.Attribute) -> Shape:
        owner, name = self.value(node.value), node.attr
        if name in _COUNTS and not (owner.plain and name == "columns"):
            inputs = {source for source, _ in owner.everything()}
            labels = owner.whole() if owner.loose else frozenset((item, INDEX) for item in inputs)
            return Shape(labels, rows=owner.rows, exact=owner.exact, loose=owner.loose)
        if owner.plain:
            return replace(owner, known=None, items=None, mask=False)
        if name in _PLACES:
            return owner
        if name in SERIES_NAMES:
            return replace(owner.flat(), loose=owner.loose)
        if name in ("T", "values", "dtypes"):
            return owner.flat()
        return owner.unsure() if name in FRAME_NAMES else self._column_of(owner, name)

    def _column_of(self, owner: Shape, name: str) -> Shape:
        return replace(owner.column(name), refs=owner.refs if owner.sources else frozenset())

    # -- calls ---------------------------------------------------------------------------------------------

    def called(self, node: ast.expr, given: Sequence[Shape]) -> Shape | None:
        """The result of a function; None for an unknown function."""
        function = self._function(node)
        if function is not None:
            return self._inlined(function, [(item, None) for item in given], {}, node)
        if isinstance(node, ast.Attribute):
            return functions.elementwise(self._full_name(node), given)
        return None

    def _function(self, node: ast.expr) -> Function | ast.Lambda | None:
        if isinstance(node, ast.Lambda):
            return node
        if not isinstance(node, ast.Name):
            return None
        if node.id in self.local:
            return self.local[node.id]
        return self.code.functions.get(node.id) if node.id not in self.scope.names else None

    def _call(self, node: ast.Call) -> Shape:
        function = self._function(node.func)
        if function is not None:
            given = [(self.value(item), self.place(item)) for item in node.args]
            named = {
                word.arg or "**": (self.value(word.value), self.place(word.value)) for word in node.keywords
            }
            if not any(isinstance(item, ast.Starred) for item in node.args):
                found = self._inlined(function, given, named, node.func)
                if found is not None:
                    return found
            return self._foreign(
                node, Shape(exact=not isinstance(node.func, ast.Name) or node.func.id not in self.local)
            )
        full = self._full_name(node.func)
        if full:
            method = functions.as_method(full, node)
            if method is not None:
                return self._method(method)
            given_all = [self.value(item) for item in node.args]
            named_all = {word.arg or "**": self.value(word.value) for word in node.keywords}
            known = functions.known_function(full, given_all, named_all, elements)
            if full in functions.LOSING:
                self.lost = True
            if known is not None:
                return replace(known, mask=known.mask or full.rpartition(".")[2] in _MASKS)
        if isinstance(node.func, ast.Attribute) and not full:
            return self._method(node)
        return self._foreign(node, self.value(node.func) if not full else Shape())

    def _method(self, node: ast.Call) -> Shape:
        assert isinstance(node.func, ast.Attribute)
        name, owner = node.func.attr, self.value(node.func.value)
        if owner.plain and name in ("items", "keys", "values") and (pairs := _pairs(owner, name)) is not None:
            return pairs
        accessor = node.func.value
        if owner.plain and isinstance(accessor, ast.Attribute) and accessor.attr in ACCESSORS:
            given = [owner, *map(self.value, node.args), *(self.value(word.value) for word in node.keywords)]
            rows = name not in ("extractall", "unique")
            loose = owner.loose or not rows
            return replace(joined(given), loose=loose, series=rows and owner.series, mask=name in _MASKS)
        if owner.plain and (name not in EFFECTS or (name == "replace" and owner.known is not None)):
            return self._plain_method(node, owner)
        result, after = method_shape(Call(node, name, owner, self))
        if after is not None:
            self.change(accessor, after)
        return replace(result, mask=(result.mask or name in _MASKS) and result.plain)

    def _plain_method(self, node: ast.Call, owner: Shape) -> Shape:
        """A method of an object without columns: it may keep or change its arguments."""
        assert isinstance(node.func, ast.Attribute)
        nodes = [*node.args, *(word.value for word in node.keywords)]
        given = [self._argument(item, owner) for item in nodes]
        result = _held(replace(joined([owner, *given]), loose=True), [owner, *given])
        if any(not part.plain for part in given):
            result = result.unsure()
        if node.func.attr in _PURE or (owner.known is not None and isinstance(owner.known.value, str)):
            return replace(
                result, refs=result.refs if node.func.attr in ("get", "values", "items") else frozenset()
            )
        refs = owner.refs.union(*(part.refs for part in given))
        self.scope.taint(refs, result)
        root = _root(node.func.value)
        if root and root not in self.scope.names and root not in self.code.imports:
            self.outside[root] = joined([self.outside.get(root, Shape()), result])
        elif self.place(node.func.value) is not None and isinstance(node.func.value, ast.Name):
            place = self.scope.names[node.func.value.id]
            kept = self.scope.places[place]
            self.scope.places[place] = replace(
                kept, refs=kept.refs.union(*(part.refs for part in given)) - {place}
            )
        return result

    def _argument(self, node: ast.expr, owner: Shape) -> Shape:
        """The shape of an argument; a lambda gets the owner."""
        if isinstance(node, ast.Lambda):
            given = [owner.value(), *(Shape() for _ in node.args.args[1:])]
            return self.called(node, given[: len(node.args.args)]) or Shape(exact=False)
        return self.value(node)

    def change(self, node: ast.expr, after: Shape) -> None:
        """Note that the value of an expression was changed in place."""
        if isinstance(node, ast.Name) and node.id in self.scope.names:
            self.scope.change(node.id, after)
            return
        self.scope.taint(self.value(node).refs, after)
        root = _root(node)
        if root and root not in self.scope.names:
            self.outside[root] = joined([self.outside.get(root, Shape()), after])

    def _foreign(self, node: ast.Call, callee: Shape) -> Shape:
        """An unknown function: it may keep or change its arguments."""
        given = [self._argument(item, Shape()) for item in node.args]
        given += [self._argument(word.value, Shape()) for word in node.keywords]
        result = _held(replace(joined([callee, *given]), loose=True), [callee, *given])
        if any(not part.plain for part in given):
            result = replace(result.unsure(), refs=result.refs)
        self.scope.taint(result.refs, result)
        return result

    def _inlined(
        self,
        function: Function | ast.Lambda,
        given: Sequence[Given],
        named: Mapping[str, Given],
        callee: ast.expr,
    ) -> Shape | None:
        """The result of a function with known code; None if it cannot be followed."""
        bound = self._bound(function, given, named)
        if bound is None or self._depth >= _DEPTH or self._left < 0:
            return None
        names, local = dict(self.scope.names), dict(self.local)
        closed = isinstance(function, ast.Lambda) or (isinstance(callee, ast.Name) and callee.id in local)
        self.scope.names = dict(names) if closed else {}
        self.local = dict(local) if closed else {}
        for name, (shape, place) in bound.items():
            self.bind(ast.Name(name), shape, place)
        self._depth += 1
        if isinstance(function, ast.Lambda):
            result = self.value(function.body)
        else:
            result = self._body_of(function.body)
        self._depth -= 1
        self.scope.names, self.local = names, local
        return result

    def _bound(
        self, function: Function | ast.Lambda, given: Sequence[Given], named: Mapping[str, Given]
    ) -> dict[str, Given] | None:
        spec = function.args
        decorated = not isinstance(function, ast.Lambda) and function.decorator_list
        positional = [arg.arg for arg in [*spec.posonlyargs, *spec.args]]
        if decorated or spec.vararg or spec.kwarg or len(given) > len(positional):
            return None
        bound = dict(zip(positional, given, strict=False))
        if bound.keys() & named.keys():
            return None
        bound |= named
        for arg, default in defaults(spec):
            if arg.arg not in bound and default is not None:
                bound[arg.arg] = (self.value(default), None)
        every = {arg.arg for arg, _ in defaults(spec)}
        return bound if bound.keys() == every else None

    def _full_name(self, node: ast.expr) -> str:
        """`numpy.log` for `np.log`; "" for anything but functions of modules."""
        if isinstance(node, ast.Name):
            known = node.id in self.scope.names or node.id in self.code.constants or node.id in self.outside
            full = self.code.imports.get(node.id, "")
            return "" if known else full or (f"builtins.{node.id}" if node.id in functions.BUILTINS else "")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            root = node.value.id
            if root in self.scope.names or root in self.outside:
                return ""
            module = self.code.imports.get(root) or {"pd": "pandas", "np": "numpy"}.get(root, "")
            return f"{module}.{node.attr}" if module else ""
        return ""


def display(items: Mapping[object, Shape], kind: type[ast.expr]) -> Shape:
    """The shape of a list, tuple or dict of values."""
    parts = list(items.values())
    known: Known | None = None
    if all(part.known is not None for part in parts):
        values = {key: part.known.value for key, part in items.items() if part.known is not None}
        listed = list(values.values())
        known = Known(values if kind is ast.Dict else tuple(listed) if kind is ast.Tuple else listed)
    return replace(_held(joined(parts), parts), known=known, items=dict(items))


def elements(shape: Shape) -> list[Shape] | None:
    """The items of a loop over a value; None if they are unknown."""
    if shape.known is not None:
        value = shape.known.value
        listed = (
            list(itertools.islice(value, 500)) if isinstance(value, list | tuple | dict | range) else None
        )
        return None if listed is None or len(listed) >= 500 else [known_shape(item) for item in listed]
    if shape.items is None:
        return None
    if [*shape.items] == [*range(len(shape.items))]:
        return list(shape.items.values())
    return [known_shape(key) for key in shape.items]


def known_shape(value: object) -> Shape:
    """The shape of a literal value."""
    if isinstance(value, list | tuple):
        parts: dict[object, Shape] = {number: known_shape(item) for number, item in enumerate(value)}
        return display(parts, ast.Tuple if isinstance(value, tuple) else ast.List)
    if isinstance(value, dict):
        return display({key: known_shape(item) for key, item in value.items()}, ast.Dict)
    return Shape(known=Known(value))


def _pairs(owner: Shape, name: str) -> Shape | None:
    """`items()`, `keys()` and `values()` of a literal dict."""
    items = owner.items
    if items is None and owner.known is not None and isinstance(owner.known.value, dict):
        items = known_shape(owner.known.value).items
    if items is None:
        return None
    pairs = [(known_shape(key), item) for key, item in items.items()]
    if name == "items":
        listed = [display({0: key, 1: item}, ast.Tuple) for key, item in pairs]
    else:
        listed = [item if name == "values" else key for key, item in pairs]
    return display(dict(enumerate(listed)), ast.List)


def _held(shape: Shape, parts: Iterable[Shape]) -> Shape:
    """A value that may contain others."""
    return replace(shape, refs=frozenset[int]().union(*(part.refs for part in parts)))


def _hashable(value: object) -> bool:
    return value is not ... and isinstance(value, str | int | float | bool | tuple | None)


def _root(node: ast.expr) -> str:
    """`a` of `a.b["c"].d()`."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
