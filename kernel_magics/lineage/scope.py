"""A scope is the values of variables: two names may have one value, a list may contain others."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kernel_magics.lineage.shape import Shape, either, joined

_numbers = itertools.count()


@dataclass
class Scope:
    """Variables, each with the place of its value.

    A shape's `refs` are places whose values the value may be or may contain. A change in place of a value
    therefore changes every value that refers to its place.

    Attributes:
        names: the place of each variable.
        places: the shape of the value at each place.
    """

    names: dict[str, int] = field(default_factory=dict)
    places: dict[int, Shape] = field(default_factory=dict)

    def copy(self) -> Scope:
        """A copy, for a branch."""
        return Scope(dict(self.names), dict(self.places))

    def read(self, name: str) -> Shape | None:
        """The value of a variable; None for other names."""
        place = self.names.get(name)
        if place is None:
            return None
        return replace(self.places[place], refs=self._reached({place}))

    def bind(self, name: str, value: Shape, place: int | None = None) -> None:
        """Assign a new value, or the value at a place."""
        if place is None:
            place = next(_numbers)
            self.places[place] = value
        self.names[name] = place

    def change(self, name: str, new: Shape) -> None:
        """Change the value of a variable in place."""
        place = self.names[name]
        holds = new.refs - {place} if new.plain else frozenset()
        if self.places[place].refs:
            self.taint(self._reached({place}), new)
            self.places[place] = replace(self.places[place], refs=self.places[place].refs | holds)
            return
        self.places[place] = replace(new, refs=holds)
        self.taint({place}, new, but=place)

    def taint(self, places: Iterable[int], by: Shape, but: int | None = None) -> None:
        """Note that the values at these places, and values that contain them, may have been changed."""
        touched = set(places)
        for place in list(self.places):
            if place != but and (place in touched or self._reached({place}) & touched):
                self.places[place] = _changed(self.places[place], by)

    def doubt(self, before: Scope) -> None:
        """Make all values inexact that changed since `before`."""
        for name, place in self.names.items():
            if place != before.names.get(name) or self.places[place] != before.places.get(place):
                self.places[place] = self.places[place].unsure()
        for place, shape in self.places.items():
            if place in before.places and shape != before.places[place]:
                self.places[place] = shape.unsure()

    def shapes(self) -> Mapping[str, Shape]:
        """The shape of each variable, whatever its place."""
        return {name: replace(self.places[place], refs=frozenset()) for name, place in self.names.items()}

    def _reached(self, places: Iterable[int]) -> frozenset[int]:
        found = set(places)
        queue = list(found)
        for place in queue:
            new = self.places[place].refs - found if place in self.places else frozenset()
            found |= new
            queue += new
        return frozenset(found)


def merged(first: Scope, second: Scope, control: Shape) -> Scope:
    """The scope after one of two branches, chosen by `control`."""
    result = Scope()
    for place in first.places | second.places:
        one, other = first.places.get(place), second.places.get(place)
        if one is not None and other is not None:
            result.places[place] = one if one == other else either(one, other).by(control)
        else:
            result.places[place] = (one or other or Shape()).by(control)
    pairs: dict[tuple[int | None, int | None], int] = {}
    for name in first.names | second.names:
        pair = (first.names.get(name), second.names.get(name))
        if pair not in pairs:
            pairs[pair] = _met(first, second, pair, control, result)
        result.names[name] = pairs[pair]
    return result


def _met(
    first: Scope, second: Scope, pair: tuple[int | None, int | None], control: Shape, result: Scope
) -> int:
    """The place of a variable after two branches."""
    one, other = pair
    if one is None or other is None or one == other:
        place = one if one is not None else other
        assert place is not None
        return place
    shape = either(first.places[one], second.places[other]).by(control)
    shared = {
        place
        for scope, mine in ((first, one), (second, other))
        for name, place in scope.names.items()
        if place == mine and (first.names.get(name), second.names.get(name)) != pair
    }
    held = {ref for item in [*first.places.values(), *second.places.values()] for ref in item.refs}
    place = next(_numbers)
    result.places[place] = replace(shape, refs=shape.refs | shared | (held & {one, other}))
    return place


def _changed(old: Shape, by: Shape) -> Shape:
    """A value after an unknown change that involved another value."""
    new = replace(joined([old, by]), loose=True, refs=old.refs)
    return new if old.plain else replace(new, exact=False)
