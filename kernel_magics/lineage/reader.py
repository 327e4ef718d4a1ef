"""Reading a function's code for the columns that it reads and writes; nothing is executed.

Supported are subscripts and attributes, assignment to columns, and the methods of pandas whose effect on
columns
the code shows (`methods.py`). Any other operation on a whole frame makes the result inexact.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final

from kernel_magics.lineage.literals import ATTRIBUTES, text_of, texts
from kernel_magics.lineage.methods import method_shape
from kernel_magics.lineage.shape import INDEX, NOTHING, Shape, Sources, either, joined

_DEPTH: Final = 6


class Reader(ast.NodeVisitor):
    """Analyses one function; `functions` are helpers with known code."""

    def __init__(
        self, known: Mapping[str, Shape], functions: Mapping[str, ast.FunctionDef], depth: int = 0
    ) -> None:
        self.known = dict(known)
        self.functions = functions
        self.depth = depth
        self.returned: Shape | None = None
        self.reads: Sources = NOTHING

    # -- statements ----------------------------------------------------------------------------------------

    def run(self, body: list[ast.stmt]) -> Shape:
        """The shape of the returned value."""
        for statement in body:
            self.visit(statement)
        return self.returned or Shape()

    def visit_Return(self, node: ast.Return) -> None:
        """Several returns are branches."""
        value = self.value(node.value) if node.value else Shape()
        self.returned = value if self.returned is None else either(self.returned, value)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Names and columns."""
        value = self.value(node.value)
        for target in node.targets:
            self.assign(target, value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """As `visit_Assign`."""
        if node.value is not None:
            self.assign(node.target, self.value(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """`x += y` reads x, too."""
        self.assign(node.target, joined([self.value(node.target), self.value(node.value)]))

    def visit_If(self, node: ast.If) -> None:
        """Both branches may run; the condition affects the rows as a filter does."""
        rows = self.value(node.test).everything()
        before = dict(self.known)
        for statement in node.body:
            self.visit(statement)
        after, self.known = self.known, before
        for statement in node.orelse:
            self.visit(statement)
        for name in after.keys() | self.known.keys():
            first, second = after.get(name, Shape()), self.known.get(name, Shape())
            self.known[name] = either(first, second).filtered(rows)

    def visit_For(self, node: ast.For) -> None:
        """The body runs repeatedly: two rounds show all its effects on columns."""
        self.assign(node.target, self.value(node.iter).plain())
        for _ in range(2):
            before = dict(self.known)
            for statement in node.body:
                self.visit(statement)
            self.known = {k: either(before[k], v) if k in before else v for k, v in self.known.items()}
        for statement in node.orelse:
            self.visit(statement)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A nested function, called like a helper."""
        self.functions = {**self.functions, node.name: node}

    def visit_Expr(self, node: ast.Expr) -> None:
        """A call whose result is not used may have any effect on a frame."""
        value = self.value(node.value)
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            owner = call.func.value
            if isinstance(owner, ast.Name) and owner.id in self.known and self.known[owner.id].rest:
                inplace = any(keyword.arg == "inplace" for keyword in call.keywords)
                self.known[owner.id] = value if inplace else self.known[owner.id].unsure()

    def assign(self, target: ast.expr, value: Shape) -> None:
        """Bind a name, or write a column."""
        if isinstance(target, ast.Name):
            self.known[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self.assign(item, value.plain())
        elif isinstance(target, ast.Subscript | ast.Attribute):
            self._write(target, value)

    def _write(self, target: ast.Subscript | ast.Attribute, value: Shape) -> None:
        owner, name = (
            target.value,
            text_of(target.slice) if isinstance(target, ast.Subscript) else target.attr,
        )
        extra: list[Shape] = []
        if isinstance(owner, ast.Attribute) and owner.attr in ("loc", "iloc", "at", "iat"):
            place = target.slice if isinstance(target, ast.Subscript) else None
            parts = place.elts if isinstance(place, ast.Tuple) else []
            name = text_of(parts[1]) if len(parts) == 2 else None
            owner = owner.value
            if isinstance(owner, ast.Name) and name:
                extra = [self.value(owner).column(name), self.value(parts[0])]
        if isinstance(owner, ast.Name):
            old = self.value(owner)
            new = old.with_column(name, joined([value, *extra])) if name else joined([old, value]).unsure()
            self.known[owner.id] = new

    # -- expressions ---------------------------------------------------------------------------------------

    def value(self, node: ast.expr | None) -> Shape:
        """The shape of an expression."""
        if node is None or isinstance(node, ast.Constant):
            return Shape()
        if isinstance(node, ast.Name):
            return self.known.get(node.id, Shape())
        if isinstance(node, ast.Subscript):
            return self._subscript(node)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.NamedExpr):
            self.assign(node.target, self.value(node.value))
            return self.value(node.target)
        if isinstance(node, ast.IfExp):
            rows = self.value(node.test).everything()
            return either(self.value(node.body), self.value(node.orelse)).filtered(rows)
        if isinstance(node, ast.Dict):
            return self._dict(node)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return self._comprehension(node)
        if isinstance(node, ast.Lambda):
            return self.value(node.body)
        parts = [self.value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        frames = [part for part in parts if part.rest or part.columns]
        if len(frames) == 1 and all(not part.everything() for part in parts if part is not frames[0]):
            return frames[0]  # a frame and constants: column by column
        return self._seen(joined(parts))

    def _seen(self, shape: Shape) -> Shape:
        self.reads |= shape.everything() | shape.rows
        return shape

    def _dict(self, node: ast.Dict) -> Shape:
        named = {
            text_of(key) if key else None: self.value(item)
            for key, item in zip(node.keys, node.values, strict=True)
        }
        if None in named:
            return joined(named.values())
        columns = {str(name): item.everything() for name, item in named.items()}
        whole = joined(named.values())
        return Shape(columns=columns, rows=whole.rows, exact=whole.exact, frame=True)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Shape:
        for part in node.generators:
            self.assign(part.target, self.value(part.iter).plain())
        body = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        return joined(self.value(item) for item in body)

    def _subscript(self, node: ast.Subscript) -> Shape:
        owner = self.value(node.value)
        name, names = text_of(node.slice), texts(node.slice)
        inside = node.value.attr if isinstance(node.value, ast.Attribute) else ""
        if inside in ("loc", "iloc"):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            owner = owner.filtered(self.value(parts[0]).everything())
            name, names = (text_of(parts[1]), texts(parts[1])) if len(parts) == 2 else (None, None)
            if len(parts) == 2 and name is None and names is None and not isinstance(parts[1], ast.Slice):
                return self._seen(owner.unsure())
        if name is not None and (owner.rest or owner.columns):
            return self._seen(owner.column(name))
        if names is not None:
            return self._seen(owner.only(names))
        key = self.value(node.slice)
        if not owner.rest and not owner.columns:
            return self._seen(joined([owner, key]))
        mine = {name for name, _ in owner.everything()}
        if key.everything() and (
            not isinstance(node.slice, ast.Name) or mine & {n for n, _ in key.everything()}
        ):
            # a mask
            return self._seen(owner.filtered(key.everything() | key.rows))
        return owner if inside else self._seen(owner.unsure())

    def _attribute(self, node: ast.Attribute) -> Shape:
        owner = self.value(node.value)
        if node.attr in ("index", "columns") and owner.rest:
            return self._seen(Shape(frozenset((name, INDEX) for name in owner.rest), rows=owner.rows))
        if node.attr in ATTRIBUTES or not (owner.rest or owner.columns):
            return owner
        return self._seen(owner.column(node.attr))

    def _call(self, node: ast.Call) -> Shape:
        owner = self.value(node.func.value) if isinstance(node.func, ast.Attribute) else Shape()
        given = [self._argument(item, owner) for item in node.args]
        named = {item.arg or "**": self._argument(item.value, owner) for item in node.keywords}
        if isinstance(node.func, ast.Name) and node.func.id in self.functions and self.depth < _DEPTH:
            return self._helper(self.functions[node.func.id], given, named)
        if isinstance(node.func, ast.Attribute) and (owner.everything() or owner.columns):
            return self._seen(method_shape(node, owner, given, named))
        whole = joined([*given, *named.values()])
        columnar = _is_frame_maker(node.func) and given and given[0].columns and not given[0].rest
        if columnar:
            return given[0]
        return self._seen(whole.unsure() if any(part.rest for part in given) else whole)

    def _argument(self, node: ast.expr, owner: Shape) -> Shape:
        """An argument; the parameter of a lambda is the frame whose method gets it."""
        if isinstance(node, ast.Starred):
            return self.value(node.value)
        if not isinstance(node, ast.Lambda) or not node.args.args:
            return self.value(node)
        outside, self.known = self.known, {**self.known, node.args.args[0].arg: owner}
        result = self.value(node.body)
        self.known = outside
        return result

    def _helper(self, function: ast.FunctionDef, given: list[Shape], named: dict[str, Shape]) -> Shape:
        """The result of a helper with known code."""
        names = [arg.arg for arg in [*function.args.posonlyargs, *function.args.args]]
        known = {**dict(zip(names, given, strict=False)), **named}
        inner = Reader(known, self.functions, self.depth + 1)
        result = inner.run(function.body)
        self.reads |= inner.reads
        return result


def _is_frame_maker(func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and func.attr == "DataFrame"
