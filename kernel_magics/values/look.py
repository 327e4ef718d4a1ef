"""A look is the raw material of a summary; each library's handlers make it for their types."""

import functools
import reprlib
from collections.abc import Iterable, Sized
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from kernel_magics.engine.source.type_name import type_name

ROWS: Final = 1_000_000
"""In a longer value every n-th row is counted, so that at most this many are."""
LINES: Final = 6
WIDTH: Final = 80
TOP: Final = 5
_MEMBERS: Final = 40  # members of a container that are printed; the width cuts them anyway


@dataclass(frozen=True)
class Histogram:
    """Counts between edges; one edge more than counts."""

    edges: list[float]
    counts: list[int]


@dataclass(frozen=True)
class Look:
    """See `Summary` for the fields; the text may still be too long, the note says when rows were left out."""

    type: str
    shape: str
    text: str
    nulls: float | None = None
    histogram: Histogram | None = None
    top: tuple[tuple[str, int], ...] | None = None
    note: str = ""


@functools.singledispatch
def look(value: object) -> Look:
    """A look at a value of the standard library or of an unknown type."""
    sized = isinstance(value, Sized) and not isinstance(value, str | bytes | type)
    return Look(type_name(value), str(len(value)) if sized else "", short_text(value))  # type: ignore[arg-type]


def step_of(length: int) -> tuple[int, str]:
    """The step between counted rows, and the note about it."""
    step = max(1, -(-length // ROWS))
    return step, f"(counted on every {step}th row)" if step > 1 else ""


def columns_of(count: int) -> str:
    """ "1 col", "3 cols"."""
    return f"{count} col{'' if count == 1 else 's'}"


def commonest(pairs: Iterable[tuple[Any, Any]]) -> tuple[tuple[str, int], ...]:
    """The texts with the highest counts; ties in order of appearance."""
    found = sorted(pairs, key=lambda pair: -int(pair[1]))[:TOP]
    return tuple((str(value)[:WIDTH], int(count)) for value, count in found if count)


class _Short(reprlib.Repr):
    """A repr that cuts long texts and containers before they are printed."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = _MEMBERS
        self.maxdeque = self.maxarray = _MEMBERS
        self.maxstring = self.maxlong = self.maxother = 2 * WIDTH

    def repr_instance(self, x: object, level: int) -> str:
        """Raise an error of the object's own repr, which the base class would hide."""
        return repr(x)


_SHORT: Final = _Short()


def short_text(value: Any) -> str:
    """The beginning of the value's repr, without printing (or sorting) all of a long one."""
    if type(value) is dict:
        pairs = islice(value.items(), _MEMBERS)
        members = (f"{_SHORT.repr(key)}: {_SHORT.repr(member)}" for key, member in pairs)
        return "{" + ", ".join(members) + (", …}" if len(value) > _MEMBERS else "}")
    if type(value) in (set, frozenset) and len(value) > _MEMBERS:
        return "{" + ", ".join(map(_SHORT.repr, islice(value, _MEMBERS))) + ", …}"
    return _SHORT.repr(value[: 2 * WIDTH] if type(value) in (str, bytes) else value)
