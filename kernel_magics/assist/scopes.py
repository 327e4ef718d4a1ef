"""A scope is where a name lives; Python's rules tell for each occurrence of a name which scope it means."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from kernel_magics.assist.place import Span, code_points, cut, span

Role = Literal["read", "write", "parameter", "keyword", "query", "import"]
_QUERIES = ("query", "eval")  # methods of pandas frames whose text mentions names as `@name`
_MENTIONED = re.compile(r"(?<![\w@])@([^\W\d]\w*)")


@dataclass(eq=False, slots=True)
class Scope:
    """The module, a function (lambda, type parameters), a class body or a comprehension."""

    kind: str
    parent: Scope | None = None
    node: ast.AST | None = None
    bound: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)  # declared `global`
    further: set[str] = field(default_factory=set)  # declared `nonlocal`

    def home(self, name: str) -> Scope:
        """The scope that a name means when it is looked up here."""
        scope = self
        while scope.parent is not None:
            hidden = scope.kind == "class" and scope is not self
            if not hidden and name in scope.outside:
                break
            if not hidden and name in scope.bound and name not in scope.further:
                return scope
            scope = scope.parent
        return scope.root

    @property
    def root(self) -> Scope:
        """The module."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A name where it stands in the source (lines from 0).

    Attributes:
        home: the scope that holds what it means.
        caller: for a keyword of a call, the name of the function called.
    """

    name: str
    span: Span
    role: Role
    home: Scope
    caller: str = ""


def occurrences(tree: ast.Module, source: str) -> list[Occurrence]:
    """Every occurrence of every name, in order of place."""
    walk = _Walk(source.split("\n"))
    walk.run(tree)
    found = {
        (item.span, item.role == "keyword"): item
        for item in (
            Occurrence(name, place, role, scope.home(name), caller)
            for name, place, role, scope, caller in walk.found
        )
    }
    return sorted(found.values(), key=lambda item: item.span)


class _Walk:
    """One walk over a tree, in order of evaluation; a stack: a long sum needs no recursion."""

    def __init__(self, rows: Sequence[str]) -> None:
        self.rows = rows
        self.found: list[tuple[str, Span, Role, Scope, str]] = []
        self.stack: list[tuple[ast.AST | None, Scope]] = []

    def run(self, tree: ast.Module) -> None:
        self.stack.append((tree, Scope("module")))
        while self.stack:
            node, scope = self.stack.pop()
            if node is None:
                continue
            special = getattr(self, f"on_{type(node).__name__}", None)
            if special:
                special(node, scope)
            else:
                self.push(scope, *ast.iter_child_nodes(node))

    def push(self, scope: Scope, *nodes: ast.AST | None) -> None:
        """Walk these next, in this order, before whatever is on the stack."""
        self.stack.extend((node, scope) for node in reversed(nodes))

    def note(self, name: str, place: Span | None, role: Role, scope: Scope, caller: str = "") -> None:
        if place is not None and unicodedata.normalize("NFKC", cut(self.rows, place)) == name:
            self.found.append((name, place, role, scope, caller))

    def bind(self, name: str, place: Span | None, scope: Scope, role: Role = "write") -> None:
        scope.bound.add(name)
        self.note(name, place, role, scope)

    # --- places

    def at(self, line: int, start: int, end: int) -> Span:
        """A place from what the parser tells: lines from 1, columns in bytes."""
        row = self.rows[line - 1]
        return span(line - 1, code_points(row, start), code_points(row, end))

    def behind(self, node: ast.AST, pattern: str) -> Span | None:
        """Where the first group of a pattern stands, searched from a node's start through its lines."""
        line = node.lineno  # type: ignore[attr-defined]
        start = code_points(self.rows[line - 1], node.col_offset)  # type: ignore[attr-defined]
        for number in range(line - 1, getattr(node, "end_lineno", line)):
            match = re.compile(pattern).search(self.rows[number], start)
            if match is not None:
                return span(number, match.start(1), match.end(1))
            start = 0
        return None

    def tail(self, node: ast.AST, name: str) -> Span:
        """A node's end, as long as a name."""
        line, end = node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
        column = code_points(self.rows[line - 1], end)
        return span(line - 1, column - len(name), column)

    # --- names

    def on_Name(self, node: ast.Name, scope: Scope) -> None:
        place = self.at(node.lineno, node.col_offset, node.end_col_offset or 0)
        if isinstance(node.ctx, ast.Load):
            early = scope.kind == "class" and scope.parent is not None and node.id not in scope.bound
            self.note(node.id, place, "read", scope.parent if early and scope.parent else scope)
        else:
            self.bind(node.id, place, scope)

    def on_NamedExpr(self, node: ast.NamedExpr, scope: Scope) -> None:
        target = scope
        while target.kind == "comprehension" and target.parent is not None:
            target = target.parent
        self.push(scope, node.value)
        self.push(target, node.target)

    def on_Global(self, node: ast.Global, scope: Scope) -> None:
        scope.outside.update(node.names)
        for name in node.names:
            self.note(name, self.behind(node, rf"\b({re.escape(name)})\b"), "write", scope)

    def on_Nonlocal(self, node: ast.Nonlocal, scope: Scope) -> None:
        scope.further.update(node.names)
        for name in node.names:
            self.note(name, self.behind(node, rf"\b({re.escape(name)})\b"), "write", scope)

    def on_Import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if alias.asname:
                self.bind(alias.asname, self.tail(alias, alias.asname), scope)
            elif alias.name != "*":
                name = alias.name.partition(".")[0]
                start = alias.col_offset
                self.bind(name, self.at(alias.lineno, start, start + len(name.encode())), scope, "import")

    on_ImportFrom = on_Import

    def on_ExceptHandler(self, node: ast.ExceptHandler, scope: Scope) -> None:
        if node.name:
            self.bind(node.name, self.behind(node, rf"\bas\s+({re.escape(node.name)})\b"), scope)
        self.push(scope, node.type, *node.body)

    def on_MatchAs(self, node: ast.MatchAs | ast.MatchStar, scope: Scope) -> None:
        if node.name:
            self.bind(node.name, self.tail(node, node.name), scope)
        self.push(scope, *ast.iter_child_nodes(node))

    on_MatchStar = on_MatchAs

    def on_MatchMapping(self, node: ast.MatchMapping, scope: Scope) -> None:
        if node.rest:
            self.bind(node.rest, self.behind(node, rf"\*\*\s*({re.escape(node.rest)})\b"), scope)
        self.push(scope, *ast.iter_child_nodes(node))

    # --- statements whose order of evaluation is not that of the text

    def on_Assign(self, node: ast.Assign, scope: Scope) -> None:
        self.push(scope, node.value, *node.targets)

    def on_AnnAssign(self, node: ast.AnnAssign, scope: Scope) -> None:
        self.push(scope, node.value, node.annotation, node.target)

    # --- scopes

    def on_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        self.bind(node.name, self.behind(node, r"\bdef\s+(\w+)"), scope)
        around = self.generic(node, scope)
        inner = Scope("function", around, node)
        self.push(inner, *node.body)
        self.push(around, node.returns)
        self.parameters(node.args, scope, around, inner)
        self.push(scope, *node.decorator_list)

    on_AsyncFunctionDef = on_FunctionDef

    def on_Lambda(self, node: ast.Lambda, scope: Scope) -> None:
        inner = Scope("function", scope, node)
        self.push(inner, node.body)
        self.parameters(node.args, scope, scope, inner)

    def parameters(self, spec: ast.arguments, scope: Scope, around: Scope, inner: Scope) -> None:
        """Defaults are evaluated outside, hints in the scope of the type parameters."""
        listed = [*spec.posonlyargs, *spec.args, spec.vararg, *spec.kwonlyargs, spec.kwarg]
        for item in [item for item in listed if item is not None]:
            place = self.at(item.lineno, item.col_offset, item.col_offset + len(item.arg.encode()))
            self.bind(item.arg, place, inner, "parameter")
            self.push(around, item.annotation)
        self.push(scope, *spec.defaults, *spec.kw_defaults)

    def generic(self, node: ast.AST, scope: Scope) -> Scope:
        """The scope of the type parameters of a definition; the one around it where it has none."""
        parameters: list[ast.AST] = getattr(node, "type_params", [])
        if not parameters:
            return scope
        inner = Scope("function", scope, node)
        inner.bound.update(str(vars(item)["name"]) for item in parameters)
        self.push(inner, *(child for item in parameters for child in ast.iter_child_nodes(item)))
        return inner

    def on_ClassDef(self, node: ast.ClassDef, scope: Scope) -> None:
        self.bind(node.name, self.behind(node, r"\bclass\s+(\w+)"), scope)
        around = self.generic(node, scope)
        self.push(Scope("class", around, node), *node.body)
        self.push(around, *node.bases, *node.keywords)
        self.push(scope, *node.decorator_list)

    def on_TypeAlias(self, node: ast.AST, scope: Scope) -> None:
        self.push(self.generic(node, scope), node.value)  # type: ignore[attr-defined]  # Python 3.12
        self.push(scope, node.name)  # type: ignore[attr-defined]

    def on_ListComp(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: Scope
    ) -> None:
        first, *others = node.generators
        inner = Scope("comprehension", scope, node)
        made = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        parts: list[ast.AST] = [first.target, *first.ifs]
        for item in others:
            parts += [item.iter, item.target, *item.ifs]
        self.push(inner, *parts, *made)
        self.push(scope, first.iter)

    on_SetComp = on_DictComp = on_GeneratorExp = on_ListComp

    # --- calls

    def on_Call(self, node: ast.Call, scope: Scope) -> None:
        caller = node.func.id if isinstance(node.func, ast.Name) else ""
        for word in node.keywords if caller else ():
            if word.arg:
                end = word.col_offset + len(word.arg.encode())
                self.note(word.arg, self.at(word.lineno, word.col_offset, end), "keyword", scope, caller)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _QUERIES:
            for text in (part for part in node.args[:1] if isinstance(part, ast.Constant)):
                self.mentions(text, scope)
        self.push(scope, *ast.iter_child_nodes(node))

    def mentions(self, text: ast.Constant, scope: Scope) -> None:
        """Names written as `@name` in the text of a query: pandas looks them up around the call."""
        if not isinstance(text.value, str):
            return
        last = text.end_lineno or text.lineno
        for number in range(text.lineno - 1, last):
            row = self.rows[number]
            start = code_points(row, text.col_offset) if number == text.lineno - 1 else 0
            end = code_points(row, text.end_col_offset or 0) if number == last - 1 else len(row)
            for match in _MENTIONED.finditer(row[start:end]):
                place = span(number, start + match.start(1), start + match.end(1))
                self.note(match[1], place, "query", scope)
