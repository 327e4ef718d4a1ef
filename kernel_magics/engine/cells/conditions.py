"""Conditions become a check: a function of the value that returns a deferred expression for each message."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from kernel_magics.engine.cells.definition import Code, Definition
from kernel_magics.engine.cells.options import Options
from kernel_magics.engine.cells.shorthand import WORDS, Unreadable, expand, split_columns
from kernel_magics.engine.errors import CellError, did_you_mean
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.mapped import MappedSource, indent, text_of
from kernel_magics.engine.source.references import body_names
from kernel_magics.engine.source.tree import expression


@dataclass(frozen=True, slots=True)
class Entry:
    """One condition: its message, its source, and the lines of the cell that contain it."""

    message: str
    source: str
    first: int
    last: int


def check_definition(
    subject: str, entries: Sequence[Entry], severity: Literal["fail", "warn"], doc: str = ""
) -> Definition:
    """The check node for some conditions; its function's text is both run and exported."""
    rows = MappedSource("    return {", (entries[0].first,))
    messages: set[str] = set()
    sources = []
    for entry in entries:
        rows = rows + indent(indent(_row(_unique(entry.message, messages), entry)))
        sources.append(entry.source)
    rows = rows + MappedSource("    }", (rows.lines[-1],))
    reads = [read for source in sources for read in body_names(f"(\n{source}\n)").reads]
    name = f"{'warn' if severity == 'warn' else 'check'}_{subject}"
    return Definition(
        name=name,
        kind="check",
        line=entries[0].first,
        code=Code(name, rows, bare=True, reads=tuple(dict.fromkeys([subject, *reads]))),
        doc=doc,
        severity=severity,
        subject=subject,
    )


def never_true_or_false(tree: ast.expr, source: str) -> tuple[str, str]:
    """Detect an expression that cannot be a condition; returns what it is and what to write, or "" for
    others.

    Args:
        source: the text of the expression.
    """
    if isinstance(tree, ast.Tuple):
        parts = [" ".join((ast.get_source_segment(source, part) or "").split()) for part in tree.elts]
        message = tree.elts[-1] if len(parts) == 2 else None
        if isinstance(message, ast.Constant) and isinstance(message.value, str):
            return (
                "a comma makes a tuple",
                f"write `{parts[0]}  # {message.value}`: a comment is the message.",
            )
        return "a comma makes a tuple", "write one condition on each line."
    what = next((words for kinds, words in _NEVER if isinstance(tree, kinds)), "")
    if isinstance(tree, ast.Constant) and not isinstance(tree.value, bool | str):
        what = f"'{ast.unparse(tree)}'"
    if isinstance(tree, ast.List | ast.Set | ast.ListComp):
        return what, "write one condition on each line."
    return what, "write a comparison, such as `value > 0`." if what else ""


_NEVER: Final = (
    (ast.List | ast.ListComp, "a list"),
    (ast.Set | ast.SetComp, "a set"),
    (ast.Dict | ast.DictComp, "a dict"),
    (ast.GeneratorExp, "a generator"),
    (ast.Lambda, "a function"),
    (ast.JoinedStr, "a text"),
)


def shorthand_checks(
    cell: CellSource,
    nodes: Sequence[Definition],
    options: Options,
    fill: Mapping[str, object] = MappingProxyType({}),
) -> list[Definition]:
    """The checks that `--check` and `--warn` on a node's line ask for.

    Args:
        nodes: the outputs of the cell; a rule for one of several begins with its name and a colon.
        fill: the loop variables of a family's member.

    Raises:
        CellError: DB112 for a rule that cannot be read.
    """
    found = []
    for severity, rules in (("fail", options.checks), ("warn", options.warnings)):
        for node in nodes:
            entries = [entry for rule in rules for entry in _entries(cell, _filled(rule, fill), node, nodes)]
            if entries:
                found.append(check_on(node, entries, severity))
    return found


def check_on(node: Definition, entries: Sequence[Entry], severity: str) -> Definition:
    """The check of a node, or of one of its variants."""
    check = check_definition(node.name, entries, "warn" if severity == "warn" else "fail")
    return replace(check, line=node.line, when=node.when, code=_named(check, node))


def _entries(cell: CellSource, rule: str, node: Definition, nodes: Sequence[Definition]) -> Iterable[Entry]:
    columns, words = split_columns(rule)
    others = {other.name for other in nodes}
    if len(others) > 1 and columns and set(columns) <= others:
        if node.name not in columns:
            return
        rule, columns = words, ()
    try:
        source = expand(words, node.name, columns, node.hint)
        compile(source, "<check>", "eval", dont_inherit=True)
        what, _ = never_true_or_false(expression(source), source)
        if what:
            raise Unreadable(f"{what} is neither true nor false")
    except (Unreadable, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        close = did_you_mean(words.split(" ")[0], [word.split(" ")[0] for word in WORDS])
        raise CellError(
            "DB112",
            (f"the check '{rule}'", cell.ref.on(), f" cannot be read: {error}."),
            hint=f"{close} Write `0 <= value <= 1`, `value in {{'a', 'b'}}`, or {', '.join(WORDS)}.".strip(),
            names=[rule],
        ) from None
    yield Entry(rule, source, cell.first - 1, cell.first - 1)  # the line of the magic


def _named(check: Definition, node: Definition) -> Code | None:
    """The code of a variant's check, whose function gets the suffix of the variant's function."""
    code, own = check.code, node.code
    if code is None or own is None or not node.when:
        return code
    return replace(code, name=code.name + own.name.removeprefix(node.name))


def _filled(rule: str, bindings: Mapping[str, object]) -> str:
    return re.sub(r"{(\w+)}", lambda match: str(bindings.get(match[1], match[0])), rule)


def _row(message: str, entry: Entry) -> MappedSource:
    if "\n" not in entry.source:
        return text_of(f"{message!r}: lambda: {entry.source},", entry.first)
    text = f"{message!r}: lambda: (\n{entry.source}\n),"
    lines = (entry.first, *range(entry.first, entry.last + 1), entry.last)
    return MappedSource(text, lines[: text.count("\n") + 1])


def _unique(message: str, taken: set[str]) -> str:
    candidate, number = message, 2
    while candidate in taken:
        candidate, number = f"{message} ({number})", number + 1
    taken.add(candidate)
    return candidate
