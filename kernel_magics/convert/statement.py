"""A statement is one top-level statement of an ordinary code cell, with what it reads, binds and changes."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from kernel_magics.convert.changing import assigned_globals, changed_names, lost_change
from kernel_magics.convert.ipython import MAGIC, Masked, captured_name, masked, measured
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.cell import is_ours, read_cell
from kernel_magics.engine.source.references import body_names, read_names
from kernel_magics.engine.source.tree import lines_of


@dataclass(frozen=True)
class Seen:
    """What a statement did when it ran.

    Attributes:
        changes: names whose values it changed in place.
        types: names of the types of what it read.
        binds: names that it bound, where its text does not show them.
        drew: it drew random numbers.
        failed: it failed, or its cell did above it.
        skipped: names that only those of its branches bind which did not run.
        displayed: the variable whose object its cell displayed; "" for another value, None for none.
        unrun: it did not run, as its cell failed above it.
    """

    changes: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    binds: tuple[str, ...] = ()
    drew: bool = False
    failed: bool = False
    skipped: tuple[str, ...] = ()
    displayed: str | None = None
    unrun: bool = False


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        number: place among all statements of the notebook.
        cell: place of its cell in the notebook.
        text: its source with the comments above it.
        tree: its syntax; None for IPython's own syntax, and for cells that are not Python.
        reads: names that it looks up outside itself, at once or in functions that it defines.
        binds: names that it binds.
        changes: names whose values it changes in place.
        keeps: names that it binds on some paths only, so that the previous value may remain.
        ours: the magic of a cell that is part of a dataflow already.
        problem: why it cannot be converted.
        spaced: an empty line is above it.
        types: names of the types of what it reads, if known from a run.
        drew: it drew random numbers when it ran.
        lost: the name of a frame that its text seems to change, where pandas changes a copy.
        wrapper: the line of a magic that captures what its cell shows.
        skipped: names that it binds in branches which did not run, so that they have no value.
        displayed: the variable whose object it displayed at the end of its cell, as `model.fit(X, y)`
            does; "" for another value, None for none.
        by_text: names that it reads because they stand in texts which it evaluates; they must stay so.
    """

    number: int
    cell: int
    text: str
    tree: ast.stmt | None
    reads: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    ours: str = ""
    problem: str = ""
    spaced: bool = False
    types: Mapping[str, str] = field(default_factory=dict)
    drew: bool = False
    lost: str = ""
    wrapper: str = ""
    skipped: tuple[str, ...] = ()
    displayed: str | None = None
    by_text: tuple[str, ...] = ()

    @property
    def compound(self) -> bool:
        """True when it contains other statements, which may run several times or not at all."""
        return isinstance(
            self.tree,
            ast.For | ast.AsyncFor | ast.While | ast.If | ast.With | ast.AsyncWith | ast.Try | ast.Match,
        )


@dataclass(frozen=True)
class Reading:
    """The statements of a cell.

    Attributes:
        dropped: a magic that measures the cell, without its options.
    """

    statements: tuple[Statement, ...]
    dropped: str = ""


def read_statements(
    source: str, cell: int, first: int, seen: Mapping[int, Seen], elsewhere: str = ""
) -> Reading:
    """The statements of a code cell, numbered from `first`.

    Args:
        seen: what statements did when they ran, by number.
        elsewhere: the text of the other cells.
    """
    if is_ours(source):
        return Reading((_ours(source, cell, first),))
    plain = masked(source)
    if plain.wrapper and any(re.search(rf"\b{word}\b", elsewhere) for word in captured_name(plain.wrapper)):
        plain = Masked(source)  # the name that it binds is read
    try:
        tree = ast.parse(plain.text)
        compile(tree, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        problem = "an IPython cell magic" if source.lstrip().startswith("%%") else "not Python"
        binds = seen.get(first, Seen()).binds
        opaque = Statement(first, cell, source, None, _measured_reads(source), binds, problem=problem)
        return Reading((opaque,)) if source.strip() else Reading(())
    found = []
    for number, (text, node) in enumerate(_split(plain.text, tree.body), start=first):
        magic = _magic(node)
        if magic is not None:
            line, binds = plain.lines[magic]
            reads = _measured_reads(line)
            binds = tuple(dict.fromkeys([*binds, *seen.get(number, Seen()).binds]))
            found.append(Statement(number, cell, line, None, reads, binds, problem="IPython syntax"))
            continue
        spaced = text.startswith("\n")
        found.append(_statement(number, cell, _trimmed(text), node, seen.get(number, Seen()), spaced))
    return Reading(tuple(replace(item, wrapper=plain.wrapper) for item in found), plain.dropped)


def is_star(node: ast.AST | None) -> bool:
    """True for `from math import *`."""
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def spelled_out(statement: Statement, seen: Seen, used: Collection[str]) -> Statement:
    """A star import with the names that the notebook uses of it, as far as a run told them."""
    names = sorted({*seen.binds} & {*used})
    if not is_star(statement.tree) or not seen.binds:
        return statement
    assert isinstance(statement.tree, ast.ImportFrom)
    tree = ast.copy_location(
        ast.ImportFrom(statement.tree.module, [ast.alias(name) for name in names], statement.tree.level),
        statement.tree,
    )
    text = ast.unparse(tree) if names else f"import {statement.tree.module}"
    return replace(statement, text=text, tree=ast.parse(text).body[0], binds=tuple(names))


def _statement(number: int, cell: int, text: str, node: ast.stmt, seen: Seen, spaced: bool) -> Statement:
    names = read_names([node])
    lost = lost_change(node)
    lost = lost if seen.types.get(lost) in ("DataFrame", "Series") and lost not in seen.changes else ""
    changes = dict.fromkeys([*(name for name in changed_names(node) if name != lost), *seen.changes])
    bound = [name for name in names.binds if name in names.definitely_assigned]
    keeps: tuple[str, ...] = ()
    if any(isinstance(part, ast.If | ast.Try) for part in ast.walk(node)):
        keeps = tuple(name for name in names.binds if name not in bound)
    reads = names.reads
    # in `n = (lambda: n)()` the lambda reads the old version
    if isinstance(node, ast.Assign | ast.AnnAssign):
        reads = tuple(names.looked_up)
    later = assigned_globals(node)  # when the function is called
    binds = tuple(name for name in names.binds if name not in later or name == getattr(node, "name", ""))
    keeps = tuple(name for name in keeps if name not in seen.skipped)
    if seen.failed and isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        binds, keeps = (), ()  # its names mean what they meant before
    if seen.unrun:
        changes = {}
    known = reads, binds, tuple(changes), keeps
    return Statement(
        *(number, cell, text, node, *known),
        spaced=spaced,
        types=seen.types,
        drew=seen.drew,
        lost=lost,
        skipped=seen.skipped,
        displayed=seen.displayed,
    )


def _ours(source: str, cell: int, number: int) -> Statement:
    """The statement for a cell that is part of a dataflow already."""
    read = read_cell(source, f"cell{cell}", f"[{cell}]")
    binds: tuple[str, ...] = ()
    if read is not None:
        try:
            parsed = parse_cell(read)
            binds = tuple(item.name for item in parsed.definitions if item.kind != "check")
            if read.magic == "setup":
                binds = body_names(read.body).binds
        except DataflowError:
            pass
    return Statement(number, cell, source, None, binds=binds, ours=read.magic if read else "")


def _measured_reads(text: str) -> tuple[str, ...]:
    """What the code of `%timeit` reads; a measurement binds nothing."""
    found = measured(text)
    return body_names(found[1]).reads if found else ()


def _magic(node: ast.stmt) -> int | None:
    """The number of the masked line that a statement replaces."""
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == MAGIC:
        number = call.args[0]
        return int(number.value) if isinstance(number, ast.Constant) else None  # type: ignore[arg-type]
    return None


def _split(source: str, body: list[ast.stmt]) -> list[tuple[str, ast.stmt]]:
    """Each statement with its text: the lines from the end of the previous one, comments included."""
    found = [("\n".join([*block.gap, block.code]), block.node) for block in blocks(source, body)]
    rest = source.split("\n")[lines_of(body[-1])[1] :] if body else []
    if any(row.strip() for row in rest):
        found[-1] = ("\n".join([found[-1][0], *rest]), body[-1])
    return found


def _trimmed(text: str) -> str:
    """The text without empty lines around it."""
    rows = text.rstrip().split("\n")
    while rows and not rows[0].strip():
        rows.pop(0)
    return "\n".join(rows)
