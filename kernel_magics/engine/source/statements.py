"""Statements: a walk in order of evaluation that knows which names every path has bound so far."""

import ast
from collections.abc import Iterable

from kernel_magics.engine.source.assigned import Assigned, join
from kernel_magics.engine.source.expressions import Expressions
from kernel_magics.engine.source.lookups import looked_up

_CLASS_NAMESPACE = ("__module__", "__qualname__")  # what Python itself puts into a class namespace


def walk(body: Iterable[ast.stmt]) -> "Statements":
    """Walk statements once, as a module would run them."""
    result = Statements()
    result.body(body)
    return result


class Statements(Expressions):
    """One walk over statements; a class body is a walk of its own that looks up the rest in its root."""

    def on_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        a = node.args
        self.visit(*node.decorator_list, *a.defaults, *a.kw_defaults)
        hidden = self.type_parameters(node)
        params = (*a.posonlyargs, *a.args, a.vararg, *a.kwonlyargs, a.kwarg)
        self.visit(*(param.annotation for param in params if param), node.returns)
        self.root.hidden, inside = hidden, self.root.hidden
        self.bind(node.name)
        self.root.hidden = inside
        found, assigned = looked_up(node.body, a)
        for inner in (
            n for statement in node.body for n in ast.walk(statement) if isinstance(n, ast.ClassDef)
        ):
            nested = walk([inner])  # inside a function, too, `x = x` in a class body reads a global x
            self.root.class_reads += nested.class_reads
            found += [name for _, name in nested.class_reads]
        self.root.later(found, assigned, node.lineno)
        self.root.hidden = hidden

    on_AsyncFunctionDef = on_FunctionDef

    def type_parameters(self, node: ast.AST) -> frozenset[str]:
        """Hide the type parameters of a generic definition; what was hidden before."""
        hidden = self.root.hidden
        parameters: list[ast.AST] = getattr(node, "type_params", [])
        self.root.hidden |= {self.mangled(str(vars(parameter)["name"])) for parameter in parameters}
        for parameter in parameters:
            for part in ("bound", "default_value"):  # evaluated when somebody asks for it
                if isinstance(value := getattr(parameter, part, None), ast.expr):
                    self.root.later(*looked_up([ast.Expr(value)]), value.lineno)
        return hidden

    def on_TypeAlias(self, node: ast.AST) -> None:
        name, value = node.name, node.value  # type: ignore[attr-defined]  # Python 3.12
        self.bind(name.id)
        hidden = self.type_parameters(node)
        self.root.later(*looked_up([ast.Expr(value)]), value.lineno)
        self.root.hidden = hidden

    def on_ClassDef(self, node: ast.ClassDef) -> None:
        root = self.root
        self.visit(*node.decorator_list)
        hidden, private = self.type_parameters(node), root.private
        self.visit(*node.bases, *node.keywords)
        root.private, root.hidden = node.name.lstrip("_"), root.hidden | {"__class__"}
        inner = Statements(root)
        inner.at.settled.update(_CLASS_NAMESPACE)
        inner.body(node.body)
        root.private, root.hidden = private, hidden
        root.class_reads += [read for read in inner.class_reads if read[1] in inner.declared]
        self.bind(node.name)
        if inner.at.dead:
            self.at = Assigned(dead=True)

    # --- statements that bind

    def on_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value, *node.targets)

    def on_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.read(self.mangled(node.target.id), node.lineno)
            self.visit(node.value, node.target)
        else:
            self.visit(node.target, node.value)

    def on_AnnAssign(self, node: ast.AnnAssign) -> None:
        if isinstance(node.target, ast.Name) and not node.value:
            self.declared.add(self.mangled(node.target.id))
            self.visit(node.annotation)
        else:
            self.visit(node.value, node.target, node.annotation)

    def on_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self.bind(alias.asname or alias.name.partition(".")[0])

    on_ImportFrom = on_Import

    def on_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        if self is not self.root:
            self.outer.update(map(self.mangled, node.names))

    on_Nonlocal = on_Global

    # --- statements that branch

    def on_If(self, node: ast.If) -> None:
        yes, no = self.condition(node.test)
        self.at = join(self.after_body(node.body, yes), self.after_body(node.orelse, no))

    def on_Assert(self, node: ast.Assert) -> None:
        yes, no = self.condition(node.test)
        if node.msg:
            self.after([node.msg], no)
        self.at = yes

    def on_Return(self, node: ast.Return | ast.Raise) -> None:
        self.visit(*ast.iter_child_nodes(node))
        self.at = Assigned(dead=True)

    on_Raise = on_Return

    def on_Break(self, node: ast.Break) -> None:
        self.breaks.append(self.at)
        self.at = Assigned(dead=True)

    def on_Continue(self, node: ast.Continue) -> None:
        self.continues.append(self.at)
        self.at = Assigned(dead=True)

    def on_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        skipped = self.at.copy()
        self.visit(node.target)
        self.loop(node, skipped)

    def on_AsyncFor(self, node: ast.AsyncFor) -> None:
        self.awaits = True
        self.on_For(node)

    def on_While(self, node: ast.While) -> None:
        self.at, skipped = self.condition(node.test)
        self.loop(node, skipped)

    def loop(self, node: ast.For | ast.AsyncFor | ast.While, skipped: Assigned) -> None:
        """Walk a loop whose body is taken to run to its end once; only then does `break` leave it."""
        (breaks, continues), self.breaks, self.continues = (self.breaks, self.continues), [], []
        self.body(node.body)
        end = self.at if not self.at.dead else join(*self.continues)
        left = join(*self.breaks)
        self.breaks, self.continues = breaks, continues
        if not end.dead:
            left = Assigned(left.settled | end.settled, left.live | end.live, left.dead)
            end = Assigned(end.settled | skipped.settled, skipped.live | end.live, skipped.dead)
            self.at = join(left, self.after_body(node.orelse, end))
        elif left.dead or node.orelse:  # the first round always leaves: the code below is for no round at all
            self.at = join(left, self.after_body(node.orelse, skipped))
        else:
            self.at = left

    def on_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr, item.optional_vars)
        entered, mark = self.at.copy(), len(self.bound)
        self.body(node.body)
        if self.at.dead and isinstance(node.body[-1], ast.Raise):  # the manager may swallow it
            self.at = entered.copy(self.bound[mark:])

    def on_AsyncWith(self, node: ast.AsyncWith) -> None:
        self.awaits = True
        self.on_With(node)

    def on_Try(self, node: ast.Try) -> None:
        before, mark = self.at.copy(), len(self.bound)
        self.body(node.body)
        failed = before.copy(self.bound[mark:])
        self.body(node.orelse)
        ends = [self.at]
        for handler in node.handlers:
            self.at = failed.copy()
            self.visit(handler.type)
            if handler.name:
                self.bind(handler.name)
            self.body(handler.body)
            if handler.name and not self.at.dead:
                self.unbind(handler.name)
            ends.append(self.at)
        self.after_body(node.finalbody, before.copy(self.bound[mark:]))
        self.after_body(node.finalbody, join(*ends))

    on_TryStar = on_Try

    def on_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        ends = []
        for case in node.cases:
            missed = self.at.copy()
            captures = self.pattern(case.pattern)
            missed.live |= dict.fromkeys(captures)
            if case.guard:
                self.at, _ = self.condition(case.guard)
            self.body(case.body)
            ends.append(self.at)
            self.at = missed if case.guard or not _irrefutable(case.pattern) else Assigned(dead=True)
            if self.at.dead:
                break
        self.at = join(*ends, self.at)

    def pattern(self, pattern: ast.pattern) -> list[str]:
        """Walk a pattern: dotted names and classes are read first, captures bound when all of it matched."""
        captures: list[str] = []
        stack: list[ast.AST] = [pattern]
        while stack:
            part = stack.pop()
            if isinstance(part, ast.expr):
                self.visit(part)
                continue
            stack.extend(reversed(list(ast.iter_child_nodes(part))))
            name = getattr(part, "rest" if isinstance(part, ast.MatchMapping) else "name", None)
            captures += [name] if name else []
        for name in captures:
            self.bind(name)
        return captures


def _irrefutable(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchOr):
        return any(map(_irrefutable, pattern.patterns))
    return isinstance(pattern, ast.MatchAs) and (pattern.pattern is None or _irrefutable(pattern.pattern))
