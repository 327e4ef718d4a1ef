"""Completion: the names and words that fit at the cursor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kernel_magics.assist.cursor import Cursor, look
from kernel_magics.assist.describe import downstream, first_line, setup_doc, written
from kernel_magics.assist.document import Document
from kernel_magics.assist.place import Position, Span, span
from kernel_magics.assist.quiet import quietly
from kernel_magics.assist.reading import Reading
from kernel_magics.assist.words import outside, words
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.grammar import CELL_MAGICS, LINE_MAGICS, magic
from kernel_magics.engine.source.select import is_sql

_MAGIC = re.compile(r"\s*(%{1,2})(\w*)")
_KINDS = ("choice", "value", "input", "param", "setup", "option", "magic")


@dataclass(frozen=True, slots=True)
class Completion:
    """One item.

    Attributes:
        kind: input, param, value, check, setup, option, choice or magic.
        doc: one line.
        cell: id of the cell that defines it.
    """

    text: str
    kind: str
    type: str = ""
    doc: str = ""
    cell: str = ""
    label: str = ""

    def to_json(self) -> dict[str, Any]:
        """`{"text", "kind", "type", "doc", "cell", "label"}`."""
        said = {"text": self.text, "kind": self.kind, "type": self.type, "doc": self.doc}
        return {**said, "cell": self.cell, "label": self.label}


@dataclass(frozen=True, slots=True)
class Completions:
    """Items, and the word that they replace."""

    span: Span
    items: tuple[Completion, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`{"start", "end", "items"}`."""
        return {**self.span.to_json(), "items": [item.to_json() for item in self.items]}


@quietly()
def complete(document: Document, cell_id: str, line: int, column: int) -> Completions:
    """Completions at a position of a cell; works on incomplete code."""
    reading = document.readings.get(cell_id)
    nothing = Completions(Span(Position(line, column), Position(line, column)))
    if reading is None or reading.kind != "code" or not 0 <= line < len(reading.rows):
        return nothing
    row = reading.rows[line]
    column = max(0, min(column, len(row)))
    head = _MAGIC.match(row)
    ours = head is not None and (line == reading.head if head[1] == "%%" else reading.source is None)
    if head is not None and ours:
        return nothing if column < head.end(1) else _on_line(document, reading, line, column, head)
    cursor = look(reading.rows, reading.first if reading.source else 0, line, column)
    if cursor.place != "code":
        return Completions(cursor.span)
    return Completions(cursor.span, _best(cursor.word, _in_code(document, reading, cursor)))


def _best(word: str, items: Iterable[Completion]) -> tuple[Completion, ...]:
    """The items that begin with the word: exact case first, then by kind."""
    unique = {item.text: item for item in items if item.text.lower().startswith(word.lower())}
    order = {kind: number for number, kind in enumerate(_KINDS)}
    ranked = sorted(
        unique.values(), key=lambda item: (not item.text.startswith(word), order.get(item.kind, 9))
    )
    return tuple(ranked)


# --- on the line of a magic


def _on_line(
    document: Document, reading: Reading, line: int, column: int, head: re.Match[str]
) -> Completions:
    row = reading.rows[line]
    known = CELL_MAGICS if head[1] == "%%" else LINE_MAGICS
    if column <= head.end():
        items = [Completion(name, "magic", doc=each.doc) for name, each in known.items()]
        return Completions(span(line, head.end(1), head.end()), _best(row[head.end(1) : column], items))
    if head[2] not in known:
        return Completions(span(line, column, column))
    before = re.search(r"[^\s,='\"]*$", row[:column])
    start = before.start() if before else column
    behind = re.match(r"[\w{}-]*", row[column:])
    end = column + (behind.end() if behind and start < column else 0)
    items = list(_words(document, head[2], row[:start], row[start:column]))
    return Completions(span(line, start, end), _best(row[start:column], items))


def _words(document: Document, name: str, before: str, word: str) -> Iterator[Completion]:
    """The words that may follow the beginning of a magic's line."""
    if word.startswith("-"):
        yield from _options(name)
        return
    option = magic(name).option(_open_option(before, name))
    choices = option.choices if option else magic(name).choices
    yield from (Completion(text, "choice", doc=doc) for text, doc in choices.items())
    if (option.value if option else magic(name).kind(len(outside(before, name)))) == "node":
        yield from (_node(document, node) for node in written(document))
    elif option is None and before.endswith(" "):
        yield from _options(name)
    elif option is not None and option.value == "param" and not before.endswith("="):
        nodes = [node for node in written(document) if node.kind == "param"]
        yield from (Completion(f"{node.name}=", "param", node.type, first_line(node.doc)) for node in nodes)
    elif option is not None and option.value == "sibling":
        names = [name for item in document.readings.values() for name in item.options.names if "{" in name]
        yield from (Completion(name, "value") for name in dict.fromkeys(names))


def _options(name: str) -> Iterator[Completion]:
    return (Completion(option.name, "option", doc=option.doc) for option in magic(name).options)


def _open_option(before: str, name: str) -> str:
    """The option whose value is at the cursor; "" when none is."""
    if found := re.search(r"(--[\w-]+)=$", before):
        return found[1]
    row = words(before, name)
    if not row:
        return ""
    last = row[-1]
    if before[last.end :].strip(" ") == "" and last.end < len(before):
        option = magic(name).option(last.text)
        return last.text if option is not None and option.value else ""
    return last.option


# --- in code


def _in_code(document: Document, reading: Reading, cursor: Cursor) -> Iterator[Completion]:
    magic = reading.magic
    if magic in ("setup", "inputs", "params"):
        yield from _setup(document, reading.id)
        if magic != "setup" and cursor.span.start.column == 0:
            yield from _wanted(document)
        return
    apart = downstream(document, reading.id) if magic == "node" else set()
    listed = _parameters(reading, cursor) if magic == "node" and not _named(reading) else None
    for node in written(document):
        if node.name not in apart and (listed is None or node.name in listed):
            yield _node(document, node)
    if magic and not (reading.source is not None and is_sql(reading.source.line)):
        yield from _setup(document, reading.id)


def _named(reading: Reading) -> bool:
    """True for a bare body, which has a name on the magic's line."""
    return any(
        not word.text.startswith("-") and not word.option
        for word in words(reading.rows[reading.head], "node")
    )


def _parameters(reading: Reading, cursor: Cursor) -> set[str] | None:
    """In the body of a `def`, the names of its parameters; None inside the parentheses."""
    start = cursor.span.start
    rows = [*reading.rows[reading.first : start.line], reading.rows[start.line][: start.column]]
    code = "\n".join(rows)
    heads = list(re.finditer(r"^(?:async\s+)?def\s+\w+\s*\(", code, re.MULTILINE))
    if not heads:
        return set()
    rest = code[heads[-1].end() :]
    depth, place = 1, 0
    for place, sign in enumerate(rest):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0:
            return set(re.findall(r"[^\W\d]\w*", rest[:place]))
    return None


def _node(document: Document, node: Node) -> Completion:
    doc = first_line(node.doc)
    return Completion(node.name, node.kind, node.type, doc, node.cell_id, document.label(node.cell_id))


def _setup(document: Document, id: str) -> Iterator[Completion]:
    """The names of the setup, without the cell's own ones, which the kernel completes."""
    for statement in document.graph.setup.statements:
        if statement.cell_id != id:
            for name in statement.binds:
                cell, doc = statement.cell_id, first_line(setup_doc(statement))
                yield Completion(name, "setup", "", doc, cell, document.label(cell))


def _wanted(document: Document) -> Iterator[Completion]:
    """Names that nodes wait for, as candidates for declarations in `%%inputs`."""
    for name, readers in document.graph.readers.items():
        if not document.known(name):
            yield Completion(name, "input", doc=f"needed by {', '.join(sorted(readers))}")
