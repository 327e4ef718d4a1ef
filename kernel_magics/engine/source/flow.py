"""The control flow of code: which names are bound at a point, on every path to it or on some path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kernel_magics.engine.source.scopes import Scope


@dataclass(slots=True)
class Assigned:
    """The names bound at one point of the code: on every path to it, and on some path."""

    definitely: set[str] = field(default_factory=set)
    maybe: dict[str, None] = field(default_factory=dict)
    unreachable: bool = False

    def copy(self, more: Iterable[str] = ()) -> Assigned:
        """A copy with `more` names that may be bound."""
        return Assigned(set(self.definitely), self.maybe | dict.fromkeys(more), self.unreachable)


def join(*states: Assigned) -> Assigned:
    """The state at a point where several paths meet."""
    reached = [state for state in states if not state.unreachable]
    if not reached:
        return Assigned(unreachable=True)
    maybe = {name: None for state in reached for name in state.maybe}
    return Assigned(set.intersection(*(state.definitely for state in reached)), maybe)


@dataclass(eq=False, slots=True)
class Flow:
    """The state of a walk through a module or class body."""

    scope: Scope
    around: Flow | None = None
    at: Assigned = field(default_factory=Assigned)
    bound: list[str] = field(default_factory=list)  # every reached binding, in order
    local: set[str] = field(default_factory=set)
    # what a class body looks up in the scopes around it
    early: list[tuple[int, str]] = field(default_factory=list)
    breaks: list[Assigned] = field(default_factory=list)
    continues: list[Assigned] = field(default_factory=list)

    @property
    def reached(self) -> bool:
        """Whether some path leads to the present point."""
        return not self.at.unreachable and (self.around is None or self.around.reached)

    def bind(self, name: str) -> None:
        """Note that a name gets a value."""
        self.local.add(name)
        if self.reached:
            self.at.definitely.add(name)
            self.at.maybe[name] = None
            self.bound.append(name)

    def unbind(self, name: str) -> None:
        """Note that a name loses its value."""
        self.local.add(name)
        self.at.maybe.pop(name, None)
        if self.scope.kind == "module":
            self.at.definitely.add(name)  # Python raises at a later read and does not search further
        else:
            self.at.definitely.discard(name)  # a class body searches the scopes around it
