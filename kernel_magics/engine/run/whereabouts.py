"""Whereabouts: which code of the user runs now, for the report on a process that ends without an exception.

Such a process cannot tell where it was any more, so each place is told when it is entered and when left.
Nothing is told, and nothing costs time, until somebody listens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.run.event import Event, Failed, Finished, Started

Tell = Callable[[str], object]


@dataclass(eq=False)
class _Place:
    """Something that was entered and not left yet; "" while nothing of the user's runs in it."""

    text: str


class _Whereabouts:
    def __init__(self) -> None:
        self.tell: Tell | None = None
        self.stage = _Place("")
        self.places: list[_Place] = []  # the innermost last

    def report(self) -> None:
        if self.tell is not None:
            inside = [place.text for place in self.places if place.text]
            self.tell(inside[-1] if inside else self.stage.text)


_HERE = _Whereabouts()


def listen(tell: Tell | None) -> None:
    """Let this be called with each place from now on, such as "computing 'ctr'"; "" for none."""
    _HERE.tell = tell


def is_heard() -> bool:
    """Whether somebody listens."""
    return _HERE.tell is not None


def begin(stage: str) -> None:
    """Tell a stage of a command: it counts outside of all places, until the next stage begins."""
    _HERE.stage.text = stage
    _HERE.report()


@bracket
def at(text: str) -> Iterator[None]:
    """Tell a place as long as the block runs."""
    if _HERE.tell is None:
        yield
        return
    with _entered(_Place(text)):
        yield


@bracket
def _entered(place: _Place) -> Iterator[None]:
    _HERE.places.append(place)
    _HERE.report()
    try:
        yield
    finally:
        _HERE.places.remove(place)
        _HERE.report()


def followed(events: Iterator[Event]) -> Iterator[Event]:
    """The events of a run; the nodes that are computed are told, all of them where they run at one time."""
    running: dict[str, None] = {}
    place = _Place("")
    with closing(events), _entered(place):  # type: ignore[type-var]
        for event in events:
            if isinstance(event, Started):
                running[event.name] = None
            elif isinstance(event, Finished | Failed):
                running.pop(event.name, None)
            names = " or ".join(f"'{name}'" for name in running)
            place.text = f"computing {names}" if names else ""
            _HERE.report()
            yield event
