"""Parsing of text and small queries on Python's syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

Tree = TypeVar("Tree")
Function = ast.FunctionDef | ast.AsyncFunctionDef
FunctionOrClass = Function | ast.ClassDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
QUERY_METHODS = ("query", "eval")
"""Methods of pandas frames whose text mentions variables as `@name`, looked up in the caller's scope."""
MENTION = re.compile(r"(?<![\w@])@([^\W\d]\w*)")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")


def parsed(source: str) -> ast.Module | None:
    """The syntax of a text; None where Python cannot parse it."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_python(source: str) -> bool:
    """Whether a text can be parsed."""
    return parsed(source) is not None


def statement(source: str) -> ast.stmt:
    """The syntax of a text's first statement, mostly its only one.

    Raises:
        SyntaxError: it is not Python.
    """
    return ast.parse(source).body[0]


def expression(source: str) -> ast.expr:
    """Parse an expression, which may span lines without brackets of its own.

    Raises:
        SyntaxError: it is not an expression.
    """
    source = source.strip()
    return ast.parse(f"({source}\n)" if "\n" in source else source, mode="eval").body


def is_literal(source: str | ast.expr) -> bool:
    """Whether an expression is a literal, also one with parts: its value is the same wherever it stands."""
    try:
        ast.literal_eval(source)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def lines_of(node: ast.stmt) -> tuple[int, int]:
    """First and last line of a statement, decorators included."""
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(item.lineno for item in decorators)]), node.end_lineno or node.lineno


def children(node: ast.AST) -> list[ast.AST]:
    """The child nodes of a node, in order."""
    found: list[ast.AST] = []
    if isinstance(node, ast.Name | ast.Constant):  # most nodes of any code
        return found
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST) and value._fields:
            found.append(value)
    return found


def copied(tree: Tree) -> Tree:
    """A copy of a node or of a list of nodes, without what tools have left on them.

    `copy.deepcopy` would copy that, too: renderers of tracebacks link each node to its parent, and a context
    such as `Load` is one object in all trees, so that a copied name would hold all of another cell's tree.
    """
    if isinstance(tree, list):
        return [copied(each) for each in tree]  # type: ignore[return-value]
    if not isinstance(tree, ast.AST) or not (tree._fields or tree._attributes):
        return tree
    parts: dict[str, Any] = {name: copied(getattr(tree, name, None)) for name in tree._fields}
    places = {name: getattr(tree, name) for name in tree._attributes if hasattr(tree, name)}
    return type(tree)(**parts, **places)


def root_of(node: ast.expr) -> str:
    """`a` for `a`, `a.b` and `a["b"][0]`; "" for other expressions."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def dotted_names(node: ast.AST) -> list[str]:
    """The names in `a.b.c`, in order; the first one is "" if the chain begins with another expression."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id if isinstance(node, ast.Name) else "", *reversed(names)]


def parameters(spec: ast.arguments) -> list[ast.arg]:
    """The parameters of a function, in order."""
    listed = [*spec.posonlyargs, *spec.args, spec.vararg, *spec.kwonlyargs, spec.kwarg]
    return [item for item in listed if item is not None]


def defaults(spec: ast.arguments) -> list[tuple[ast.arg, ast.expr | None]]:
    """The parameters of a function except `*args` and `**kwargs`, each with its default."""
    positional = [*spec.posonlyargs, *spec.args]
    none: list[ast.expr | None] = [None] * (len(positional) - len(spec.defaults))
    given = [*none, *spec.defaults, *spec.kw_defaults]
    return list(zip([*positional, *spec.kwonlyargs], given, strict=True))


def imported_as(alias: ast.alias) -> str:
    """The name that an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def made_by(node: Comprehension) -> Sequence[ast.expr]:
    """The expressions that a comprehension evaluates for each item."""
    return (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)


def capture(pattern: ast.AST) -> str:
    """The name that a part of a pattern binds; "" for none."""
    return getattr(pattern, "rest" if isinstance(pattern, ast.MatchMapping) else "name", None) or ""


def query_texts(call: ast.Call) -> Iterator[ast.expr]:
    """The text arguments of a query on a frame, if written in the call."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in QUERY_METHODS:
        given = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "expr")]
        yield from (text for text in given if isinstance(text, ast.Constant | ast.JoinedStr))


def mentions(text: ast.expr) -> list[tuple[str, bool]]:
    """Each `@name` in the text of a query, and whether the query looks it up, which it does unless quoted."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    whole = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
    quoted = [match.span() for match in _QUOTED.finditer(whole)]
    found = [(match[1], match.start()) for match in MENTION.finditer(whole)]
    return [(name, not any(start < place < end for start, end in quoted)) for name, place in found]
