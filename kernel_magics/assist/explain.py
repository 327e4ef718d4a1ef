"""An explanation of an error code: what it means, an example that fails, and one that is right."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

FOLDER = files("kernel_magics.assist") / "errors"
# An example as a notebook shows it is chosen before one of the command line.
_FIRST = "errors_magics.txt"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The facts about one code.

    Attributes:
        title: what is wrong in the example that fails, in a few words ("" without an example).
        means: when it is raised, and why.
        wrong: the example and the text of its error ("" without one).
        right: cells, or one command with `$ ` in front.
        after: how many cells of the recorded example stand before `right`; None: all but its last.
    """

    code: str
    title: str
    means: str
    wrong: str
    right: tuple[str, ...]
    after: int | None

    def text(self) -> str:
        """All of it, for a terminal."""
        parts = [f"{self.code}{f'  {self.title}' if self.title else ''}", self.means]
        if self.wrong:
            parts.append(f"Wrong:\n{self.wrong}")
        if self.right:
            parts.append("Right:\n" + "\n\n".join(_shown(text) for text in self.right))
        return "\n\n".join(parts)

    def to_json(self) -> dict[str, str]:
        """The parts for a page."""
        right = "\n\n".join(_shown(text) for text in self.right)
        return {
            "code": self.code,
            "title": self.title,
            "means": self.means,
            "wrong": self.wrong,
            "right": right,
        }


def explain(code: str) -> Explanation | None:
    """The explanation of a code such as `DB203`; None for an unknown one."""
    known = explanations()
    return known.get(code.upper())


@cache
def explanations() -> dict[str, Explanation]:
    """Every explanation by its code, in order."""
    table = tomllib.loads((FOLDER / "explanations.toml").read_text(encoding="utf-8"))
    examples: dict[str, tuple[str, str]] = {}
    for path in sorted(FOLDER.iterdir(), key=lambda path: (path.name != _FIRST, path.name)):
        for code, title, text in _sections(path) if path.name.endswith(".txt") else ():
            examples.setdefault(code, (title, text))
    return {
        code: Explanation(
            code,
            *_told(examples, code, str(table.get(code, {}).get("means", ""))),
            tuple(table.get(code, {}).get("right", ())),
            table.get(code, {}).get("after"),
        )
        for code in sorted({*table, *examples})
    }


def _told(examples: dict[str, tuple[str, str]], code: str, means: str) -> tuple[str, str, str]:
    title, wrong = examples.get(code, ("", ""))
    return title, means, wrong


def _sections(path: Traversable) -> list[tuple[str, str, str]]:
    """The code, the title and the text of each recorded case."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^### (?:DB\d{3} )?(.*)\n((?:(?!### ).*\n?)*)", text, re.MULTILINE)
    codes = [re.search(r"^DB\d{3}(?= )", body, re.MULTILINE) for _, body in found]
    return [
        (code[0], title, body.strip("\n"))
        for code, (title, body) in zip(codes, found, strict=True)
        if code is not None
    ]


def _shown(text: str) -> str:
    """A cell as the recorded texts show one; a command as it is."""
    if text.startswith("$ "):
        return text
    return "\n".join(f"    | {row}".rstrip() for row in text.removeprefix("=").split("\n"))
