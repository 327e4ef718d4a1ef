"""A hover describes the name under the cursor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kernel_magics.assist.cursor import look
from kernel_magics.assist.describe import Ref, consumers_of, inputs_of, ref, setup_doc, signature
from kernel_magics.assist.document import Document
from kernel_magics.assist.place import Place, Span, span
from kernel_magics.assist.quiet import quietly
from kernel_magics.assist.reading import Reading
from kernel_magics.assist.template import family_of
from kernel_magics.assist.uses import name_at, uses
from kernel_magics.assist.words import words
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.grammar import CELL_MAGICS, LINE_MAGICS, magic

_KINDS = {"value": "node"}


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of the name: its node, and its conditions as written."""

    name: str
    severity: str
    cell: str
    label: str
    conditions: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """`{"name", "severity", "cell", "label", "conditions"}`."""
        said = {"name": self.name, "severity": self.severity, "cell": self.cell, "label": self.label}
        return {**said, "conditions": list(self.conditions)}


@dataclass(frozen=True, slots=True)
class Hover:
    """The description of a name.

    Attributes:
        kind: input, param, value, check, setup, option or magic.
        span: the word under the cursor.
        seen: facts about its value, given by the caller.
    """

    name: str
    kind: str
    span: Span
    signature: str = ""
    type: str = ""
    doc: str = ""
    defined: tuple[Place, ...] = ()
    inputs: tuple[Ref, ...] = ()
    consumers: tuple[Ref, ...] = ()
    checks: tuple[Checked, ...] = ()
    tests: tuple[Place, ...] = ()
    seen: Mapping[str, Any] = field(default_factory=dict)

    @property
    def markdown(self) -> str:
        """The same as Markdown."""
        return "\n\n".join(_paragraphs(self))

    def to_json(self) -> dict[str, Any]:
        """See the package's docstring."""
        lists = ("defined", "inputs", "consumers", "checks", "tests")
        return {
            "name": self.name,
            "kind": self.kind,
            "signature": self.signature,
            "type": self.type,
            "doc": self.doc,
            **self.span.to_json(),
            **{key: [item.to_json() for item in getattr(self, key)] for key in lists},
            "seen": dict(self.seen),
            "markdown": self.markdown,
        }


@quietly()
def inspect(
    document: Document,
    cell_id: str,
    line: int,
    column: int,
    seen: Mapping[str, Mapping[str, Any]] | None = None,
) -> Hover | None:
    """Describe the name (or the magic's word) at a position; None for anything else.

    Args:
        seen: facts from the session, by name: state, seconds, type, summary.
    """
    reading = document.readings.get(cell_id)
    if reading is None or not 0 <= line < len(reading.rows):
        return None
    of_magic = _magic_word(reading, line, column)
    if of_magic is not None:
        return of_magic
    place = name_at(document, cell_id, line, column)
    if place is not None:
        return _hover(document, place.name, place.span, (seen or {}).get(place.name, {}))
    if reading.error is None:
        return None
    cursor = look(reading.rows, reading.first, line, column)
    start, end = cursor.span.start.column, cursor.span.end.column
    name = reading.rows[line][start:end]
    if cursor.place != "code" or not document.known(name):
        return None
    return _hover(document, name, cursor.span, (seen or {}).get(name, {}))


def _magic_word(reading: Reading, line: int, column: int) -> Hover | None:
    """A magic's name or an option of it."""
    row = reading.rows[line]
    sign = "%%" if row.lstrip().startswith("%%") else "%"
    ours = line == reading.head if sign == "%%" else reading.source is None
    name = row.strip().removeprefix(sign).split(" ")[0] if ours and row.lstrip().startswith("%") else ""
    known = CELL_MAGICS if sign == "%%" else LINE_MAGICS
    if name not in known:
        return None
    start = row.index(sign)
    if start <= column <= start + len(sign) + len(name):
        doc = known[name].doc
        return Hover(f"{sign}{name}", "magic", span(line, start, start + len(sign) + len(name)), doc=doc)
    for word in words(row, name):
        option = magic(name).option(word.text)
        if option is not None and word.start <= column <= word.end:
            return Hover(word.text, "option", span(line, word.start, word.end), doc=option.doc)
    return None


def _hover(document: Document, name: str, where: Span, seen: Mapping[str, Any]) -> Hover | None:
    family = family_of(document, name)
    if family is not None:  # for a template, the facts about its first member
        first = next(iter(family.members))
        hover = _hover(document, first, where, seen)
        return replace(hover, name=name, signature=hover.signature.replace(first, name, 1)) if hover else None
    about = ref(document, name)
    nodes = document.graph.nodes.get(name, ())
    defined = tuple(place for place in uses(document, name, definitions=True) if place.role == "definition")
    if about.kind == "setup":
        statements = [item for item in document.graph.setup.statements if name in item.binds]
        doc = setup_doc(statements[-1])
        code = statements[-1].code.split("\n")[0]
        return Hover(name, "setup", where, code, "", "" if doc == code else doc, defined, seen=seen)
    if not nodes:
        return (
            Hover(name, about.kind, where, name, defined=defined, seen=seen)
            if about.kind or defined
            else None
        )
    inputs = inputs_of(document, name)
    return Hover(
        name=name,
        kind=about.kind,
        span=where,
        signature=signature(nodes, inputs),
        type=nodes[0].type,
        doc=next((node.doc for node in nodes if node.doc), ""),
        defined=defined,
        inputs=tuple(ref(document, item) for item in inputs),
        consumers=tuple(ref(document, item) for item in consumers_of(document, name)),
        checks=tuple(_checks(document, name)),
        tests=tuple(_tests(document, name)),
        seen=seen,
    )


def _checks(document: Document, name: str) -> list[Checked]:
    nodes = [node for node in document.graph if node.kind == "check" and node.subject == name]
    return [
        Checked(
            node.name,
            node.severity or "fail",
            node.cell_id,
            document.label(node.cell_id),
            _texts(document, node),
        )
        for node in nodes
    ]


def _texts(document: Document, node: Node) -> tuple[str, ...]:
    """The conditions of a check: the lines of its cell, or the rules on the line of its node."""
    reading = document.readings[node.cell_id]
    if reading.magic == "check" and reading.source is not None:
        return tuple(row.strip() for row in reading.source.body.split("\n") if row.strip())
    return reading.options.warnings if node.severity == "warn" else reading.options.checks


def _tests(document: Document, name: str) -> list[Place]:
    found = []
    for reading in document.readings.values():
        if reading.magic == "test" and reading.parsed is not None and reading.parsed.subject == name:
            mark = next((mark for mark in reading.marks if name in mark.names), None)
            found += [document.place(reading.id, mark)] if mark else []
    return found


def _paragraphs(hover: Hover) -> list[str]:
    if hover.kind in ("magic", "option"):
        return [_code(hover.name), hover.doc]
    where = ", ".join(dict.fromkeys(place.label for place in hover.defined))
    kind = _KINDS.get(hover.kind, hover.kind)
    parts = [f"```python\n{hover.signature}\n```", f"{kind}{f' in {where}' if where else ''}"]
    parts += [_escaped(hover.doc)] if hover.doc else []
    seen = [_code(str(hover.seen[key])) for key in ("state", "type", "summary") if hover.seen.get(key)]
    parts += [", ".join(seen)] if seen else []
    parts += [f"from {_names(hover.inputs)}"] if hover.inputs else []
    parts += [f"feeds {_names(hover.consumers)}"] if hover.consumers else []
    conditions = [f"- {_code(text)}" for check in hover.checks for text in check.conditions]
    parts += ["checks:\n" + "\n".join(conditions)] if conditions else []
    return parts


def _names(refs: tuple[Ref, ...]) -> str:
    return ", ".join(f"{_code(item.name)} {item.label}".rstrip() for item in refs)


def _code(text: str) -> str:
    """A text as inline code of Markdown, on one line and without markup in it."""
    text = " ".join(text.splitlines())
    marks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{marks}{space}{text}{space}{marks}"


def _escaped(text: str) -> str:
    """A docstring as Markdown without HTML of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
