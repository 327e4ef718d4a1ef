"""References: the names that code mentions, resolved by Python's own scope rules."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kernel_magics.engine.source.flow import Assigned, Flow, join
from kernel_magics.engine.source.scopes import Reference, Role, Scope
from kernel_magics.engine.source.tree import (
    Comprehension,
    Function,
    capture,
    children,
    imported_as,
    made_by,
    mentions,
    parameters,
    query_texts,
)

_CLASS_NAMESPACE = ("__module__", "__qualname__")  # names that Python itself puts into a class namespace


@dataclass(frozen=True, slots=True)
class Names:
    """The names of some statements, analysed as a module's.

    Attributes:
        reads: read from outside, in order of first read.
        binds: bound at the end on some path.
        awaits: whether the code itself awaits, not only a function in it.
        looked_up: every name that is looked up, and whether that happens at once; a name that a function
            reads may be bound by the time of the call.
        definitely_assigned: bound at the end on every path.
        bound: bound anywhere that is reachable.
        local: bound, deleted or annotated anywhere, so local to a function that the code becomes.
        class_reads: (line, name) that a class body looks up around it although it binds it, too.
        late_reads: (line, name) that a function reads, and that is not bound where the function is defined.
        references: every mention, in the order of the walk.
    """

    reads: tuple[str, ...]
    binds: tuple[str, ...]
    awaits: bool
    looked_up: dict[str, bool]
    definitely_assigned: frozenset[str]
    bound: frozenset[str]
    local: frozenset[str]
    class_reads: tuple[tuple[int, str], ...]
    late_reads: tuple[tuple[int, str], ...]
    references: tuple[Reference, ...]


def read_names(statements: Iterable[ast.stmt], own: Iterable[str] = ()) -> Names:
    """The names of statements.

    Args:
        own: names that count as read wherever the statements bind them.
    """
    reader = _Reader()
    reader.visit(*statements)
    flow = reader.module
    bound = frozenset(flow.bound)
    later = bound.difference(own)
    return Names(
        tuple(name for name, at_once in reader.looked_up.items() if at_once or name not in later),
        tuple(flow.at.maybe),
        reader.awaits,
        reader.looked_up,
        frozenset(flow.at.definitely),
        bound,
        frozenset(flow.local),
        tuple(reader.class_reads),
        tuple(reader.late_reads),
        tuple(reader.found),
    )


def body_names(source: str) -> Names:
    """The names of a text.

    Raises:
        SyntaxError: it is not Python.
    """
    return read_names(ast.parse(source).body)


def definition_reads(node: ast.stmt) -> tuple[str, ...]:
    """The names that a `def`, a `class` or a `name = lambda …` looks up outside itself, in order.

    Its own name is among them only if the code reads it (recursion does).
    """
    own = {getattr(node, "name", "")}
    if isinstance(node, ast.Assign):
        own = {target.id for target in node.targets if isinstance(target, ast.Name)}
    return read_names([node], own).reads


class _Reader:
    """One walk over code.

    A module and class bodies are followed in order of evaluation, path by path. The time of a function's
    call is unknown, so its names are visited in the order of the syntax.
    """

    def __init__(self) -> None:
        self.scope = Scope("module")
        self.module = self.flow = Flow(self.scope)
        self.follows = True
        self.functions = 0  # the number of functions around the present node
        self.found: list[Reference] = []
        self.looked_up: dict[str, bool] = {}
        self.awaits = False
        self.class_reads: list[tuple[int, str]] = []
        self.late_reads: list[tuple[int, str]] = []
        self.sets_global: list[str] = []  # names that the present function assigns as `global`

    def visit(self, *nodes: ast.AST | None) -> None:
        """Walk nodes with an explicit stack, since a long sum would exceed the recursion limit. A handler
        returns the nodes to walk next."""
        handlers = _FOLLOWING if self.follows else _READING
        stack = list(reversed(nodes))
        while stack:
            node = stack.pop()
            if node is None:
                continue
            handler = handlers.get(type(node))
            more = handler(self, node) if handler else children(node)
            if more:
                stack.extend(reversed(more))

    def inside(self, scope: Scope, *nodes: ast.AST | None) -> None:
        """Walk nodes in another scope."""
        outer, self.scope = self.scope, scope
        self.visit(*nodes)
        self.scope = outer

    # --- single names

    def read(self, name: str, node: ast.AST, role: Role = "read") -> None:
        scope, flow = self.scope, self.flow
        name = scope.mangled(name)
        early = scope.kind == "class" and name not in flow.at.definitely
        self.found.append(Reference(name, role, node, scope, early))
        if self.follows and flow.reached:
            self.look_up(name, node.lineno)  # type: ignore[attr-defined]

    def look_up(self, name: str, line: int) -> None:
        """Decide whether a name that is read at once comes from outside."""
        scope, flow, visible = self.scope, self.flow, True
        while scope is not flow.scope and scope.parent is not None:  # comprehensions and type parameters
            if name in scope.bound:
                return
            visible = visible and scope.kind != "comprehension"  # which does not see names of a class
            scope = scope.parent
        if scope.kind == "class":
            if visible and name in flow.at.definitely:
                return
            if visible:
                flow.early.append((line, name))
            # inside a function, its own reads include those of its classes
            if self.functions or name == "__class__":
                return
            while scope.parent is not None:
                if scope.kind != "class" and name in scope.bound:
                    return
                scope = scope.parent
        if self.module.reached and name not in self.module.at.definitely:
            self.looked_up[name] = True

    def bind(self, name: str, node: ast.AST, role: Role = "write") -> None:
        scope = self.scope
        name = scope.mangled(name)
        self.found.append(Reference(name, role, node, scope))
        if name not in scope.globals:
            scope.bound.add(name)
            if self.follows and scope is self.flow.scope:
                self.flow.bind(name)
        elif self.functions:
            self.sets_global.append(name)
        else:
            self.module.bind(name)

    def on_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read(node.id, node)
        elif isinstance(node.ctx, ast.Store):
            self.bind(node.id, node)
        else:
            if self.scope.kind != "class":
                self.read(node.id, node)
            if self.follows:
                name = self.scope.mangled(node.id)
                self.found.append(Reference(name, "write", node, self.scope))
                self.scope.bound.add(name)
                self.flow.unbind(name)
            else:
                self.bind(node.id, node)

    def on_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        scope = self.scope
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        self.inside(scope, node.target)

    def on_AugAssign(self, node: ast.AugAssign) -> Sequence[ast.AST]:
        if not isinstance(node.target, ast.Name):
            return node.target, node.value
        self.read(node.target.id, node.target)
        return node.value, node.target

    def on_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self.bind(imported_as(alias), alias, "write" if alias.asname else "import")

    on_ImportFrom = on_Import

    def on_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        scope = self.scope
        names = [scope.mangled(name) for name in node.names]
        if scope.parent is not None:
            (scope.globals if isinstance(node, ast.Global) else scope.nonlocals).update(names)
        self.found += [Reference(name, "write", node, scope) for name in names]

    on_Nonlocal = on_Global

    def on_ExceptHandler(self, node: ast.ExceptHandler) -> Sequence[ast.AST]:
        if node.name:
            self.bind(node.name, node)
        return children(node)

    def on_MatchAs(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> Sequence[ast.AST]:
        name = capture(node)
        if name:
            self.bind(name, node)
        return children(node)

    on_MatchStar = on_MatchMapping = on_MatchAs

    def on_Call(self, node: ast.Call) -> Sequence[ast.AST]:
        if isinstance(node.func, ast.Name):
            self.found += [
                Reference(word.arg, "keyword", word, self.scope, False, node.func.id)
                for word in node.keywords
                if word.arg
            ]
        texts = list(query_texts(node))
        if not texts:
            return node.func, *node.args, *node.keywords
        self.visit(node.func, *node.args, *node.keywords)
        for text in texts:
            for name in dict.fromkeys(name for name, looked_up in mentions(text) if looked_up):
                self.read(name, text, "query")
        return ()

    # --- scopes

    def on_FunctionDef(self, node: Function) -> None:
        spec = node.args
        self.visit(*node.decorator_list, *spec.defaults, *spec.kw_defaults)
        around = self.type_parameters(node)
        self.inside(around, *(item.annotation for item in parameters(spec)), node.returns)
        self.bind(node.name, node)
        self.called(Scope("function", around, node, around.private), node.body, node.lineno, spec)

    on_AsyncFunctionDef = on_FunctionDef

    def on_Lambda(self, node: ast.Lambda) -> None:
        self.visit(*node.args.defaults, *node.args.kw_defaults)
        scope = Scope("function", self.scope, node, self.scope.private)
        self.called(scope, [node.body], node.lineno, node.args)

    def called(
        self, scope: Scope, nodes: Iterable[ast.AST], line: int, spec: ast.arguments | None = None
    ) -> None:
        """Walk code that runs when it is called; record what it looks up in the module."""
        outer, follows, mark = self.scope, self.follows, len(self.found)
        self.scope, self.follows = scope, False
        self.functions += 1
        for item in parameters(spec) if spec else ():
            self.bind(item.arg, item, "parameter")
        self.visit(*nodes)
        self.functions -= 1
        self.scope, self.follows = outer, follows
        if self.functions:
            return
        made, self.sets_global = sorted(self.sets_global), []
        if not self.flow.reached:
            return
        known, root = self.module.at.definitely, self.module.scope
        looked_up = (item for item in self.found[mark:] if item.role in ("read", "query"))
        for name in dict.fromkeys(item.name for item in looked_up if item.home is root):
            self.looked_up.setdefault(name, False)
            if name not in known:
                self.late_reads.append((line, name))
        self.module.at.maybe |= dict.fromkeys(made)

    def type_parameters(self, node: ast.AST) -> Scope:
        """The scope of the type parameters of a definition; the enclosing one if it has none."""
        listed: list[Any] = getattr(node, "type_params", [])
        if not listed:
            return self.scope
        scope = Scope("function", self.scope, node, self.scope.private)
        scope.bound.update(scope.mangled(item.name) for item in listed)
        for item in listed:
            for value in (getattr(item, "bound", None), getattr(item, "default_value", None)):
                if value is not None:  # evaluated on first access
                    self.called(scope, [value], value.lineno)
        return scope

    def on_TypeAlias(self, node: Any) -> None:
        self.bind(node.name.id, node.name)
        self.called(self.type_parameters(node), [node.value], node.value.lineno)

    def on_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit(*node.decorator_list)
        around = self.type_parameters(node)
        self.inside(around, *node.bases, *node.keywords)
        outer, follows = self.flow, self.follows
        flow = Flow(Scope("class", around, node, node.name.lstrip("_")), outer if follows else None)
        flow.at.definitely.update(_CLASS_NAMESPACE)
        self.flow, self.follows = flow, True
        self.inside(flow.scope, *node.body)
        self.flow, self.follows = outer, follows
        self.class_reads += [read for read in flow.early if read[1] in flow.local]
        self.bind(node.name, node)
        if flow.at.unreachable and follows:
            self.flow.at = Assigned(unreachable=True)

    def on_ListComp(self, node: Comprehension) -> None:
        first, scope = node.generators[0], self.comprehension(node)
        self.inside(scope, *made_by(node), first.target)
        self.visit(first.iter)
        self.inside(scope, *first.ifs, *node.generators[1:])

    on_SetComp = on_DictComp = on_GeneratorExp = on_ListComp

    def comprehension(self, node: Comprehension) -> Scope:
        """The scope of a comprehension, in which its targets are bound from the start."""
        scope = Scope("comprehension", self.scope, node, self.scope.private)
        for part in (part for item in node.generators for part in ast.walk(item.target)):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                scope.bound.add(scope.mangled(part.id))
        return scope

    # --- expressions, path by path

    def follow_ListComp(self, node: Comprehension) -> None:
        first, flow = node.generators[0], self.flow
        self.visit(first.iter)
        outer, awaits, left = self.scope, self.awaits, []
        self.scope = self.comprehension(node)
        for generator in node.generators:
            self.visit(generator.iter if generator is not first else None, generator.target)
            for test in generator.ifs:
                flow.at, no = self.condition(test)
                left.append(no)
        self.visit(*made_by(node))
        flow.at = join(flow.at, *left)
        self.scope = outer
        self.awaits = self.awaits or any(generator.is_async for generator in node.generators)
        if isinstance(node, ast.GeneratorExp):
            self.awaits = awaits  # it only makes a generator and does not await yet

    follow_SetComp = follow_DictComp = follow_GeneratorExp = follow_ListComp

    def follow_Dict(self, node: ast.Dict) -> Sequence[ast.AST | None]:
        return [part for pair in zip(node.keys, node.values, strict=True) for part in pair]

    def follow_BoolOp(self, node: ast.BoolOp) -> None:
        self.flow.at = join(*self.condition(node))

    def follow_IfExp(self, node: ast.IfExp) -> None:
        yes, no = self.condition(node.test)
        self.flow.at = join(self.after([node.body], yes), self.after([node.orelse], no))

    def follow_Compare(self, node: ast.Compare) -> None:
        self.visit(node.left, node.comparators[0])
        if len(node.comparators) > 1:  # a chain may end after its first comparison
            at = self.flow.at
            self.flow.at = join(at.copy(), self.after(node.comparators[1:], at))

    def follow_Await(self, node: ast.Await) -> Sequence[ast.AST]:
        self.awaits = self.awaits or not self.functions
        return (node.value,)

    def condition(self, test: ast.expr) -> tuple[Assigned, Assigned]:
        """Walk a test; returns the states in which it is true and false."""
        flow = self.flow
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yes, no = self.condition(test.operand)
            return no, yes
        if isinstance(test, ast.Constant):
            never = Assigned(unreachable=True)
            return (flow.at, never) if test.value else (never, flow.at)
        if not isinstance(test, ast.BoolOp):
            self.visit(test)
            return flow.at, flow.at.copy()
        stops, conjunction = [], isinstance(test.op, ast.And)
        for value in test.values:
            yes, no = self.condition(value)
            flow.at, stop = (yes, no) if conjunction else (no, yes)
            stops.append(stop)
        return (flow.at, join(*stops)) if conjunction else (join(*stops), flow.at)

    def after(self, nodes: Iterable[ast.AST], state: Assigned) -> Assigned:
        """Walk nodes from a state; returns the state after them."""
        self.flow.at = state
        self.visit(*nodes)
        return self.flow.at

    # --- statements, path by path

    def follow_Assign(self, node: ast.Assign) -> Sequence[ast.AST]:
        return node.value, *node.targets

    def follow_AnnAssign(self, node: ast.AnnAssign) -> Sequence[ast.AST | None]:
        if not isinstance(node.target, ast.Name) or node.value:
            return node.value, node.target, node.annotation
        name = self.scope.mangled(node.target.id)
        self.found.append(Reference(name, "write", node.target, self.scope))
        self.scope.bound.add(name)
        self.flow.local.add(name)
        return (node.annotation,)

    def follow_If(self, node: ast.If) -> None:
        yes, no = self.condition(node.test)
        self.flow.at = join(self.after(node.body, yes), self.after(node.orelse, no))

    def follow_Assert(self, node: ast.Assert) -> None:
        yes, no = self.condition(node.test)
        if node.msg:
            self.after([node.msg], no)
        self.flow.at = yes

    def follow_Return(self, node: ast.Return | ast.Raise) -> None:
        self.visit(*children(node))
        self.flow.at = Assigned(unreachable=True)

    follow_Raise = follow_Return

    def follow_Break(self, node: ast.Break) -> None:
        self.flow.breaks.append(self.flow.at)
        self.flow.at = Assigned(unreachable=True)

    def follow_Continue(self, node: ast.Continue) -> None:
        self.flow.continues.append(self.flow.at)
        self.flow.at = Assigned(unreachable=True)

    def follow_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.awaits = self.awaits or isinstance(node, ast.AsyncFor)
        self.visit(node.iter)
        skipped = self.flow.at.copy()
        self.visit(node.target)
        self.loop(node, skipped)

    follow_AsyncFor = follow_For

    def follow_While(self, node: ast.While) -> None:
        self.flow.at, skipped = self.condition(node.test)
        self.loop(node, skipped)

    def loop(self, node: ast.For | ast.AsyncFor | ast.While, skipped: Assigned) -> None:
        """Walk a loop whose body is assumed to run to its end once; only then does `break` leave it."""
        flow = self.flow
        (breaks, continues), flow.breaks, flow.continues = (flow.breaks, flow.continues), [], []
        self.visit(*node.body)
        end = flow.at if not flow.at.unreachable else join(*flow.continues)
        left = join(*flow.breaks)
        flow.breaks, flow.continues = breaks, continues
        if not end.unreachable:
            left = Assigned(left.definitely | end.definitely, left.maybe | end.maybe, left.unreachable)
            end = Assigned(
                end.definitely | skipped.definitely, skipped.maybe | end.maybe, skipped.unreachable
            )
            flow.at = join(left, self.after(node.orelse, end))
        elif left.unreachable or node.orelse:
            # the first round always leaves: the code after it is unreachable
            flow.at = join(left, self.after(node.orelse, skipped))
        else:
            flow.at = left

    def follow_With(self, node: ast.With | ast.AsyncWith) -> None:
        flow = self.flow
        self.awaits = self.awaits or isinstance(node, ast.AsyncWith)
        for item in node.items:
            self.visit(item.context_expr, item.optional_vars)
        entered, mark = flow.at.copy(), len(flow.bound)
        self.visit(*node.body)
        # the context manager may suppress the exception
        if flow.at.unreachable and isinstance(node.body[-1], ast.Raise):
            flow.at = entered.copy(flow.bound[mark:])

    follow_AsyncWith = follow_With

    def follow_Try(self, node: ast.Try) -> None:
        flow = self.flow
        before, mark = flow.at.copy(), len(flow.bound)
        self.visit(*node.body)
        failed = before.copy(flow.bound[mark:])
        self.visit(*node.orelse)
        ends = [flow.at]
        for handler in node.handlers:
            flow.at = failed.copy()
            self.visit(handler.type)
            if handler.name:
                self.bind(handler.name, handler)
            self.visit(*handler.body)
            if handler.name and not flow.at.unreachable:
                flow.unbind(self.scope.mangled(handler.name))
            ends.append(flow.at)
        known = len(self.found)
        self.after(node.finalbody, before.copy(flow.bound[mark:]))
        # the first walk was for the paths that fail; the second, which is recorded, for those that go on
        del self.found[known:]
        self.after(node.finalbody, join(*ends))

    follow_TryStar = follow_Try

    def follow_Match(self, node: ast.Match) -> None:
        flow = self.flow
        self.visit(node.subject)
        ends = []
        for case in node.cases:
            missed = flow.at.copy()
            captures = self.pattern(case.pattern)
            missed.maybe |= dict.fromkeys(captures)
            if case.guard:
                flow.at, _ = self.condition(case.guard)
            self.visit(*case.body)
            ends.append(flow.at)
            flow.at = missed if case.guard or not _irrefutable(case.pattern) else Assigned(unreachable=True)
        flow.at = join(*ends, flow.at)

    def pattern(self, pattern: ast.pattern) -> list[str]:
        """Walk a pattern: dotted names and classes are read first, captures are bound after a full match."""
        captures: list[tuple[str, ast.AST]] = []
        stack: list[ast.AST] = [pattern]
        while stack:
            part = stack.pop()
            if isinstance(part, ast.expr):
                self.visit(part)
                continue
            stack.extend(reversed(children(part)))
            name = capture(part)
            captures += [(name, part)] if name else []
        for name, part in captures:
            self.bind(name, part)
        return [name for name, _ in captures]


def _irrefutable(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchOr):
        return any(map(_irrefutable, pattern.patterns))
    return isinstance(pattern, ast.MatchAs) and (pattern.pattern is None or _irrefutable(pattern.pattern))


def _handlers(prefix: str) -> dict[type, Callable[[_Reader, Any], Sequence[ast.AST | None] | None]]:
    """The reader's methods for each type of syntax node."""
    found: dict[type, Any] = {}
    for name, method in vars(_Reader).items():
        kind = getattr(ast, name.removeprefix(prefix), None)  # Python 3.11 has no `type` statement
        if name.startswith(prefix) and kind is not None:
            found[kind] = method
    return found


_READING = {**_handlers("on_"), ast.Constant: lambda reader, node: None}
_FOLLOWING = {**_READING, **_handlers("follow_")}
