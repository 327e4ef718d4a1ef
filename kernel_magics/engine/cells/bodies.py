"""Bare bodies: code under `%%node NAME` becomes a function whose parameters are its free names."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from kernel_magics.engine.cells.conditions import shorthand_checks
from kernel_magics.engine.cells.definition import Code, Definition, Member
from kernel_magics.engine.cells.family import member_name
from kernel_magics.engine.cells.options import Options
from kernel_magics.engine.cells.outputs import accessor, joint, output_notes, suffix
from kernel_magics.engine.cells.returns import no_value, return_many, return_one
from kernel_magics.engine.errors import CellError, quoted
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.hazards import function_hazards, rebound
from kernel_magics.engine.source.mapped import MappedSource, docstring, generated, indent, text_of
from kernel_magics.engine.source.references import Names, read_names
from kernel_magics.engine.source.syntax import check_name


@dataclass(frozen=True, slots=True)
class _Body:
    """The parts of a bare body: its indented text ending in `return`, docstring, declared type and output
    notes."""

    text: MappedSource
    names: Names
    doc: str
    hint: str
    line: int
    notes: Mapping[str, str]


def body_definitions(
    cell: CellSource, tree: ast.Module, options: Options
) -> tuple[tuple[Definition, ...], tuple[Code, ...]]:
    """Convert `%%node NAME` or `%%node A, B`, with its families and variants, to definitions.

    Raises:
        CellError: DB103 to DB111; the message gives the line and what to write instead.
    """
    names = read_names(tree.body)
    _refuse_hazards(cell, tree, names)
    templates = options.names
    plain = [_plain(name) for name in templates]
    for name in plain:
        check_name(cell, name, 0)
    for option, otherwise in (("--uses", ", or read the node under its own name"), ("--where", "")):
        if option in options.given and "--for" not in options.given:
            raise CellError(
                "DB110",
                (option, cell.ref.on(), " stands without --for."),
                hint=f"add `--for k=1,7,28`{otherwise}.",
            )
    body = _read_body(cell, tree, plain, names)
    definitions: list[Definition] = []
    for bindings in options.families:
        filled = [_fill(cell, template, bindings) for template in templates]
        definitions += _member(cell, body, filled, plain, bindings, options)
    _refuse_repeats(cell, definitions, options)
    return tuple(definitions), ()


def _refuse_hazards(cell: CellSource, tree: ast.Module, names: Names) -> None:
    for hazard in function_hazards(cell.placed, tree.body, names):
        said = (cell.ref.head(hazard.line), f"{hazard.what}.")
        raise CellError("DB111", said, hint=hazard.hint, names=hazard.pieces)


def _member(
    cell: CellSource,
    body: _Body,
    names: list[str],
    plain: list[str],
    bindings: Mapping[str, object],
    options: Options,
) -> list[Definition]:
    """The definitions of one member of the family, or of the whole cell if it has no `--for`."""
    name = joint(names)
    function = name + suffix(options.when)
    shared = f"_{joint(plain)}{suffix(options.when)}" if bindings else function
    code = Code(shared, body.text, True, (), body.names.reads, body.names.awaits, tuple(rebound(body.names)))
    renames = {alias: _fill(cell, template, bindings) for alias, template in options.uses.items()}
    first = Definition(
        name=name,
        kind="value",
        line=body.line,
        code=code,
        member=Member(bindings, renames) if bindings else None,
        doc=_fill_text(body.doc, bindings),
        hint=body.hint if len(names) == 1 else "",
        tags={key: _fill_text(value, bindings) for key, value in options.tags.items()},
        when=options.when,
        cache=options.cache,
        lazy=options.lazy,
        fitted=options.fitted,
        future=options.future,
        family=joint(options.names) if bindings else "",
    )
    outputs = [first]
    if len(names) > 1:
        outputs = [
            replace(accessor(name, key, first, body.notes), family=template if bindings else "")
            for name, key, template in zip(names, plain, options.names, strict=True)
        ]
    checks = shorthand_checks(cell, outputs, options, bindings)
    return [*([first] if len(names) > 1 else []), *outputs, *checks]


def _read_body(cell: CellSource, tree: ast.Module, plain: list[str], names: Names) -> _Body:
    if not tree.body:
        raise no_value(cell, plain, "is empty")
    rows = _end(tree, cell.placed)
    doc, first, statements = _doc(cell, tree)
    hint = ""
    if len(plain) == 1:
        hint = return_one(cell, statements, plain[0], names, rows)
    else:
        return_many(cell, plain, names, rows)
    text = text_of("\n".join(rows[first - 1 :]), first)
    text = MappedSource(text.source, tuple(min(line, len(cell.placed.split("\n"))) for line in text.lines))
    if doc:
        text = generated(docstring(doc), statements[0].lineno) + text
    notes = output_notes(cell.placed, statements) if len(plain) > 1 else {}
    return _Body(indent(text), names, doc, hint, statements[0].lineno, notes)


def _end(tree: ast.Module, body: str) -> list[str]:
    """The lines of the body without trailing empty lines and without a backslash at the very end."""
    rows = body.rstrip().split("\n")
    if len(rows) == tree.body[-1].end_lineno and rows[-1].endswith("\\"):
        rows[-1] = rows[-1][:-1].rstrip()
    return rows


def _doc(cell: CellSource, tree: ast.Module) -> tuple[str, int, list[ast.stmt]]:
    """The leading string or comment, the first line below it, and the statements below it."""
    statements = tree.body
    if _is_string(statements[0]) and len(statements) > 1:
        value = statements[0].value.value  # type: ignore[attr-defined]
        last = statements[0].end_lineno or statements[0].lineno
        if statements[1].lineno > last:
            return str(_clean(value)), last + 1, statements[1:]
    rows = cell.placed.split("\n")
    notes: list[str] = []
    number = 0
    while number < len(rows) and (not rows[number].strip() or rows[number].startswith("#")):
        if rows[number].startswith("#"):
            notes.append(rows[number].lstrip("#").strip())
        elif notes:
            break
        number += 1
    return "\n".join(notes).strip(), number + 1, statements


def _clean(doc: str) -> str:
    """A docstring without the indentation of its lines."""
    lines = doc.strip().split("\n")
    return "\n".join([lines[0], *(line.strip() for line in lines[1:])])


def _is_string(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _plain(template: str) -> str:
    return template.replace("{", "").replace("}", "")


def _fill_text(text: str, bindings: Mapping[str, object]) -> str:
    for variable, value in bindings.items():
        text = text.replace(f"{{{variable}}}", str(value))
    return text


def _fill(cell: CellSource, template: str, bindings: Mapping[str, object]) -> str:
    name = member_name(template, bindings)
    if "{" in name or "}" in name:
        unknown = re.findall(r"{(\w*)}?", name)
        variable = (unknown or ["k"])[0] or "k"
        raise CellError(
            "DB110",
            (f"'{template}'", cell.ref.on(), f" has a loop variable '{variable}' without values."),
            hint=f"add `--for {variable}=1,7,28`.",
            names=[template, variable],
        )
    if bindings:
        check_name(cell, name, 0)
    return name


def _refuse_repeats(cell: CellSource, definitions: list[Definition], options: Options) -> None:
    names = [definition.name for definition in definitions]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is None:
        return
    absent = [
        f"{{{key}}}" for key in options.families[0] if not any(f"{{{key}}}" in n for n in options.names)
    ]
    raise CellError(
        "DB110",
        (f"'{repeated}' would be defined several times by ", cell.ref.subject(), "."),
        hint=f"put {quoted(absent)} into the name." if absent else "give every member its own name.",
        names=[repeated],
    )
