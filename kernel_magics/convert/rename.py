"""Renaming gives the names that a statement looks up or binds on top level other ones."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSION = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_QUERIES = ("query", "eval")
Edit = tuple[int, int, str]


@dataclass(frozen=True)
class Names:
    """New names by old ones, for reading and for binding."""

    loads: Mapping[str, str]
    stores: Mapping[str, str]

    @property
    def changing(self) -> list[str]:
        """The names that get other ones."""
        return [old for names in (self.loads, self.stores) for old, new in names.items() if old != new]


def renamed(text: str, names: Names) -> str | None:
    """The text of one statement with other names; None where that cannot be done.

    Comments and layout stay, unless only Python itself can write the statement again.
    """
    if not names.changing:
        return text
    tree = ast.parse(text)
    wanted = _Renamer(names)
    target = wanted.visit(deepcopy(tree))
    if wanted.impossible:
        return None
    goal = ast.dump(target)
    edited = _edited(text, tree, names)
    try:
        if ast.dump(ast.parse(edited)) == goal:
            return edited
        plain = ast.unparse(target)
        return plain if ast.dump(ast.parse(plain)) == goal else None
    except (SyntaxError, ValueError):
        return None


class _Renamer(ast.NodeTransformer):
    """Renames in the syntax tree, by Python's scopes."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.local: frozenset[str] = frozenset()
        self.impossible = False

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id not in self.local:
            names = self.names.stores if isinstance(node.ctx, ast.Store) else self.names.loads
            node.id = names.get(node.id, node.id)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _QUERIES:
            for part in node.args[:1]:
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    part.value = _mentions(part.value, self._visible())
        return node

    def _visible(self) -> Mapping[str, str]:
        return {old: new for old, new in self.names.loads.items() if old not in self.local}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        node.returns = self.visit(node.returns) if node.returns else None
        if node.name not in self.local:
            node.name = self.names.stores.get(node.name, node.name)
        self._function(node, node.body)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._function(node, [node.body])
        return node

    def _function(self, node: ast.FunctionDef | ast.Lambda, body: list[ast.stmt] | list[ast.expr]) -> None:
        outside = self.local
        for part in (*node.args.defaults, *(item for item in node.args.kw_defaults if item)):
            self.visit(part)
        for argument in _arguments(node.args):
            if argument.annotation:
                self.visit(argument.annotation)
        self.local |= own_names(node)
        for statement in body:
            self.visit(statement)
        self.local = outside

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if own_names(node) & self.names.loads.keys():
            self.impossible = True
        node.name = self.names.stores.get(node.name, node.name)
        outside = self.local
        self.local |= own_names(node)
        self.generic_visit(node)
        self.local = outside
        return node

    def _comprehension(self, node: ast.AST) -> ast.AST:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        self.visit(generators[0].iter)
        outside = self.local
        self.local |= {
            part.id for item in generators for part in ast.walk(item.target) if isinstance(part, ast.Name)
        }
        for place, item in enumerate(generators):
            if place:
                self.visit(item.iter)
            self.visit(item.target)
            for test in item.ifs:
                self.visit(test)
        for name in ("key", "value", "elt"):
            if hasattr(node, name):
                self.visit(getattr(node, name))
        self.local = outside
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_Global(self, node: ast.Global) -> ast.AST:
        self.impossible = self.impossible or bool(self.names.stores.keys() & set(node.names))
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        bound = node.asname or node.name.partition(".")[0]
        self.impossible = self.impossible or self.names.stores.get(bound, bound) != bound
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        if node.name and self.names.stores.get(node.name, node.name) != node.name:
            self.impossible = True
        return self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        if node.name and self.names.stores.get(node.name, node.name) != node.name:
            self.impossible = True
        return self.generic_visit(node)

    visit_MatchStar = visit_MatchAs  # type: ignore[assignment]


def own_names(node: ast.AST) -> frozenset[str]:
    """The names that belong to a function or class itself."""
    args = getattr(node, "args", None)
    found = {item.arg for item in _arguments(args)} if args else set()
    outer: set[str] = set()
    body = getattr(node, "body", [])
    stack: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Global | ast.Nonlocal):
            outer |= set(part.names)
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(part.name)
            stack += [*part.decorator_list]
            continue
        elif isinstance(part, _FUNCTION):
            continue
        elif isinstance(part, _COMPREHENSION):
            stack += [inner.target for inner in ast.walk(part) if isinstance(inner, ast.NamedExpr)]
            continue
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
            found.add(part.id)
        elif isinstance(part, ast.alias):
            found.add(part.asname or part.name.partition(".")[0])
        elif isinstance(part, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and part.name:
            found.add(part.name)
        stack += list(ast.iter_child_nodes(part))
    return frozenset(found - outer)


def _arguments(args: ast.arguments) -> list[ast.arg]:
    return [part for part in ast.iter_child_nodes(args) if isinstance(part, ast.arg)]


# -- in the text -------------------------------------------------------------------------------------------


def _edited(text: str, tree: ast.Module, names: Names) -> str:
    """The text with its names replaced where they stand."""
    starts = [0]
    for row in text.encode().split(b"\n"):
        starts.append(starts[-1] + len(row) + 1)
    raw = text.encode()
    finder = _Finder(names, starts, raw)
    finder.visit(deepcopy(tree))
    done = len(raw) + 1
    for start, end, new in sorted(set(finder.edits), reverse=True):
        if end <= done:
            raw = raw[:start] + new.encode() + raw[end:]
            done = start
    return raw.decode()


class _Finder(_Renamer):
    """Collects the places of the names instead."""

    def __init__(self, names: Names, starts: list[int], raw: bytes) -> None:
        super().__init__(names)
        self.starts, self.raw = starts, raw
        self.edits: list[Edit] = []
        self.strings = 0

    def _span(self, node: ast.AST) -> tuple[int, int]:
        start = self.starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = self.starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return start, end

    def visit_Name(self, node: ast.Name) -> ast.Name:
        old = node.id
        new = super().visit_Name(node).id
        if new != old and not self.strings:
            self.edits.append((*self._span(node), new))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._header(node, node.name)
        return super().visit_FunctionDef(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._header(node, node.name)
        return super().visit_ClassDef(node)

    def _header(self, node: ast.AST, name: str) -> None:
        new = self.names.stores.get(name, name)
        start, end = self._span(node)
        match = re.search(rb"(?:def|class)\s+(" + name.encode() + rb")\b", self.raw[start:end])
        if new != name and name not in self.local and match:
            self.edits.append((start + match.start(1), start + match.end(1), new))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Attribute) and node.func.attr in _QUERIES and not self.strings:
            for part in node.args[:1]:
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    start, end = self._span(part)
                    old = self.raw[start:end].decode()
                    self.edits.append((start, end, _mentions(old, self._visible())))
        return super().visit_Call(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Python 3.11 does not say where the names in an f-string stand."""
        if not self.strings:
            start, end = self._span(node)
            old = self.raw[start:end].decode()
            new = "".join(_in_braces(old, self._visible()))
            if new != old:
                self.edits.append((start, end, new))
        self.strings += 1
        self.generic_visit(node)
        self.strings -= 1
        return node


def _mentions(text: str, names: Mapping[str, str]) -> str:
    return re.sub(r"(?<![\w@])@([^\W\d]\w*)", lambda match: f"@{names.get(match[1], match[1])}", text)


def _in_braces(text: str, names: Mapping[str, str]) -> Iterator[str]:
    """The text of an f-string with the words in its braces replaced."""
    depth, place = 0, 0
    while place < len(text):
        sign = text[place]
        if sign in "{}" and depth == 0 and text[place : place + 2] == sign * 2:
            yield sign * 2
            place += 2
            continue
        depth += (sign == "{") - (sign == "}" and depth > 0)
        word = re.match(r"[^\W\d]\w*", text[place:]) if depth else None
        before = text[place - 1 : place]
        if word and not (before == "." or before.isalnum() or before in ("_", "'", '"')):
            yield names.get(word[0], word[0])
            place += len(word[0])
            continue
        if word:
            yield word[0]
            place += len(word[0])
            continue
        yield sign
        place += 1
