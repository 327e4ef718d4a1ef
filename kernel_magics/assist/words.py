"""A word is a piece of a magic's line, with its columns; what it means the words before it decide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = re.compile(r"""(?:'[^']*'?|"[^"]*"?|\\.|[^\s'"\\])+""")
_NAME = re.compile(r"[^\W\d]\w*")
_CODE = re.compile(r"""'[^']*'|"[^"]*"|(?<![\w.])[^\W\d]\w*""")
_TEMPLATE = re.compile(r"[^\s,]+")
_MAGIC_ROW = re.compile(r"\s*%{1,2}(\w*)")

VALUED = {
    "node": ("--for", "--when", "--tag", "--cache", "--uses", "--check", "--warn"),
    "check": (),
    "test": (),
    "compute": ("--executor",),
    "dag": ("--upstream", "--downstream", "--height"),
    "lineage": (),
    "impact": (),
    "suggest": (),
}
FLAGS = {
    "node": ("--lazy",),
    "check": ("--warn",),
    "compute": ("--force", "--inputs"),
    "dag": ("--static",),
}
NAMED = ("--upstream", "--downstream")  # options whose value is a node


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the line.

    Attributes:
        text: as written, quotes included.
        option: the option whose value it is; "" for a word of its own.
    """

    text: str
    start: int
    option: str = ""

    @property
    def end(self) -> int:
        """The column behind it."""
        return self.start + len(self.text)


def words(row: str, magic: str) -> list[Word]:
    """The words behind a magic's name; `--when=x` gives the option and its value."""
    head = _MAGIC_ROW.match(row)
    found: list[Word] = []
    option = ""
    for match in _WORD.finditer(row, head.end() if head else 0):
        name, equals, value = match[0].partition("=")
        if option:
            found.append(Word(match[0], match.start(), option))
            option = ""
        elif equals and name in VALUED.get(magic, ()):
            found += [Word(name, match.start()), Word(value, match.start() + len(name) + 1, name)]
        else:
            found.append(Word(match[0], match.start()))
            option = match[0] if match[0] in VALUED.get(magic, ()) else ""
        if match[0].startswith("--inputs") and magic == "compute":
            break  # the rest of the line is Python
    return found


def listed(row: str, magic: str) -> list[Word]:
    """The names or templates that stand on the line by themselves, and nodes given to options."""
    parts = []
    for word in words(row, magic):
        if (not word.option and not word.text.startswith("-")) or word.option in NAMED:
            parts += [
                Word(match[0], word.start + match.start(), word.option)
                for match in _TEMPLATE.finditer(word.text)
            ]
    return parts


def keys(row: str) -> Iterator[Word]:
    """The params of `--when region=US`."""
    for word in words(row, "node"):
        match = _NAME.search(word.text) if word.option == "--when" else None
        if match is not None:
            yield Word(match[0], word.start + match.start(), "--when")


def siblings(row: str) -> Iterator[tuple[Word, str]]:
    """The templates of `--uses sales_{k}` and the names under which a body reads them."""
    for word in words(row, "node"):
        if word.option == "--uses":
            alias, equals, template = word.text.partition("=")
            if not equals:
                alias, template = bare(word.text), word.text
            start = word.start + len(word.text) - len(template)
            yield Word(template, start, "alias" if equals else ""), alias


def rules(row: str) -> Iterator[Word]:
    """The identifiers (and whole texts) in `--check` and `--warn` rules, but not what follows a dot."""
    for word in words(row, "node"):
        if word.option in ("--check", "--warn"):
            quoted = word.text[:1] in ("'", '"')
            end = len(word.text) - (quoted and word.text[-1:] == word.text[:1])
            for match in _CODE.finditer(word.text, int(quoted), end):
                yield Word(match[0], word.start + match.start(), word.option)


def bare(template: str) -> str:
    """The name that a body uses for a template: `lag_k` for `lag_{k}`."""
    return template.replace("{", "").replace("}", "")
