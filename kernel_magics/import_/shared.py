"""Edits above the functions of a module: to imports, constants, helpers and the defaults of params."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kernel_magics.engine.cells.defs import Function
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.names import statement_names
from kernel_magics.export.module.constants import make_constants
from kernel_magics.import_.functions import functions_of
from kernel_magics.import_.given import constant_of
from kernel_magics.import_.split import statements_of


@dataclass(frozen=True, slots=True)
class Edit:
    """One statement that is another one in the module than an export would write.

    Attributes:
        names: what it binds.
        old: its text in an export now; "" for a new one.
        new: its text in the module; "" for one that is gone.
    """

    names: tuple[str, ...]
    old: str
    new: str


def top_edits(module: str, exported: str) -> Iterator[Edit]:
    """How the statements above the functions differ, imports name by name."""
    old = {_binds(text): text for text in statements_of(exported)}
    imported = {name for names, text in old.items() if _is_import(text) for name in names}
    seen: set[tuple[str, ...]] = set()
    for text in statements_of(module):
        names = _binds(text)
        seen.add(names)
        if _is_import(text):
            node: Any = ast.parse(text).body[0]
            new = [
                item for item in node.names if (item.asname or item.name).partition(".")[0] not in imported
            ]
            if new:
                node.names = new
                added = ast.unparse(node)
                yield Edit(_binds(added), "", added)
        elif old.get(names) != text:
            yield Edit(names, old.get(names, ""), text)
    for names, text in old.items():
        if names not in seen and not _is_import(text):
            yield Edit(names, text, "")


def _binds(statement: str) -> tuple[str, ...]:
    names = statement_names(ast.parse(statement).body[0]).binds
    return names or (statement,)


def _is_import(statement: str) -> bool:
    return isinstance(ast.parse(statement).body[0], ast.Import | ast.ImportFrom)


def default_edits(parts: Sequence[str], graph: Graph) -> dict[str, set[str]]:
    """The defaults that the functions of a module give to each param."""
    named = make_constants(graph, [node for node in graph if node.text is not None]).names
    params = {node.name for node in graph if node.kind == "param"} - named.keys()
    found: dict[str, set[str]] = {}
    for part in parts:
        for item in functions_of(part):
            for arg, default in item.params if item.is_public else ():
                if default is not None and arg.arg in params:
                    found.setdefault(arg.arg, set()).add(item.segment(default))
    return found


def param_constants(graph: Graph) -> dict[str, str]:
    """The params whose defaults are constants of the module, by the constant."""
    named = make_constants(graph, [node for node in graph if node.text is not None]).names
    return {constant: param for param, constant in named.items()} | {
        name: name for name in graph.deciding() if name in graph.nodes
    }


def with_default(body: str, name: str, value: str) -> str:
    """A %%params cell with another default."""
    for node in ast.parse(body).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if [ast.unparse(target) for target in targets] == [name] and isinstance(
            node, ast.Assign | ast.AnnAssign
        ):
            old = ast.get_source_segment(body, node.value) if node.value else None
            if old is not None and node.value is not None:
                rows = body.split("\n")
                first, last = node.value.lineno - 1, (node.value.end_lineno or 1) - 1
                head = rows[first].encode()[: node.value.col_offset].decode()
                tail = rows[last].encode()[node.value.end_col_offset or 0 :].decode()
                rows[first : last + 1] = [f"{head}{value}{tail}"]
                return "\n".join(rows)
    return body


def same_value(first: str, second: str) -> bool:
    """True for two sources of one expression."""
    return ast.dump(ast.parse(f"({first}\n)")) == ast.dump(ast.parse(f"({second}\n)"))


def with_statement(body: str, old: str, new: str) -> str:
    """A %%setup cell with another statement; the same body where the old one does not stand in it."""
    return body.replace(old, new, 1) if f"\n{old}\n" in f"\n{body}\n" else body


def with_added(body: str, new: Sequence[str]) -> str:
    """A %%setup cell with more statements: imports behind its imports, everything else at its end."""
    rows = body.rstrip("\n").split("\n") if body.strip() else []
    imports = [text for text in new if _is_import(text)]
    last = max(
        [
            node.end_lineno or 0
            for node in ast.parse(body).body
            if isinstance(node, ast.Import | ast.ImportFrom)
        ],
        default=0,
    )
    rows[last:last] = imports
    for text in new:
        if text not in imports:
            gap = ["", ""] if isinstance(ast.parse(text).body[0], Function | ast.ClassDef) and rows else []
            rows += [*gap, *text.split("\n")]
    return "\n".join(rows)


def constant_value(statement: str) -> str:
    """The value in `NAME: type = value`."""
    constant = constant_of(statement)
    return constant.default if constant else ""


def setup_texts(graph: Graph) -> Mapping[str, tuple[str, str]]:
    """By name: the id of the setup cell that binds it, and the statement's text there."""
    return {name: (item.cell_id, item.text) for item in graph.setup.statements for name in item.binds}
