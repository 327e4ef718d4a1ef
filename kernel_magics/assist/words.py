"""A word is a piece of a magic's line with its columns; its meaning depends on the words before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kernel_magics.engine.cells.family import name_of_setup
from kernel_magics.engine.source.grammar import Value, magic

_WORD = re.compile(r"""(?:'[^']*'?|"[^"]*"?|\\.|[^\s'"\\])+""")
_NAME = re.compile(r"[^\W\d]\w*")
_CODE = re.compile(r"""'[^']*'|"[^"]*"|(?<![\w.])[^\W\d]\w*""")
_TEMPLATE = re.compile(r"[^\s,]+")
_MAGIC_ROW = re.compile(r"\s*%{1,2}(\w*)")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the line.

    Attributes:
        text: as written, quotes included.
        option: the option whose value it is; "" for a word outside options.
    """

    text: str
    start: int
    option: str = ""

    @property
    def end(self) -> int:
        """The column after it."""
        return self.start + len(self.text)


def words(row: str, name: str) -> list[Word]:
    """The words after the name of a magic; `--when=x` gives the option and its value."""
    head = _MAGIC_ROW.match(row)
    found: list[Word] = []
    option = ""
    for match in _WORD.finditer(row, head.end() if head else 0):
        if option:
            found.append(Word(match[0], match.start(), option))
            option = ""
            continue
        first, equals, value = match[0].partition("=")
        takes = _takes(name, first)
        if takes == "expression":
            found.append(Word(match[0], match.start()))
            break  # the rest of the line is Python
        if equals and takes:
            found += [Word(first, match.start()), Word(value, match.start() + len(first) + 1, first)]
        else:
            found.append(Word(match[0], match.start()))
            option = first if takes else ""
    return found


def _takes(name: str, option: str) -> Value:
    """The kind of an option's value; "" for one without a value, and for other words."""
    known = magic(name).option(option)
    return known.value if known is not None else ""


def _given(row: str, name: str, value: Value) -> Iterator[Word]:
    """The values of options that take such a value."""
    return (word for word in words(row, name) if word.option and _takes(name, word.option) == value)


def outside(row: str, name: str) -> list[Word]:
    """The words that belong to no option."""
    return [word for word in words(row, name) if not word.option and not word.text.startswith("-")]


def listed(row: str, name: str) -> list[Word]:
    """The names or templates of nodes on the line, values of options included."""
    parts = []
    kinds = {word: magic(name).kind(place) for place, word in enumerate(outside(row, name))}
    for word in words(row, name):
        kind = _takes(name, word.option) if word.option else kinds.get(word, "")
        if kind == "node" or (kind == "name" and not word.option):
            parts += [
                Word(match[0], word.start + match.start(), word.option)
                for match in _TEMPLATE.finditer(word.text)
            ]
    return parts


def keys(row: str) -> Iterator[Word]:
    """The params of `--when region=US`."""
    for word in _given(row, "node", "param"):
        match = _NAME.search(word.text)
        if match is not None:
            yield Word(match[0], word.start + match.start(), word.option)


def loops(row: str) -> Iterator[Word]:
    """The names of the setup in `--for k=LAGS`."""
    for word in _given(row, "node", "loop"):
        text = word.text.strip("'\"")
        name = name_of_setup(text.partition("=")[2].strip())
        if name:
            yield Word(name, word.start + word.text.rindex(name), word.option)


def siblings(row: str) -> Iterator[tuple[Word, str]]:
    """The templates of `--uses sales_{k}` and the names under which a body reads them."""
    for word in _given(row, "node", "sibling"):
        alias, equals, template = word.text.partition("=")
        if not equals:
            alias, template = bare(word.text), word.text
        start = word.start + len(word.text) - len(template)
        yield Word(template, start, "alias" if equals else ""), alias


def rules(row: str) -> Iterator[Word]:
    """The identifiers (and whole texts) in `--check` and `--warn` rules, except attributes."""
    for word in _given(row, "node", "rule"):
        quoted = word.text[:1] in ("'", '"')
        end = len(word.text) - (quoted and word.text[-1:] == word.text[:1])
        for match in _CODE.finditer(word.text, int(quoted), end):
            yield Word(match[0], word.start + match.start(), word.option)


def bare(template: str) -> str:
    """The alias of a template in a body: `lag_k` for `lag_{k}`."""
    return template.replace("{", "").replace("}", "")
