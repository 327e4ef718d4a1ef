"""A cell is a piece of notebook source with an identity; it owns the names that it defines."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.grammar import CELL_MAGICS, OUTER_MAGICS
from kernel_magics.engine.source.mapped import on_line
from kernel_magics.engine.source.tree import is_python

_ABOVE = re.compile(rf"(?:[ \t\f]*(?:#[^\n]*|%%(?:{'|'.join(OUTER_MAGICS)})(?:[ \t][^\n]*)?)?\n)*")
_OUTER = re.compile(r"^[ \t\f]*%%(\w+)", re.MULTILINE)
_LATE = re.compile(rf"^[ \t\f]*%%(?:{'|'.join(CELL_MAGICS)})(?=\s|$)", re.MULTILINE)
_SHELL = re.compile(r"(^[ \t]*|(?<==))[ \t]*[%!?].*", re.MULTILINE)
_HEAD = re.compile(r"[ \t\f]*%%(?P<magic>\w+)(?P<line>(?:[ \t][^\n]*)?)(?:\n|$)")


@dataclass(frozen=True, slots=True)
class Split:
    """A cell's whole text, cut at its magic; the parts together are the text.

    Attributes:
        above: the lines above the magic: blank ones, comments, cell magics of others around ours.
        head: the magic's line, its line break included; what stands there in a cell that is none of ours.
        body: the text below.
        magic: one of our cell magics; "" for a cell that is none of ours.
        line: the rest of the magic's line.
        code: the number of the first line of code above the magic, which makes the cell an error; 0 for none.
    """

    above: str
    head: str
    body: str
    magic: str = ""
    line: str = ""
    code: int = 0

    @property
    def row(self) -> int:
        """The number of the magic's line, from 0."""
        return self.above.count("\n")

    @property
    def first(self) -> int:
        """The number of the body's first line, from 1."""
        return self.row + 2

    @property
    def outer(self) -> tuple[str, ...]:
        """The cell magics of others above ours, the outermost first."""
        return () if self.code else tuple(_OUTER.findall(self.above))


@functools.lru_cache(maxsize=16)  # while a cell runs, several ask for the parts of its text
def split_cell(text: str) -> Split:
    """Cut a cell's text at its magic: the one reading that kernel, files and editor share.

    Comments may stand above a magic, and cell magics of others that run what stands below them as a cell.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = _ABOVE.match(text)
    above = found[0] if found is not None else ""
    match = _HEAD.match(text, len(above))
    code = 0
    if match is None:
        code = above.count("\n") + 1
        match = _late(text, len(above))
    if match is None or match["magic"] not in CELL_MAGICS:
        head, end, body = text[len(above) :].partition("\n")
        return Split(above, head + end, body)
    above = text[: match.start()]
    return Split(above, match[0], text[match.end() :], match["magic"], match["line"].strip(), code)


def _late(text: str, start: int) -> re.Match[str] | None:
    """One of our magics below the code that begins at `start`, unless it stands inside a text or brackets."""
    late = None if text[start:].lstrip().startswith("%%") else _LATE.search(text, start)
    if late is None or not is_python(_SHELL.sub(r"\g<1>0", text[start : late.start()])):
        return None
    return _HEAD.match(text, late.start())


@dataclass(frozen=True, slots=True)
class CellSource:
    """A cell with a magic of Dagbook, as the notebook has it.

    Attributes:
        id: identity of the cell, stable while it is edited.
        label: its label for display, such as `[4]`.
        magic: the cell magic.
        line: the rest of the magic's line.
        body: the text below the magic's line.
        group: the markdown heading above the cell ("" when there is none).
        first: the number of the body's first line in the cell as an editor shows it, counted from 1.
        outer: the cell magics of others above it, the outermost first.
        injected: source of the values that params take in place of their defaults, by name.
        code: the number of the first line of code above the magic, which is an error; 0 for none.
    """

    id: str
    label: str
    magic: str
    line: str
    body: str
    group: str = ""
    first: int = 2
    outer: tuple[str, ...] = ()
    injected: Mapping[str, str] = field(default_factory=dict, hash=False)
    code: int = 0

    @property
    def ref(self) -> CellRef:
        """The cell's id and label, for messages."""
        return CellRef(self.id, self.label)

    @property
    def placed(self) -> str:
        """The body below empty lines, so that its line numbers are those that an editor shows."""
        return on_line(self.body, self.first)


def read_cell(text: str, id: str, label: str, group: str = "") -> CellSource | None:
    """Split a cell's whole text at its magic; None for a cell that is none of ours."""
    cut = split_cell(text)
    if not cut.magic:
        return None
    return CellSource(id, label, cut.magic, cut.line, cut.body, group, cut.first, cut.outer, code=cut.code)


def cut_below_magic(text: str) -> tuple[str, str]:
    """One of our cells in two: down to its magic's line, with the line break, and the body."""
    cut = split_cell(text)
    return cut.above + cut.head + ("" if cut.head.endswith("\n") else "\n"), cut.body


def running_text(text: str) -> str:
    """The text that IPython is to run in place of a cell's: ours without comments above and indentation."""
    cut = split_cell(text)
    if not cut.magic:
        return text
    outer = [row.strip() for row in cut.above.split("\n") if _OUTER.match(row) and not cut.code]
    return "\n".join([*outer, f"%%{cut.magic} {cut.line}".rstrip(), cut.body])


class HasText(Protocol):
    """A cell, parsed or not."""

    @property
    def magic(self) -> str: ...
    @property
    def line(self) -> str: ...
    @property
    def body(self) -> str: ...


def text_key(cell: HasText) -> tuple[str, str, str]:
    """Equal for cells with the same magic, line and body, whatever their ids are."""
    return cell.magic, cell.line, cell.body.rstrip()


def is_ours(text: str) -> bool:
    """True for a cell with one of our cell magics."""
    return bool(split_cell(text).magic)
