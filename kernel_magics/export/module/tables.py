"""A large family in a module: one function with its body, and a row instead of a function for each member."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.runtime import shipped_text
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.mapped import MappedSource, Signature, annotate
from kernel_magics.engine.source.rows import MAKER, Row, made_out, with_keywords
from kernel_magics.engine.source.tree import Function, defaults
from kernel_magics.export.module import member
from kernel_magics.export.module.dialect import Dialect
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.families import helper_signatures, member_call
from kernel_magics.export.module.hints import Hints

MOST: Final = 20
"""Maximum number of members that have a function each."""
_VALUE: Final = "_Value"
_VARIABLE: Final = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Tables:
    """The large families of a module.

    Attributes:
        rows: by function of a member, its row.
        shared: by name of a shared function, its text with hints, defaults, and keyword-only loop variables.
        first: by name of a shared function, the function of the first member.
        imports, code: what the rows need.
    """

    rows: Mapping[str, Row] = field(default_factory=dict)
    shared: Mapping[str, MappedSource] = field(default_factory=dict)
    first: Mapping[str, Node] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    code: str = ""

    def members(self, shared: str) -> list[str]:
        """The rows of one family."""
        return [row.text for row in self.rows.values() if row.family == shared]


def make_tables(
    exported: Exported, dialect: Dialect, hints: Hints, named: Mapping[str, str], taken: Collection[str]
) -> Tables:
    """The families that are written as tables.

    That is a family of more than `MOST` members, if the rows say all that functions would say: decorators,
    several outputs and `async` need functions.

    Args:
        named: constants of the module by the params whose defaults they are.
        taken: names that the module binds otherwise.
    """
    families: dict[str, list[Node]] = {}
    members = [node for node in dialect.nodes if node.family and node.kind == "value"]
    several = {node.cell_id for node in members if not node.helpers}
    for node in members:
        if node.cell_id not in several:
            families.setdefault(node.helpers[0].name, []).append(node)
    large = {name: nodes for name, nodes in families.items() if len(nodes) > MOST}
    if not large:
        return Tables()
    end = ""
    while {f"{MAKER}{end}", f"{_VALUE}{end}"} & {*taken}:
        end += "_"
    signatures = helper_signatures(dialect.nodes, hints)
    rows: dict[str, Row] = {}
    shared: dict[str, MappedSource] = {}
    for name, nodes in large.items():
        if any(node.is_async or dialect.above.get(node.function) for node in nodes):
            continue
        text = _shared_text(exported, nodes[0], signatures.get(name, Signature()), named)
        found = [_row(exported, node, hints, named, text.source) for node in nodes]
        if all(found):
            rows |= {row.name: replace(row, maker=f"{MAKER}{end}") for row in found if row}
            shared[name] = text
    if not rows:
        return Tables()
    imports, code = _shipped()
    code = code.replace(MAKER, f"{MAKER}{end}").replace(_VALUE, f"{_VALUE}{end}")
    return Tables(rows, shared, {name: large[name][0] for name in shared}, imports, code)


def _shared_text(
    exported: Exported, node: Node, signature: Signature, named: Mapping[str, str]
) -> MappedSource:
    """The shared function with hints, its members' defaults, and keyword-only loop variables."""
    helper, call = node.helpers[0], member_call(node)
    bound = [item.arg or "" for item in call.keywords] if call else []
    text = MappedSource(with_keywords(helper.text.source, bound), helper.text.lines)
    member = annotate(shipped_text(exported.graph, node), Signature(defaults=named)).syntax
    given = _defaults(member) if isinstance(member, Function) else {}
    names = _alias(helper.text.syntax, call)
    return annotate(
        text, replace(signature, defaults={old: given[new] for old, new in names.items() if new in given})
    )


def _defaults(function: Function) -> dict[str, str]:
    found = ((arg.arg, default) for arg, default in defaults(function.args))
    return {name: ast.unparse(default) for name, default in found if default is not None}


def _alias(shared: ast.stmt, call: ast.Call | None) -> dict[str, str]:
    """By parameter of the shared function, what a member gives it."""
    if not isinstance(shared, Function) or call is None:
        return {}
    given = [item.id if isinstance(item, ast.Name) else "" for item in call.args]
    return {arg.arg: name for arg, name in zip(shared.args.args, given, strict=False)}


def _row(exported: Exported, node: Node, hints: Hints, named: Mapping[str, str], shared: str) -> Row | None:
    """The row of a member, unless it says less than its function."""
    call = member_call(node)
    if call is None or node.function != node.name:
        return None
    names = _alias(node.helpers[0].text.syntax, call)
    if len(set(names.values())) < len(names):
        return None
    reads = {old: new for old, new in names.items() if old != new}
    values = {item.arg or "": ast.literal_eval(item.value) for item in call.keywords}
    if len(set(_VARIABLE.findall(node.family)) - values.keys()) > 1:
        return None  # an import could not tell from names what the body does not read
    row = Row(node.name, node.helpers[0].name, reads, values)
    signature = replace(hints.signature(node), defaults=named)
    function = annotate(shipped_text(exported.graph, node), signature).syntax
    return row if ast.dump(made_out(shared, row)) == ast.dump(function) else None


@functools.cache
def _shipped() -> tuple[tuple[str, ...], str]:
    """The imports and the code that make members."""
    head, code = Path(member.__file__).read_text(encoding="utf-8").split("# -- shipped from here on\n", 1)
    return tuple(ast.unparse(block.node) for block in blocks(head) if block.is_import), code
