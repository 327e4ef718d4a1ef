"""Parsing converts a cell to definitions: the code of each cell becomes functions here, once."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from kernel_magics.engine.cells.bodies import body_definitions
from kernel_magics.engine.cells.conditions import Entry, check_definition, never_true_or_false
from kernel_magics.engine.cells.definition import Cell, Code, Definition
from kernel_magics.engine.cells.defs import decorator_names, def_definitions
from kernel_magics.engine.cells.injection import injection
from kernel_magics.engine.cells.options import Constants, parse_options
from kernel_magics.engine.cells.statements import read_statements
from kernel_magics.engine.errors import CellError, too_much
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.changes import changes
from kernel_magics.engine.source.mapped import indent, text_of, tokens
from kernel_magics.engine.source.references import read_names
from kernel_magics.engine.source.select import as_python
from kernel_magics.engine.source.syntax import check_name, not_allowed, parse_python


def parse_cell(
    cell: CellSource,
    constants: Constants = MappingProxyType({}),
    modifiers: Mapping[str, str] = MappingProxyType({}),
) -> Cell:
    """Parse one cell, without regard to other cells.

    Args:
        constants: values of names of the setup, for families over them; a family over other names has no
            definitions yet.
        modifiers: names that stand for decorators of Apache Hamilton, with what they mean there.

    Raises:
        CellError: the cell cannot become nodes; the message gives the line and what to write instead.
    """
    try:
        return _parsed(cell, constants, modifiers)
    except (RecursionError, MemoryError) as error:
        raise too_much(error, cell.ref.subject()) from None


def _parsed(cell: CellSource, constants: Constants, modifiers: Mapping[str, str]) -> Cell:
    if cell.code:
        raise CellError(
            "DB114",
            (cell.ref.subject(cell.code), f" is code above %%{cell.magic}, which begins a cell."),
            hint="put that code into a cell of its own; comments may stand above a magic.",
            line=cell.code,
        )
    options = parse_options(cell, constants)
    parsed = Cell(
        cell.id,
        cell.label,
        cell.magic,
        cell.body,
        cell.line,
        cell.group,
        first=cell.first,
        given=options.given,
    )
    if options.constants:
        filled = {name: tuple(constants[name]) for name in options.constants if name in constants}
        parsed = replace(parsed, constants=options.constants, filled=filled)
    if options.sql:
        cell = as_python(cell)
    tree = parse_python(cell)
    if cell.magic in ("setup", "inputs", "params"):
        _refuse_await(cell, tree)
    if cell.magic == "setup":
        statements = read_statements(cell.id, cell.label, cell.placed, tree.body)
        return replace(parsed, statements=statements)
    if cell.magic in ("inputs", "params"):
        return _injected(replace(parsed, definitions=tuple(_values(cell, tree))), cell.injected)
    if cell.magic == "check":
        check = _check(cell, tree, options.names[0], options.warn)
        return replace(parsed, definitions=(check,), subject=options.names[0])
    if cell.magic == "test":
        return replace(parsed, test=_test(cell, tree), subject=options.names[0])
    if options.names:
        definitions, helpers = body_definitions(cell, tree, options)
    else:
        decorated = decorator_names(tree)
        if decorated:
            parsed = replace(parsed, decorated=decorated, modifiers=dict(modifiers))
        definitions, helpers = def_definitions(cell, tree, options, modifiers)
    codes = [*(item.code for item in definitions if item.code is not None), *helpers]
    reads = {read for code in codes for read in code.reads}
    changed = tuple((line, name) for line, name in changes(tree.body) if name in reads)
    return replace(parsed, definitions=definitions, helpers=helpers, changes=changed)


def comments(source: str) -> dict[int, str]:
    """The comment on each line, without its `#`."""
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens(source)
        if token.type == tokenize.COMMENT
    }


def _refuse_await(cell: CellSource, tree: ast.Module) -> None:
    for statement in tree.body:
        if read_names([statement]).awaits:
            what = f"%%{cell.magic} cannot await"
            raise not_allowed(cell, statement, what, "await in a node, or inside an `async def`.")


def _values(cell: CellSource, tree: ast.Module) -> list[Definition]:
    role = cell.magic[:-1]
    kind: str = role
    notes = comments(cell.placed)
    whole = read_names(tree.body)
    found: dict[str, Definition] = {}
    for statement in tree.body:
        names, reads = read_names([statement]), whole.reads
        if cell.magic == "params":
            _expect_assignment(cell, statement)
            reads = names.reads
            _refuse_sibling(cell, statement, reads, whole.binds)
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
            continue
        for name in names.binds:
            if name.startswith("_"):
                continue
            check_name(cell, name, statement.lineno, role)
            hint, value = _declared(cell, statement)
            doc = notes.get(statement.end_lineno or statement.lineno, "")
            old = found.get(name)
            found[name] = Definition(
                name=name,
                kind="input" if kind == "input" else "param",
                line=statement.lineno,
                hint=hint or (old.hint if old else ""),
                value=value,
                reads=reads,
                doc=doc or (old.doc if old else ""),
            )
    if not found:
        raise CellError(
            "DB105",
            (cell.ref.subject(), f" declares no {role}."),
            hint=f"write lines such as `name: type = {'sample' if role == 'input' else 'default'}`.",
        )
    return list(found.values())


def _injected(cell: Cell, values: Mapping[str, str]) -> Cell:
    """A params cell whose params take these values in place of their defaults, which an export keeps."""
    given = {
        item.name: injection(values[item.name], item.hint, item.value)
        for item in cell.definitions
        if item.kind == "param" and item.name in values
    }
    return replace(cell, injected=given) if given else cell


def _expect_assignment(cell: CellSource, statement: ast.stmt) -> None:
    simple = (
        isinstance(statement, ast.Assign) and all(isinstance(t, ast.Name) for t in statement.targets)
    ) or (
        isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and statement.value is not None
    )
    docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    if not simple and not docstring:
        raise not_allowed(
            cell,
            statement,
            "a params cell holds `name: type = default` lines",
            "put other code into %%setup.",
        )


def _refuse_sibling(
    cell: CellSource, statement: ast.stmt, reads: Collection[str], bound: Collection[str]
) -> None:
    """Refuse a default that reads another name of its cell: as a parameter's default it could not."""
    sibling = next((name for name in reads if name in bound), None)
    if sibling is not None:
        what = f"this default depends on '{sibling}', which is a param, too"
        hint = "write the value, put what they share into %%setup, or compute it in a node."
        raise not_allowed(cell, statement, what, hint, [sibling])


def _declared(cell: CellSource, statement: ast.stmt) -> tuple[str, str]:
    """Source of the annotation and of the value of `name: type = value`."""
    if isinstance(statement, ast.AnnAssign):
        value = ast.get_source_segment(cell.placed, statement.value) if statement.value else ""
        return ast.get_source_segment(cell.placed, statement.annotation) or "", value or ""
    if isinstance(statement, ast.Assign) and all(isinstance(t, ast.Name) for t in statement.targets):
        return "", ast.get_source_segment(cell.placed, statement.value) or ""
    return "", ""


def _check(cell: CellSource, tree: ast.Module, subject: str, warn: bool) -> Definition:
    """The check of a `%%check` cell; the comment after an expression is its message."""
    check_name(cell, subject, 0, "node")
    notes = comments(cell.placed)
    entries: list[Entry] = []
    wrong: list[tuple[ast.stmt, str, str]] = []
    doc = ""
    for statement in tree.body:
        if not isinstance(statement, ast.Expr):
            raise not_allowed(
                cell,
                statement,
                "a check cell holds expressions only",
                "compute it in a node, and check that.",
            )
        names = read_names([statement])
        if names.binds or names.awaits:
            what = f"a condition cannot {'await' if names.awaits else 'assign a name'}"
            raise not_allowed(cell, statement, what, "compute it in a node, and check that.")
        if isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str):
            doc = statement.value.value.strip()
            continue
        condition = ast.get_source_segment(cell.placed, statement.value) or ""
        what, hint = never_true_or_false(statement.value, cell.placed)
        if what:
            wrong.append((statement, what, hint))
            continue
        last = statement.end_lineno or statement.lineno
        message = notes.get(last, "") or " ".join(condition.split())
        entries.append(Entry(message, condition, statement.lineno, last))
    if wrong:
        first, what, hint = wrong[0]
        more = "".join(f"; line {other.lineno}: {reason}" for other, reason, _ in wrong[1:])
        raise not_allowed(cell, first, f"this is no condition: {what}{more}", hint)
    if not entries:
        raise CellError(
            "DB105",
            (cell.ref.subject(), " holds no condition."),
            hint=f"write an expression about {subject}, such as `{subject} is not None`.",
        )
    return check_definition(subject, entries, "warn" if warn else "fail", doc)


def _test(cell: CellSource, tree: ast.Module) -> Code:
    if not tree.body:
        raise CellError(
            "DB105",
            (cell.ref.subject(), " holds no test."),
            hint="write plain code with `assert`.",
        )
    names = read_names(tree.body)
    body = indent(text_of(cell.body.rstrip(), cell.first))
    return Code("test", body, True, (), names.reads, names.awaits)
