"""IPython's syntax in an ordinary cell is masked line by line, so that the Python around it can be parsed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kernel_magics.engine.source.tree import is_python

MAGIC = "__dagbook_magic__"
_LINE = re.compile(r"^(%|!|\?)|^[^#'\"]*\w\s*\?+\s*$")
_ASSIGNS = re.compile(r"^(?P<names>[\w ,]+?)\s*=\s*[%!]")
_TIMED = re.compile(r"^%time\s+(?P<code>.*\S.*)$")
_TIMED_CELL = re.compile(r"^\s*%%time\b[^\n]*\n")
_CAPTURES = re.compile(r"^\s*(?P<line>%%capture\b[^\n]*)\n")
_EITHER = re.compile(rf"{_LINE.pattern}|^[;,/]")
"""With the signs that quote what follows them, which may begin a line of Python, too."""


_MEASURES = re.compile(
    r"^(?P<head>\s*%%?(timeit|prun|memit|lprun)\b(\s+-\w+(\s*\d+)?)*\s)(?P<code>.*)$", re.DOTALL
)


def measured(text: str) -> tuple[str, str] | None:
    """The head and the code of a magic that measures it, such as `%timeit f(x)`; None for any other."""
    match = _MEASURES.match(text)
    if match is None:
        return None
    return (match["head"], match["code"]) if is_python(match["code"]) else None


@dataclass(frozen=True)
class Masked:
    """A cell with a call of `MAGIC` in place of each line of IPython.

    Attributes:
        text: source that can be parsed.
        lines: the masked lines, with the names that they assign.
        dropped: a magic that is left out because it only measures.
        wrapper: the line of a magic that captures what the cell shows.
    """

    text: str
    lines: tuple[tuple[str, tuple[str, ...]], ...] = ()
    dropped: str = ""
    wrapper: str = ""


def masked(source: str) -> Masked:
    """The cell without IPython's lines; `%time` and `%%time` are dropped, because every node is timed."""
    dropped = ""
    captures = _CAPTURES.match(source)
    if captures and is_python(source[captures.end() :]):
        return Masked(source[captures.end() :], wrapper=captures["line"])
    timed = _TIMED_CELL.match(source)
    if timed:
        source, dropped = source[timed.end() :], "%%time"
    if is_python(source):
        return Masked(source, (), dropped)
    if source.lstrip().startswith("%%"):  # the rest is in another language
        return Masked(source, (), dropped)
    found = _mask(source, _LINE, dropped)
    return found if is_python(found.text) else _mask(source, _EITHER, dropped)


def captured_name(line: str) -> list[str]:
    """The name that `%%capture NAME` binds; none if it binds nothing."""
    return [word for word in line.split()[1:] if word.isidentifier()]


def _mask(source: str, line: re.Pattern[str], dropped: str) -> Masked:
    rows: list[str] = []
    lines: list[tuple[str, tuple[str, ...]]] = []
    for row in source.split("\n"):
        time, assigns = _TIMED.match(row), _ASSIGNS.match(row)
        if time:
            rows.append(time["code"])
            dropped = dropped or "%time"
        elif assigns or line.match(row):
            names = tuple(part.strip() for part in assigns["names"].split(",")) if assigns else ()
            rows.append(f"{MAGIC}({len(lines)})")
            lines.append((row, names))
        else:
            rows.append(row)
    return Masked("\n".join(rows), tuple(lines), dropped)
