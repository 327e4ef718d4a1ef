"""A large family in a module: one function with its body, and a row instead of a function for each member."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.runtime import shipped_text
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.mapped import MappedSource, Signature, annotate
from kernel_magics.engine.source.rows import MAKER, Row, made_out, output_doc, with_keywords
from kernel_magics.engine.source.tree import Function, defaults, statement
from kernel_magics.export.module import member
from kernel_magics.export.module.dialect import Dialect
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.families import helper_signatures, member_call
from kernel_magics.export.module.hints import Hints

MOST: Final = 20
"""Maximum number of members that have a function each."""
_WIDTH: Final = 40
"""Most characters of a row's decorators."""
_VALUE: Final = "_Value"
_VARIABLE: Final = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Tables:
    """The large families of a module.

    Attributes:
        functions: those of members that have a row.
        families: by name of a shared function, the family.
        imports, code: what the rows need.
        maker: the function that makes members.
    """

    functions: Collection[str] = ()
    families: Mapping[str, Table] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    code: str = ""
    maker: str = MAKER


@dataclass(frozen=True, slots=True)
class Table:
    """A large family.

    Attributes:
        shared: the shared function with hints, defaults, and keyword-only loop variables.
        pickers: of a family with several outputs, functions that pick them from what the shared one returns.
        rows: of its members.
    """

    shared: MappedSource
    pickers: Sequence[str]
    rows: Sequence[Row]

    def text(self, maker: str) -> str:
        """The text below the shared function."""
        rows = [replace(row, maker=maker).text for row in self.rows]
        return "\n\n\n".join([*self.pickers, "\n".join(rows)]) + "\n\n"


def make_tables(
    exported: Exported, dialect: Dialect, hints: Hints, named: Mapping[str, str], taken: Collection[str]
) -> Tables:
    """The families that are written as tables.

    That is a family of more than `MOST` members, if the rows say all that functions would say.

    Args:
        named: constants of the module by the params whose defaults they are.
        taken: names that the module binds otherwise.
    """
    families: dict[str, list[Node]] = {}
    parts: dict[tuple[str, str], list[Node]] = {}
    for node in (node for node in dialect.nodes if node.family and node.kind == "value"):
        if node.helpers:
            families.setdefault(node.helpers[0].name, []).append(node)
        else:
            parts.setdefault((node.cell_id, node.input_names[0] if node.input_names else ""), []).append(node)
    large = {name: nodes for name, nodes in families.items() if len(nodes) > MOST}
    if not large:
        return Tables()
    signatures = helper_signatures(dialect.nodes, hints)
    known, found = {*taken, *families}, dict[str, Table]()
    functions: set[str] = set()
    for name, nodes in large.items():
        whole = [[node, *parts.get((node.cell_id, node.name), ())] for node in nodes]
        text = _shared_text(exported, nodes[0], signatures.get(name, Signature()), named)
        pickers = _pickers(exported, hints, whole[0], known)
        made = [_with_parts(exported, hints, dialect, named, text.source, pickers, each) for each in whole]
        rows = [row for each in made for row in each]
        if all(made):
            found[name] = Table(text, list(pickers.values()), rows)
            functions |= {row.name for row in rows}
            known |= {*pickers}
    if not found:
        return Tables()
    end = ""
    while {f"{MAKER}{end}", f"{_VALUE}{end}"} & {*taken}:
        end += "_"
    imports, code = _shipped()
    code = code.replace(MAKER, f"{MAKER}{end}").replace(_VALUE, f"{_VALUE}{end}")
    return Tables(functions, found, imports, code, f"{MAKER}{end}")


def _with_parts(
    exported: Exported,
    hints: Hints,
    dialect: Dialect,
    named: Mapping[str, str],
    shared: str,
    pickers: Mapping[str, str],
    nodes: Sequence[Node],
) -> list[Row]:
    """The rows of a member and of its outputs; none unless they say all that functions would say."""
    member, *parts = nodes
    if len(parts) != len(pickers):
        return []
    rows = [_row(exported, member, hints, named, shared)]
    for (name, text), part in zip(pickers.items(), parts, strict=True):
        whole = next(arg.arg for arg, _ in defaults(_function(text).args))
        row = Row(part.function, name, {whole: part.input_names[0]}, {})
        made = made_out(text, row, {member.name: member.doc})
        rows.append(row if _is(exported, part, hints, named, made) else None)
    above = [_decorators(dialect.above.get(node.function, "")) for node in nodes]
    done = [
        replace(row, decorators=tuple(lines))
        for row, lines in zip(rows, above, strict=True)
        if row is not None and lines is not None
    ]
    return done if len(done) == len(rows) else []


def _decorators(above: str) -> list[str] | None:
    """The decorators in the lines above a function; None if there are others, or too many for a row."""
    found = [ast.unparse(decorator) for decorator in _function(f"{above}def f(): ...").decorator_list]
    return found if "#" not in above and len("".join(found)) <= _WIDTH else None


def _function(text: str) -> Function:
    function = statement(text)
    assert isinstance(function, Function)
    return function


def _pickers(
    exported: Exported, hints: Hints, nodes: Sequence[Node], taken: Collection[str]
) -> dict[str, str]:
    """The text by name of the functions that pick the outputs of a computation with several.

    Args:
        nodes: a member, and its outputs.
    """
    member, *parts = nodes
    suffix = member.function.removeprefix(member.name)
    whole = member.helpers[0].name.removesuffix(suffix).lstrip("_")
    found: dict[str, str] = {}
    for part in parts:
        function = _function(annotate(shipped_text(exported.graph, part), hints.signature(part)).source)
        returned = function.body[-1]
        if not isinstance(returned, ast.Return) or not isinstance(returned.value, ast.Subscript):
            return {}
        key = ast.literal_eval(returned.value.slice)
        if ast.get_docstring(function) == output_doc(part.name, member.name, member.doc):
            del function.body[0]
        function.name = f"_{key}{suffix}"
        while function.name in {*taken, *found}:
            function.name += "_"
        function.args.args[0].arg = whole
        returned.value.value = ast.Name(whole)
        found[function.name] = ast.unparse(function)
    return found


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
    if call is None:
        return None
    names = _alias(node.helpers[0].text.syntax, call)
    if len(set(names.values())) < len(names):
        return None
    reads = {old: new for old, new in names.items() if old != new}
    values = {item.arg or "": ast.literal_eval(item.value) for item in call.keywords}
    if len(set(_VARIABLE.findall(node.family)) - values.keys()) > 1:
        return None  # an import could not tell from names what the body does not read
    row = Row(node.function, node.helpers[0].name, reads, values)
    return row if _is(exported, node, hints, named, made_out(shared, row)) else None


def _is(exported: Exported, node: Node, hints: Hints, named: Mapping[str, str], made: ast.stmt) -> bool:
    """Whether this is the function that the module would have without a table."""
    signature = replace(hints.signature(node), defaults=named)
    return ast.dump(made) == ast.dump(annotate(shipped_text(exported.graph, node), signature).syntax)


@functools.cache
def _shipped() -> tuple[tuple[str, ...], str]:
    """The imports and the code that make members."""
    head, code = Path(member.__file__).read_text(encoding="utf-8").split("# -- shipped from here on\n", 1)
    return tuple(ast.unparse(block.node) for block in blocks(head) if block.is_import), code
