"""Checksums in an exported file show whether it was edited since.

Each part of a module (the code of one cell) has a short checksum on the line that names the cell; the hash in
the header covers everything else, including those lines. All other files have one hash of the whole text.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from kernel_magics.engine.source.blocks import blocks

BLANK = "0" * 12
_HEADER = re.compile(
    r'"""Features of (?P<source>.*), exported by Dagbook\.\n\nSource hash (?P<hash>\w+)\.\n"""\n'
)
_WHOLE = re.compile(r'(?:Source hash |"hash": ")(?P<hash>[0-9a-f]{12})\b')
_CELL = re.compile(r"# cell (?P<id>.+?)(?: (?P<checksum>[0-9a-f]{6}))?$")
_SECTION = re.compile(r"# -+ (?P<group>.+?) -+$")
_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a module that comes from one cell.

    Attributes:
        cell: id of the cell ("" for the part above the first one).
        group: the section that contains it.
        text: its code, without blank lines around it.
        line: number of its first line.
        checksum: the checksum in the file; "" if there is none.
    """

    cell: str
    group: str
    text: str
    line: int
    checksum: str = ""

    @property
    def edited(self) -> bool:
        """True when the text differs from the exported text."""
        return bool(self.checksum) and not self.matches(self.text)

    @property
    def place(self) -> str:
        """The cell or line, for messages."""
        return f"cell {self.cell}" if self.cell else f"line {self.line}" if self.group else "its top"

    def matches(self, text: str) -> bool:
        """True when this is the exported text."""
        return _digest(text, _LENGTH) == self.checksum


@dataclass(frozen=True, slots=True)
class ModuleParts:
    """A module's text in parts.

    Attributes:
        source: the notebook named in the header; None when Dagbook did not write it.
        top: the part above the first cell: imports, constants, helpers.
        parts: in order.
        loose: added code below a heading and above the first cell there.
        marks: the lines of sections and of cells with a checksum.
        hash: the hash in the header.
    """

    source: str | None
    top: Part
    parts: tuple[Part, ...]
    marks: tuple[str, ...] = ()
    hash: str = ""
    loose: tuple[Part, ...] = ()

    @property
    def all(self) -> tuple[Part, ...]:
        """The top and the parts."""
        return (self.top, *self.parts)

    @property
    def edited(self) -> tuple[Part, ...]:
        """The parts that were edited or added since the export."""
        added = [part for part in self.parts if self.source is not None and not part.checksum]
        return (*(part for part in self.all if part.edited or part in added), *self.loose)


def read_parts(text: str) -> ModuleParts:
    """Split a module into its parts.

    Raises:
        SyntaxError: it is not Python.
    """
    header = _HEADER.match(text)
    rows = text.split("\n")
    first = header.group().count("\n") if header else 0
    marks = [*_marks(text), (len(rows), None, None)]
    group = ""
    parts: list[Part] = []
    loose: list[Part] = []
    for (line, section, cell), (end, _, _) in itertools.pairwise(marks):
        group = section["group"] if section else group
        if cell:
            parts.append(_part(rows, line + 1, end, group, cell["id"], cell["checksum"] or ""))
        elif any(row.strip() for row in rows[line + 1 : end]):  # added below a heading
            loose.append(_part(rows, line + 1, end, group, "", ""))
    top = _part(rows, first, marks[0][0], "", "", "")
    if header:
        whole = header["hash"]
        stated = _top_hash(top.text, rows, marks)
        top = Part("", "", top.text, top.line, _digest(top.text, _LENGTH) if stated == whole else whole)
    lines = _stated(rows, marks)
    return ModuleParts(
        source=header["source"] if header else None,
        top=top,
        parts=tuple(parts),
        marks=lines,
        hash=header["hash"] if header else "",
        loose=tuple(loose),
    )


def same_top(module_parts: ModuleParts, top: str) -> bool:
    """True when this text was above the functions when the module was exported."""
    return _digest("\n".join([top, *module_parts.marks]), len(BLANK)) == module_parts.hash


def joined_text(module_parts: ModuleParts, edited: bool) -> str:
    """The text of the parts that were edited, or of those that were not."""
    return "\n\n\n".join(part.text for part in module_parts.parts if part.edited == edited)


def write_checksums(text: str) -> str:
    """Write the checksums into the text of a module, whose header has a blank one."""
    module_parts = read_parts(text)
    rows = text.split("\n")
    for part in module_parts.parts:
        rows[_cell_line(rows, part)] = f"# cell {part.cell} {_digest(part.text, _LENGTH)}"
    whole = "\n".join(rows)
    marks = list(_marks(whole))
    return whole.replace(
        f"Source hash {BLANK}.", f"Source hash {_top_hash(module_parts.top.text, rows, marks)}.", 1
    )


def write_hash(text: str, free: re.Pattern[str] | None = None) -> str:
    """Write the hash of a whole text into it, in place of the blank one that it has.

    Args:
        free: what may be edited by hand; it is not hashed.
    """
    match = _WHOLE.search(text)
    if match is None:
        raise ValueError("the text has no place for its hash")
    start, end = match.span("hash")
    blank = f"{text[:start]}{BLANK}{text[end:]}"
    return f"{text[:start]}{_digest(free.sub('', blank) if free else blank, len(BLANK))}{text[end:]}"


def has_own_hash(text: str, free: re.Pattern[str] | None = None) -> bool | None:
    """True when a text is unchanged since its hash was written; None if it has no hash."""
    match = _WHOLE.search(text)
    return None if match is None else write_hash(text, free) == text


def _cell_line(rows: list[str], part: Part) -> int:
    """Index of the line that names the part's cell."""
    line = part.line - 2
    while not rows[line].startswith("# cell "):
        line -= 1
    return line


def _marks(text: str) -> Iterator[tuple[int, re.Match[str] | None, re.Match[str] | None]]:
    """The lines (by index) that begin a section or a cell: comments between statements."""
    inside = {number for block in blocks(text) for number in range(block.first, block.last + 1)}
    for number, row in enumerate(text.split("\n")):
        if not row.startswith("# ") or number + 1 in inside:
            continue
        section, cell = _SECTION.match(row), _CELL.match(row)
        if section or cell:
            yield number, section, cell


def _part(rows: list[str], first: int, end: int, group: str, cell: str, stated: str) -> Part:
    """The part on the lines with indices from `first` up to `end`."""
    while first < end and not rows[first].strip():
        first += 1
    return Part(cell, group, "\n".join(rows[first:end]).rstrip(), first + 1, stated)


def _top_hash(
    top: str, rows: list[str], marks: list[tuple[int, re.Match[str] | None, re.Match[str] | None]]
) -> str:
    return _digest("\n".join([top, *_stated(rows, marks)]), len(BLANK))


def _stated(
    rows: list[str], marks: list[tuple[int, re.Match[str] | None, re.Match[str] | None]]
) -> tuple[str, ...]:
    """The lines of sections and of cells with a checksum; a cell line added by hand has none."""
    return tuple(rows[line] for line, section, cell in marks if section or (cell and cell["checksum"]))


def _digest(text: str, length: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()[:length]
