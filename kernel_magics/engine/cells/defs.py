"""Cells of `def`s: each public function is a node, private ones are helpers of the cell."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType

from kernel_magics.engine.cells.conditions import shorthand_checks
from kernel_magics.engine.cells.decorated import Piece, expanded
from kernel_magics.engine.cells.definition import Code, Definition, Param
from kernel_magics.engine.cells.modifiers import roots
from kernel_magics.engine.cells.options import Options
from kernel_magics.engine.cells.spread import hint_names
from kernel_magics.engine.errors import CellError
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.mapped import MappedSource, docstring, generated, rows_of, text_of
from kernel_magics.engine.source.references import definition_reads
from kernel_magics.engine.source.syntax import check_name, not_allowed
from kernel_magics.engine.source.tree import Function, defaults


def decorator_names(tree: ast.Module) -> tuple[str, ...]:
    """The names with which decorators of functions begin, and types of Apache Hamilton's blocks."""
    functions = [node for node in tree.body if isinstance(node, Function)]
    found = [roots(node) for node in functions if node.decorator_list]
    found += [hint_names(node) for node in functions]
    return tuple(sorted(set().union(*found))) if found else ()


def def_definitions(
    cell: CellSource, tree: ast.Module, options: Options, modifiers: Mapping[str, str] = MappingProxyType({})
) -> tuple[tuple[Definition, ...], tuple[Code, ...]]:
    """The public and the private functions of a `%%node` cell without a name on its line.

    Args:
        modifiers: names that stand for decorators of Apache Hamilton; see `decorated.py`.
    """
    if options.when or options.uses or options.families != ({},):
        raise CellError(
            "DB104",
            ("%%node", cell.ref.on(), ": --for, --uses and --when need a name on the line."),
            hint="write `%%node NAME --when …` and a bare body.",
        )
    definitions: list[Definition] = []
    helpers: list[Code] = []
    seen: dict[str, int] = {}
    checks: list[Definition] = []
    for piece in expanded(cell, blocks(cell.placed, tree.body), modifiers):
        statement = piece.block.node
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # a string or `...` between functions
        if not isinstance(statement, Function):
            raise _refused(cell, statement)
        name, line = piece.name, piece.line(statement.lineno)
        if name in seen:
            raise CellError(
                "DB201",
                (
                    f"'{name}' is defined twice",
                    cell.ref.on(),
                    f", on lines {seen[name]} and {line}.",
                ),
                hint="rename one, or delete one.",
                names=[name],
                line=line,
            )
        seen[name] = line
        if name.startswith("_"):
            helpers.append(_code(piece, statement, helper=True))
            continue
        check_name(cell, statement.name, line)
        definitions.append(_definition(cell, piece, statement, options))
        checks += piece.checks(definitions[-1])
    if not definitions:
        raise CellError(
            "DB105",
            (cell.ref.subject(), " defines no node."),
            hint="write a `def` whose name is the output, or `%%node NAME` above a bare body.",
        )
    checks.sort(key=lambda check: check.severity == "warn")  # as options of the magic's line have them
    return (*definitions, *checks, *shorthand_checks(cell, definitions, options)), tuple(helpers)


def params_of(function: Function) -> tuple[Param, ...]:
    """The parameters of a `def`, in order, without `*args` and `**kwargs`."""
    return tuple(
        Param(
            arg.arg,
            default is not None,
            arg in function.args.kwonlyargs,
            ast.unparse(arg.annotation) if arg.annotation else "",
            ast.unparse(default) if default is not None else "",
        )
        for arg, default in defaults(function.args)
    )


def _definition(cell: CellSource, piece: Piece, function: Function, options: Options) -> Definition:
    spec = function.args
    star = spec.vararg or spec.kwarg
    stars = "*" if spec.vararg else "**"
    if star is not None:
        raise CellError(
            "DB107",
            (
                f"'{function.name}' takes '{stars}{star.arg}'",
                cell.ref.on(piece.line(star.lineno)),
                ": a node's parameters are the names of its inputs.",
            ),
            hint="name every input as a parameter of its own.",
            names=[function.name, star.arg],
        )
    if spec.posonlyargs:
        last = spec.posonlyargs[-1]
        raise CellError(
            "DB107",
            (
                f"'{function.name}' takes '{last.arg}' by position only",
                cell.ref.on(piece.line(last.lineno)),
                ": a node gets its inputs by name.",
            ),
            hint="delete the '/'.",
            names=[function.name, last.arg],
        )
    for arg in spec.args + spec.kwonlyargs:
        check_name(cell, arg.arg, piece.line(arg.lineno), "input")
    return Definition(
        name=function.name,
        kind="value",
        line=piece.line(function.lineno),
        code=_code(piece, function),
        doc=ast.get_docstring(function) or _comment(piece.block),
        hint=ast.unparse(function.returns) if function.returns else "",
        tags={**piece.tags, **options.tags},
        when=piece.when,
        cache=options.cache or piece.cache,
        lazy=options.lazy or piece.lazy,
        fitted=options.fitted,
        future=options.future,
    )


def _code(piece: Piece, function: Function, helper: bool = False) -> Code:
    block = piece.block
    documented = None if helper else _documented(function, block, rows_of(block.source))
    return Code(
        name=piece.name,
        text=piece.placed(documented or text_of(block.text, block.start)),
        bare=False,
        params=params_of(function),
        reads=definition_reads(function),
        is_async=isinstance(function, ast.AsyncFunctionDef),
    )


def _documented(function: Function, block: Block, rows: list[str]) -> MappedSource | None:
    """The function with the comment above it as its docstring; None if that is not possible."""
    comment = _comment(block)
    start = function.body[0].lineno
    header = rows[start - 1][: function.body[0].col_offset]
    if not comment or ast.get_docstring(function) is not None or header.strip():
        return None
    while start - 1 > function.lineno and rows[start - 2].lstrip().startswith("#"):
        start -= 1
    above = text_of("\n".join(rows[block.first - 1 : start - 1]), block.first)
    below = text_of("\n".join(rows[start - 1 : block.last]), start)
    return above + generated(header + docstring(comment), start) + below


def _comment(block: Block) -> str:
    """The text of the comment above a function, without `#`."""
    return "\n".join(row.lstrip("#").strip() for row in block.comments)


def _refused(cell: CellSource, statement: ast.stmt) -> CellError:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return not_allowed(
            cell, statement, "an import does not belong to a node", "move it to a %%setup cell."
        )
    if isinstance(statement, ast.ClassDef):
        return not_allowed(
            cell,
            statement,
            f"class '{statement.name}' is no node",
            "move it to a %%setup cell.",
            [statement.name],
        )
    return not_allowed(
        cell,
        statement,
        "a %%node cell without a name holds functions only",
        "write `%%node NAME` above a bare body, or move constants to %%setup.",
    )
