"""A message is text with mentions of cells in it, so that it can be told again under other labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class CellRef:
    """Which cell is meant: its id, and the label that a person knew it by, such as `[4]` ("" in a module)."""

    id: str
    label: str

    def subject(self, line: int = 0) -> Mention:
        """`cell [4]` or `line 3 of cell [4]`, as the subject of a sentence."""
        return Mention(self, line, alone="it")

    def on(self, line: int = 0) -> Mention:
        """` on line 3 of cell [4]`, or ` in cell [4]`; says nothing where the cell has no label."""
        return Mention(self, line, " on " if line else " in ")

    def aside(self, before: str = "") -> Mention:
        """` (cell [4])`, behind what the cell defines."""
        return Mention(self, before=f" ({before}", tail=")")

    def head(self, line: int = 0) -> Mention:
        """`line 3 of cell [4]: `, in front of a sentence."""
        return Mention(self, line, tail=": ")

    def only_label(self, before: str, alone: str = "") -> Mention:
        """`[4]` behind some text, which goes with it."""
        return Mention(self, before=before, alone=alone, word="")


@dataclass(frozen=True, slots=True)
class Mention:
    """A cell, or a line of it, within a message.

    Attributes:
        line: as an editor numbers it; 0 for the whole cell.
        before: text in front, and `tail` behind, said only with the mention.
        alone: what is said in place of all this where neither the cell nor the line is told.
        word: what stands in front of the label.
    """

    cell: CellRef
    line: int = 0
    before: str = ""
    tail: str = ""
    alone: str = ""
    word: str = "cell "

    def told(self, label: str, line: bool = True) -> str:
        """The mention under a label ("" to leave the cell out), with the line or without it."""
        parts = [f"line {self.line}"] if self.line and line else []
        parts += [f"{self.word}{label}"] if label else []
        return f"{self.before}{' of '.join(parts)}{self.tail}" if parts else self.alone


Part = str | Mention


@dataclass(frozen=True, slots=True)
class Message:
    """Text in parts."""

    parts: tuple[Part, ...] = ()

    @staticmethod
    def of(said: Part | Message | Iterable[Part]) -> Message:
        """A message from text, a mention, or several of them."""
        if isinstance(said, Message):
            return said
        return Message((said,) if isinstance(said, str | Mention) else tuple(said))

    def __str__(self) -> str:
        """The text with the labels that the cells had."""
        return self.told(lambda cell: cell.label)

    def __add__(self, other: Part | Message) -> Message:
        return Message((*self.parts, *Message.of(other).parts))

    def told(self, label: Callable[[CellRef], str], lines: bool = True) -> str:
        """The text with other labels.

        Args:
            label: of each cell; "" leaves it out.
            lines: whether lines are told.
        """
        return "".join(
            part if isinstance(part, str) else part.told(label(part.cell), lines) for part in self.parts
        )

    def relabelled(self, label: Callable[[CellRef], str]) -> Message:
        """The same message about cells with other labels."""
        return Message(
            tuple(
                part if isinstance(part, str) else replace(part, cell=CellRef(part.cell.id, label(part.cell)))
                for part in self.parts
            )
        )

    def mentions(self) -> Iterator[Mention]:
        """The cells that it mentions, in order."""
        return (part for part in self.parts if isinstance(part, Mention))
