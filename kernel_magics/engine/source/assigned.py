"""Assigned: what is known, at one point of a body, about the names bound so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Assigned:
    """At one point, `settled` names were bound on every path to it, and `live` ones may be bound there."""

    settled: set[str] = field(default_factory=set)
    live: dict[str, None] = field(default_factory=dict)
    dead: bool = False  # no path leads here

    def copy(self, also_live: Iterable[str] = ()) -> "Assigned":
        return Assigned(set(self.settled), self.live | dict.fromkeys(also_live), self.dead)


def join(*states: Assigned) -> Assigned:
    """The state where several paths meet."""
    alive = [state for state in states if not state.dead]
    if not alive:
        return Assigned(dead=True)
    live = {name: None for state in alive for name in state.live}
    return Assigned(set.intersection(*(state.settled for state in alive)), live)
