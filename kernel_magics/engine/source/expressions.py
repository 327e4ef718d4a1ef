"""Expressions: a walk in order of evaluation over the names that expressions read and bind."""

import ast
import re
from collections.abc import Iterable

from kernel_magics.engine.source.assigned import Assigned, join
from kernel_magics.engine.source.lookups import looked_up

_QUERIES = ("query", "eval")  # methods of pandas frames whose text mentions names as `@name`
_MENTIONED = re.compile(r"(?<![\w@])@([^\W\d]\w*)")


class Expressions:
    """One walk; a class body is a walk of its own that looks up the rest in its `root`."""

    def __init__(self, root: "Expressions | None" = None) -> None:
        self.root = root or self
        self.at = Assigned()
        self.reads: dict[str, bool] = {}  # False: only when a nested function is called
        self.bound: list[str] = []  # every binding, in the order of the walk
        self.declared: set[str] = set()  # bound, deleted or annotated: local, once in a function
        self.awaits = False
        self.class_reads: list[
            tuple[int, str]
        ] = []  # (line, name) that a class looks up although it binds it
        self.later_reads: list[
            tuple[int, str]
        ] = []  # (line, name) in functions, unbound where they are defined
        self.hidden: frozenset[str] = frozenset()  # comprehension targets and type parameters, while visible
        self.private = ""  # the class whose name mangles `__x`
        self.outer: set[str] = set()  # what a class body declares global
        self.breaks: list[Assigned] = []
        self.continues: list[Assigned] = []

    def body(self, statements: Iterable[ast.stmt]) -> None:
        """Walk statements until no path goes on."""
        for statement in statements:
            if self.at.dead:
                return
            self.visit(statement)

    def visit(self, *nodes: ast.AST | None) -> None:
        """Walk nodes in order of evaluation; a stack: a long sum needs no recursion."""
        stack = list(reversed(nodes))
        while stack:
            node = stack.pop()
            if node is None:
                continue
            special = getattr(self, f"on_{type(node).__name__}", None)
            if special:
                special(node)
            else:
                stack.extend(reversed(list(ast.iter_child_nodes(node))))

    # --- single names

    def mangled(self, name: str) -> str:
        private = self.root.private
        return f"_{private}{name}" if private and name.startswith("__") and not name.endswith("__") else name

    def read(self, name: str, line: int) -> None:
        if self.root.at.dead or self.at.dead or name in self.at.settled:
            return
        if self is not self.root:
            self.class_reads.append((line, name))
            self.root.read(name, line)
        elif name not in self.hidden:
            self.reads[name] = True

    def bind(self, name: str) -> None:
        name = self.mangled(name)
        if name in self.outer:
            self.root.bind(name)
        elif not self.at.dead and (self is not self.root or name not in self.hidden):
            self.at.settled.add(name)
            self.at.live[name] = None
            self.bound.append(name)
            self.declared.add(name)

    def unbind(self, name: str) -> None:
        name = self.mangled(name)
        self.at.live.pop(name, None)
        self.declared.add(name)
        if self is self.root:
            self.at.settled.add(name)  # Python raises at a later read, it does not look further
        else:
            self.at.settled.discard(name)  # a class body looks further

    def on_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.bind(node.id)
            return
        if isinstance(node.ctx, ast.Load) or self is self.root:
            self.read(self.mangled(node.id), node.lineno)
        if isinstance(node.ctx, ast.Del):
            self.unbind(node.id)

    # --- expressions

    def on_Call(self, node: ast.Call) -> None:
        self.visit(node.func, *node.args, *node.keywords)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _QUERIES:
            for text in (part for part in node.args[:1] if isinstance(part, ast.Constant)):
                for name in _MENTIONED.findall(str(text.value)):  # pandas looks it up around the call
                    self.read(self.mangled(name), text.lineno)

    def on_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value, node.target)

    def on_Dict(self, node: ast.Dict) -> None:
        self.visit(*(part for pair in zip(node.keys, node.values, strict=True) for part in pair))

    def on_BoolOp(self, node: ast.BoolOp) -> None:
        self.at = join(*self.condition(node))

    def on_IfExp(self, node: ast.IfExp) -> None:
        yes, no = self.condition(node.test)
        self.at = join(self.after([node.body], yes), self.after([node.orelse], no))

    def on_Compare(self, node: ast.Compare) -> None:
        self.visit(node.left, node.comparators[0])
        if len(node.comparators) > 1:  # a chain may stop after its first link
            self.at = join(self.at.copy(), self.after(node.comparators[1:], self.at))

    def on_Await(self, node: ast.Await) -> None:
        self.root.awaits = True
        self.visit(node.value)

    def on_Lambda(self, node: ast.Lambda) -> None:
        self.visit(*node.args.defaults, *node.args.kw_defaults)
        self.root.later(*looked_up([ast.Expr(node.body)], node.args), node.lineno)

    def on_ListComp(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        root, first = self.root, node.generators[0]
        self.visit(first.iter)
        hidden, awaits = root.hidden, root.awaits
        filtered = []
        targets = [n for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)]
        root.hidden |= {self.mangled(n.id) for n in targets if isinstance(n.ctx, ast.Store)}
        for generator in node.generators:
            root.visit(generator.iter if generator is not first else None, generator.target)
            for test in generator.ifs:
                root.at, no = root.condition(test)
                filtered.append(no)
        root.visit(*((node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)))
        root.at = join(root.at, *filtered)
        root.hidden = hidden
        root.awaits = root.awaits or any(g.is_async for g in node.generators)
        if isinstance(node, ast.GeneratorExp):
            root.awaits = awaits  # it only makes a generator, nothing is awaited yet

    on_SetComp = on_DictComp = on_GeneratorExp = on_ListComp

    def condition(self, test: ast.expr) -> tuple[Assigned, Assigned]:
        """Walk a test; the states in which it was true and false."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yes, no = self.condition(test.operand)
            return no, yes
        if isinstance(test, ast.Constant):
            never = Assigned(dead=True)
            return (self.at, never) if test.value else (never, self.at)
        if not isinstance(test, ast.BoolOp):
            self.visit(test)
            return self.at, self.at.copy()
        stops, conjunction = [], isinstance(test.op, ast.And)
        for value in test.values:
            yes, no = self.condition(value)
            self.at, stop = (yes, no) if conjunction else (no, yes)
            stops.append(stop)
        return (self.at, join(*stops)) if conjunction else (join(*stops), self.at)

    def after(self, nodes: Iterable[ast.AST], state: Assigned) -> Assigned:
        self.at = state
        self.visit(*nodes)
        return self.at

    def after_body(self, statements: Iterable[ast.stmt], state: Assigned) -> Assigned:
        self.at = state
        self.body(statements)
        return self.at

    def later(self, found: Iterable[str], assigned: Iterable[str], line: int) -> None:
        """Note what a nested function looks up when it is called (on the root: it skips classes)."""
        if self.at.dead:
            return
        for name in map(self.mangled, found):
            if name not in self.hidden:
                self.reads.setdefault(name, False)
                if name not in self.at.settled:
                    self.later_reads.append((line, name))
        self.at.live |= dict.fromkeys(map(self.mangled, assigned))
