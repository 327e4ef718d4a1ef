"""A message is text with references to cells in it, so that it can be rendered with other cell labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple


class CellRef(NamedTuple):  # `dataclasses` takes longer to import than `dagbook --help` may take
    """A reference to a cell: its id, and its label at that time, such as `[4]` ("" in a module)."""

    id: str
    label: str

    def subject(self, line: int = 0) -> Mention:
        """`cell [4]` or `line 3 of cell [4]`, as the subject of a sentence."""
        return Mention(self, line, alone="it")

    def on(self, line: int = 0) -> Mention:
        """` on line 3 of cell [4]`, or ` in cell [4]`; "" if the cell has no label."""
        return Mention(self, line, " on " if line else " in ")

    def aside(self, before: str = "") -> Mention:
        """` (cell [4])`, after the name of what the cell defines."""
        return Mention(self, before=f" ({before}", tail=")")

    def head(self, line: int = 0) -> Mention:
        """`line 3 of cell [4]: `, in front of a sentence."""
        return Mention(self, line, tail=": ")

    def only_label(self, before: str, alone: str = "") -> Mention:
        """`[4]` after some text; both are left out together."""
        return Mention(self, before=before, alone=alone, word="")


class Mention(NamedTuple):
    """A cell, or a line of it, within a message.

    Attributes:
        line: as an editor numbers it; 0 for the whole cell.
        before: text before the cell, and `tail` after it; both are left out if the cell is.
        alone: the text if neither the cell nor the line is given.
        word: the text before the label.
    """

    cell: CellRef
    line: int = 0
    before: str = ""
    tail: str = ""
    alone: str = ""
    word: str = "cell "

    def render(self, label: str, line: bool = True) -> str:
        """The text for a label ("" to leave the cell out), with or without the line."""
        parts = [f"line {self.line}"] if self.line and line else []
        parts += [f"{self.word}{label}"] if label else []
        return f"{self.before}{' of '.join(parts)}{self.tail}" if parts else self.alone


Part = str | Mention


class Message(NamedTuple):
    """Text in parts."""

    parts: tuple[Part, ...] = ()

    @staticmethod
    def of(parts: Part | Message | Iterable[Part]) -> Message:
        """A message from text, a mention, or several of them."""
        if isinstance(parts, Message):
            return parts
        return Message((parts,) if isinstance(parts, str | Mention) else tuple(parts))

    def __str__(self) -> str:
        """The text with the labels that the cells had at that time."""
        return self.render(lambda cell: cell.label)

    def __add__(self, other: Part | Message) -> Message:  # type: ignore[override]  # text, not tuples
        return Message((*self.parts, *Message.of(other).parts))

    def render(self, label: Callable[[CellRef], str], lines: bool = True) -> str:
        """The text with other labels.

        Args:
            label: of each cell; "" leaves it out.
            lines: whether to give lines.
        """
        return "".join(
            part if isinstance(part, str) else part.render(label(part.cell), lines) for part in self.parts
        )

    def relabelled(self, label: Callable[[CellRef], str]) -> Message:
        """The same message about cells with other labels."""
        return Message(
            tuple(
                part if isinstance(part, str) else part._replace(cell=CellRef(part.cell.id, label(part.cell)))
                for part in self.parts
            )
        )

    def mentions(self) -> Iterator[Mention]:
        """The references to cells in it, in order."""
        return (part for part in self.parts if isinstance(part, Mention))
