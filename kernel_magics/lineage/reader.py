"""Reading a function's code for the columns that it reads and writes; nothing is executed.

Supported are assignments, branches, loops, helpers, and the methods of pandas in `effects.py` and
`methods.py`. Any other operation on a whole frame makes the result inexact.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from kernel_magics.engine.source.tree import expression, imported_as
from kernel_magics.lineage.expressions import Code, Expressions, elements
from kernel_magics.lineage.scope import Scope, merged
from kernel_magics.lineage.shape import Shape, either, joined

_ROUNDS: Final = 12
_LONGEST: Final = 200
_HARMLESS: Final = ("catch_warnings", "errstate", "option_context")
_PLACES: Final = ("loc", "iloc", "at", "iat")


def read_function(body: list[ast.stmt], known: Mapping[str, Shape], code: Code) -> Shape:
    """The shape of a function's result.

    Args:
        known: the shapes of its parameters.
        code: its globals.
    """
    scope = Scope()
    for name, shape in known.items():
        scope.bind(name, shape)
    reader = Reader(code, scope)
    result = reader.run(body)
    return result.unsure() if reader.expressions.lost else result


class Reader(ast.NodeVisitor):
    """Analyses the statements of one function, and of the helpers that it calls."""

    def __init__(self, code: Code, scope: Scope) -> None:
        self.expressions = Expressions(code, scope, self.run, self._write)
        self._returned: list[Shape] = []
        self._control: list[Shape] = []
        self._ways_out: list[Shape] = []
        self._doubt = 0

    @property
    def scope(self) -> Scope:
        """The variables now."""
        return self.expressions.scope

    @scope.setter
    def scope(self, scope: Scope) -> None:
        self.expressions.scope = scope

    def run(self, body: list[ast.stmt]) -> Shape:
        """The shape of the returned value."""
        outer = self._returned, self._ways_out, self._control
        self._returned, self._ways_out, self._control = [], [], []
        self._block(body)
        returned, ways_out = self._returned, self._ways_out
        self._returned, self._ways_out, self._control = outer
        if not returned:
            return Shape()
        result = returned[0]
        for other in returned[1:]:
            result = either(result, other)
        if len(returned) > 1 or ways_out:
            result = result.by(*ways_out)
        return result.unsure() if self._doubt else result

    def _block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    # -- statements ----------------------------------------------------------------------

    def generic_visit(self, node: ast.AST) -> None:
        """Other statements may have any effect on variables."""
        if not isinstance(node, ast.Pass):
            self.expressions.lost = True

    def visit_Return(self, node: ast.Return) -> None:
        """Several returns are branches."""
        value = self.expressions.value(node.value).by(*self._control)
        self._returned.append(value.unsure() if self._doubt else value)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Names and columns."""
        if isinstance(node.value, ast.Lambda) and all(
            isinstance(target, ast.Name) for target in node.targets
        ):
            for target in node.targets:
                self._define(ast.unparse(target), node.value)
            return
        value = self.expressions.value(node.value)
        place = self.expressions.place(node.value)
        for target in node.targets:
            self.expressions.assign(target, value, place)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """As `visit_Assign`."""
        if node.value is not None:
            self.visit_Assign(ast.Assign([node.target], node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """`a += b` may change the value of `a` in place."""
        read = expression(ast.unparse(node.target))
        value = self.expressions.value(ast.BinOp(read, node.op, node.value))
        if isinstance(node.target, ast.Name) and node.target.id in self.scope.names:
            self.scope.change(node.target.id, value)
        else:
            self.expressions.assign(node.target, value)

    def visit_Expr(self, node: ast.Expr) -> None:
        """A call whose result is not used."""
        self.expressions.value(node.value)

    def visit_If(self, node: ast.If) -> None:
        """Both branches may run; the condition affects the rows as a filter does."""
        test = self.expressions.value(node.test).flat()
        self._branches([node.body, node.orelse], test)

    def visit_For(self, node: ast.For) -> None:
        """Known items are followed one by one; otherwise rounds are repeated until nothing changes."""
        source = self.expressions.value(node.iter)
        items = elements(source)
        leaves = any(isinstance(item, ast.Break | ast.Continue) for item in ast.walk(node))
        if items is not None and len(items) <= _LONGEST and not leaves:
            for item in items:
                self.expressions.assign(node.target, item)
                self._block(node.body)
        else:
            self._rounds(node.body, source.flat(), node.target, leaves)
        self._block(node.orelse)

    def visit_While(self, node: ast.While) -> None:
        """As a loop over unknown items."""
        leaves = any(isinstance(item, ast.Break | ast.Continue) for item in ast.walk(node))
        self._rounds(node.body, self.expressions.value(node.test).flat(), None, leaves, node.test)
        self._block(node.orelse)

    def visit_With(self, node: ast.With) -> None:
        """Contexts of options and warnings have no effect; others may catch exceptions."""
        harmless = True
        for item in node.items:
            called = item.context_expr.func if isinstance(item.context_expr, ast.Call) else item.context_expr
            harmless = harmless and isinstance(called, ast.Attribute) and called.attr in _HARMLESS
            value = self.expressions.value(item.context_expr)
            if item.optional_vars is not None:
                self.expressions.assign(item.optional_vars, value.unsure())
        if harmless:
            self._block(node.body)
        else:
            self._doubtful([node.body])

    def visit_Try(self, node: ast.Try) -> None:
        """It is unknown which statements run."""
        for handler in node.handlers:
            if handler.name:
                self.scope.bind(handler.name, Shape(exact=False))
        self._doubtful([node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody])

    def visit_Match(self, node: ast.Match) -> None:
        """It is unknown which case matches."""
        subject = self.expressions.value(node.subject)
        captured = [item for case in node.cases for item in ast.walk(case.pattern)]
        for item in captured:
            name = getattr(item, "name", None) or getattr(item, "rest", None)
            if isinstance(name, str):
                self.scope.bind(name, subject.unsure())
        self._doubtful([case.body for case in node.cases])

    def visit_Assert(self, node: ast.Assert) -> None:
        """If it fails, there is no value."""
        self.expressions.value(node.test)

    def visit_Raise(self, node: ast.Raise) -> None:
        """There is no value."""

    def visit_Break(self, node: ast.Break) -> None:
        """Handled by the loop."""

    def visit_Continue(self, node: ast.Continue) -> None:
        """Handled by the loop."""

    def visit_Import(self, node: ast.Import) -> None:
        """A module that the rest of the function uses."""
        code = self.expressions.code
        names = {imported_as(alias): alias.name for alias in node.names}
        self.expressions.code = replace(code, imports={**code.imports, **names})

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Names of a module that the rest of the function uses."""
        code = self.expressions.code
        names = {imported_as(alias): f"{node.module}.{alias.name}" for alias in node.names}
        self.expressions.code = replace(code, imports={**code.imports, **names})

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A nested function, called like a helper."""
        self._define(node.name, node)

    def visit_Delete(self, node: ast.Delete) -> None:
        """Names and columns."""
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.scope.names.pop(target.id, None)
                continue
            owner = target.value if isinstance(target, ast.Subscript) else None
            if owner is None or not isinstance(target, ast.Subscript):
                self.expressions.lost = True
                continue
            old, key = self.expressions.value(owner), self.expressions.value(target.slice)
            known = key.known.value if key.known is not None else None
            if old.plain or not isinstance(known, str):
                self.expressions.change(owner, joined([old, key]).unsure())
            else:
                self.expressions.change(owner, old.without([known]))

    def _define(self, name: str, function: ast.FunctionDef | ast.Lambda) -> None:
        self.scope.names.pop(name, None)
        self.expressions.local[name] = function

    # -- branches and loops --------------------------------------------------------------------------------

    def _branches(self, bodies: Sequence[Sequence[ast.stmt]], test: Shape) -> None:
        """One of two bodies runs."""
        before, local = self.scope, dict(self.expressions.local)
        self._control.append(test)
        ends: list[Scope] = []
        defined: list[dict[str, object]] = []
        for body in bodies:
            self.scope, self.expressions.local = before.copy(), dict(local)
            self._block(body)
            if not (body and isinstance(body[-1], ast.Return | ast.Raise)):
                ends.append(self.scope)
                defined.append(dict(self.expressions.local))
        self._control.pop()
        if any(isinstance(item, _WAYS_OUT) for body in bodies for part in body for item in ast.walk(part)):
            self._ways_out.append(test)
        self.scope = merged(ends[0], ends[1], test) if len(ends) == 2 else ends[0] if ends else before
        after = defined[-1] if defined else local
        if any(each != after for each in defined):
            self.expressions.lost = True  # a branch determines the function
        self.expressions.local = dict(local) if not defined else {**self.expressions.local}

    def _rounds(
        self,
        body: Sequence[ast.stmt],
        control: Shape,
        target: ast.expr | None,
        leaves: bool,
        test: ast.expr | None = None,
    ) -> None:
        """A loop: its body may run any number of times."""
        self._control.append(control)
        for _ in range(_ROUNDS):
            before = self.scope
            self.scope = before.copy()
            if target is not None:
                self.expressions.assign(target, control)
            self._block(body)
            if test is not None:
                control = joined([control, self.expressions.value(test).flat()])
            self.scope = merged(before, self.scope, control)
            if self.scope.shapes() == before.shapes():
                break
        else:
            self.expressions.lost = True
        self._control.pop()
        if leaves or any(isinstance(item, ast.Return) for part in body for item in ast.walk(part)):
            self._ways_out.append(control)

    def _doubtful(self, bodies: Sequence[Sequence[ast.stmt]]) -> None:
        """Bodies that may run partly."""
        before = self.scope.copy()
        self._doubt += 1
        for body in bodies:
            self._block(body)
        self._doubt -= 1
        self.scope.doubt(before)
        if any(isinstance(item, _WAYS_OUT) for body in bodies for part in body for item in ast.walk(part)):
            self.expressions.lost = True

    # -- assignment ----------------------------------------------------------------------------------------

    def _write(self, target: ast.expr, value: Shape) -> None:
        """`df["n"] = value`, `df.n = value`, `df.loc[rows, "n"] = value`."""
        place = target.value if isinstance(target, ast.Subscript) else None
        if isinstance(place, ast.Attribute) and place.attr in _PLACES and isinstance(target, ast.Subscript):
            self._write_located(place, target.slice, value)
        elif isinstance(target, ast.Subscript):
            old = self.expressions.value(target.value)
            columns = self.expressions.key(target.slice, old)
            self.expressions.change(target.value, self._written(old, Shape(), columns, value, within=False))
        elif isinstance(target, ast.Attribute):
            self._write_attribute(target, value)
        else:
            self.expressions.lost = True

    def _write_located(self, place: ast.Attribute, slot: ast.expr, value: Shape) -> None:
        old = self.expressions.value(place.value)
        keys = [
            self.expressions.key(part, old) for part in (slot.elts if isinstance(slot, ast.Tuple) else [slot])
        ]
        rows, columns = replace(keys[0], known=None), joined(keys[1:])
        if len(keys) == 2 and place.attr in ("loc", "at"):
            columns = keys[1]  # otherwise it may be any column
        self.expressions.change(place.value, self._written(old, rows, columns, value, within=True))

    def _written(self, old: Shape, rows: Shape, columns: Shape, value: Shape, within: bool) -> Shape:
        refs = old.refs | value.refs
        value = replace(joined([value.flat(), Shape(rows.whole(), exact=rows.exact)]), loose=value.loose)
        if old.plain:
            return replace(joined([old, value, columns.flat()]), loose=True, refs=refs)
        known = columns.known.value if columns.known is not None else None
        names = [known] if isinstance(known, str) else known
        if isinstance(names, list | tuple) and names and all(isinstance(name, str) for name in names):
            new = old
            for name in names:
                kept = [old.column(name)] if within and (name in old.columns or old.rest) else []
                new = new.with_column(name, joined([value, *kept]) if kept else value)
            exact = old.exact and value.exact and (columns.exact or not within)
            return replace(new, exact=exact) if old.rest or not within else new
        if known is None and (within or columns.mask):
            # any column may have been written
            return replace(old, sources=old.sources, kind="frame").by(value.flat(), columns.flat())
        return joined([old, columns, value]).unsure()

    def _write_attribute(self, target: ast.Attribute, value: Shape) -> None:
        old = self.expressions.value(target.value)
        if old.plain:
            new = replace(joined([old, value]), loose=True, refs=old.refs | value.refs)
        elif target.attr == "index":
            new = old.by(value.flat())
        elif target.attr in ("name", "attrs", "flags"):
            new = old
        elif target.attr == "columns":
            new = joined([old, value]).unsure()
        else:
            new = old.with_column(target.attr, joined([value.flat(), old.column(target.attr)]))
        self.expressions.change(target.value, new)


_WAYS_OUT: Final = (ast.Return, ast.Raise, ast.Break, ast.Continue)
