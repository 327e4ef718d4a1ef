"""A copy comes first in an exported function that changes an input in place; a notebook gives it one."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.changed_params import changed_params
from kernel_magics.engine.source.tree import Function, expression, statement
from kernel_magics.export.module.families import member_call

_ATOMS: Final = frozenset(
    {"int", "float", "complex", "bool", "str", "bytes", "None", "tuple", "frozenset", "range"}
    | {"datetime", "date", "time", "timedelta", "Timestamp", "Timedelta", "Decimal", "Fraction", "Path"}
)
_HELD: Final = frozenset({"list", "dict", "set"})
_COPIES: Final[Mapping[str, str]] = {
    "pd.DataFrame": "{0}.copy()",
    "pd.Series": "{0}.copy()",
    "np.ndarray": "{0}.copy()",
    "pl.DataFrame": "{0}.clone()",
    "pl.Series": "{0}.clone()",
    "pl.LazyFrame": "",
    "pl.Expr": "",
    "pa.Table": "",
    "pa.Array": "",
    "pa.ChunkedArray": "",
    "list": "{0}.copy()",  # of values that cannot change; so for dict and set
    "dict": "{0}.copy()",
    "set": "{0}.copy()",
    "bytearray": "{0}.copy()",
}
"""The copy that each type takes; "" for one that cannot change. Any other type takes a deep copy."""
_ROOTS: Final = {"pandas": "pd", "numpy": "np", "polars": "pl", "pyarrow": "pa"}
DEEP: Final = "copy.deepcopy({0})"


def copy_of(name: str, hint: str, always: bool = True) -> str:
    """`df = df.copy()`: the line that makes a copy of a parameter of this type; "" where none is needed.

    Args:
        hint: the parameter's type; "" when it is unknown.
        always: whether a value of any mutable type would be changed.
    """
    form = _form(hint)
    if form == DEEP and not always and not hint:
        return ""
    return f"{name} = {form.format(name)}" if form else ""


@functools.lru_cache(maxsize=256)
def _form(hint: str) -> str:
    try:
        tree = expression(hint)
    except SyntaxError:
        return DEEP
    base = tree.value if isinstance(tree, ast.Subscript) else tree
    root, _, last = ast.unparse(base).rpartition(".")
    written = ".".join(filter(None, (_ROOTS.get(root, root), last)))
    if last in _ATOMS and written not in _COPIES:
        return ""
    if written in _HELD and not _holds_atoms(tree):
        return DEEP
    return _COPIES.get(written, DEEP)


def _holds_atoms(tree: ast.expr) -> bool:
    """True for the hint of a container whose members cannot change."""
    if not isinstance(tree, ast.Subscript):
        return False
    members = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else [tree.slice]
    return all(
        ast.unparse(member).rpartition(".")[2] in _ATOMS - {"tuple", "frozenset"} for member in members
    )


def changed_inputs(graph: Graph, node: Node) -> dict[str, bool]:
    """The inputs that a node's function changes in place; see `changed_params`."""
    if node.text is None or node.kind != "value":
        return {}
    helpers = {helper.name: helper.text.source for helper in node.helpers}

    def find(name: str) -> ast.AST | None:
        if name in helpers:
            return _syntax(helpers[name])
        return next(
            (item.node for item in graph.setup.statements if name in item.binds and item.is_definition), None
        )

    return changed_params(node.text.syntax, find)


@functools.lru_cache(maxsize=64)
def _syntax(source: str) -> ast.AST:
    """The syntax of a helper, which the members of a family share; not to be changed."""
    return statement(source)


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of a module's functions.

    Attributes:
        lines: by function, those with which it begins.
        imports: what they need.
    """

    lines: Mapping[str, tuple[str, ...]]
    imports: tuple[str, ...]

    def into(self, function: str, text: str) -> str:
        """The function's text with its copies."""
        lines = self.lines.get(function, ())
        return _begun(text, lines) if lines else text

    def into_shared(self, node: Node, text: str) -> str:
        """The shared function of a family, which this member calls, with the copies of its members."""
        lines = self.lines.get(node.function, ())
        call, shared = member_call(node), _syntax(node.helpers[0].text.source)
        if not lines or call is None or not isinstance(shared, Function):
            return text
        given = {
            item.id: arg.arg
            for arg, item in zip(shared.args.args, call.args, strict=False)
            if isinstance(item, ast.Name)
        }
        names = re.compile(r"(?<!\.)\b(" + "|".join(map(re.escape, given)) + r")\b(?!\.deepcopy)")
        return _begun(text, [names.sub(lambda found: given[found[0]], line) for line in lines])


def make_copies(graph: Graph, nodes: Iterable[Node], types: Mapping[str, str]) -> Copies:
    """The copies that functions begin with; those of a family are made where its members call, each its own.

    Args:
        types: of names, as far as they are known.
    """
    chosen = list(nodes)
    found = {node.function: tuple(_lines(graph, node, types)) for node in chosen}
    lines = {function: rows for function, rows in found.items() if rows}
    if not any("copy.deepcopy" in row for rows in lines.values() for row in rows):
        return Copies(lines, ())
    texts = [
        text.source for node in chosen for text in (node.text, *(item.text for item in node.helpers)) if text
    ]
    if not {"copy"} & {*graph.nodes, *graph.setup.names} and not any(_OTHER.search(text) for text in texts):
        return Copies(lines, ("import copy",))
    hidden = {
        function: tuple(row.replace("copy.deepcopy", "_copy.deepcopy") for row in rows)
        for function, rows in lines.items()
    }
    return Copies(hidden, ("import copy as _copy",))


_OTHER = re.compile(r"(?<!\.)\bcopy\b")


def _lines(graph: Graph, node: Node, types: Mapping[str, str]) -> Iterator[str]:
    for name, always in changed_inputs(graph, node).items():
        line = copy_of(name, types.get(name, ""), always)
        if line:
            yield line


_LINE = re.compile(r"^[ \t]+(\w+) = (?:\1\.(?:copy|clone)\(\)|_?copy\.deepcopy\(\1\))\n", re.MULTILINE)


def without_copies(text: str, kept: str) -> str:
    """Functions without the copies that an export may have written, those of the text `kept` excepted."""
    return _LINE.sub(lambda found: found[0] if found[0].strip() in kept else "", text)


def _begun(text: str, lines: Iterable[str]) -> str:
    """A function with these lines before its first statement, below the docstring."""
    function = statement(text)
    if not isinstance(function, Function):
        return text
    doc = ast.get_docstring(function, clean=False) is not None and len(function.body) > 1
    first = function.body[1 if doc else 0]
    rows = text.split("\n")
    row = rows[first.lineno - 1]
    before = row.encode()[: first.col_offset].decode()
    if before.strip():  # on the line of `def`, or behind the docstring
        rest = row[len(before) :]
        head = before.rstrip().removesuffix(";").rstrip()
        rows[first.lineno - 1 : first.lineno] = [head, *(f"    {line}" for line in lines), f"    {rest}"]
    else:
        rows[first.lineno - 1 : first.lineno - 1] = [f"{before}{line}" for line in lines]
    return "\n".join(rows)
