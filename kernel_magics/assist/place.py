"""A place is the position of a name in a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kernel_magics.engine.span import Position, Span, code_points, cut, span

__all__ = ["Place", "Position", "Span", "code_points", "cut", "plain", "span"]


def plain(text: str) -> str:
    r"""A text with `\\n` for every kind of line break, as in an editor."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True, slots=True)
class Place:
    """A name with its position in a cell.

    Attributes:
        role: definition, read, write, parameter, keyword, line (of a magic), query or ordinary.
    """

    name: str
    cell: str
    label: str
    span: Span
    role: str

    def to_json(self) -> dict[str, Any]:
        """`{"name", "cell", "label", "start", "end", "role"}`."""
        head = {"name": self.name, "cell": self.cell, "label": self.label}
        return {**head, **self.span.to_json(), "role": self.role}
