"""A version is one of the values that a name has in a notebook, from the statement that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kernel_magics.convert.kinds import Kind, Origins
from kernel_magics.convert.statement import Statement


@dataclass(frozen=True, eq=False)  # by identity: a chain of changes may be long
class Version:
    """The value that `name` has from `statement` on.

    Attributes:
        before: the previous version, if the value was changed in place or may have stayed.
        changed: the previous value was changed in place.
    """

    name: str
    statement: int
    before: Version | None = None
    changed: bool = False


@dataclass(frozen=True)
class DefUse:
    """An ordinary notebook, read: its statements and what each name in them means.

    Attributes:
        uses: for each statement, the version of each name that it reads (None: no statement above binds it).
        makes: for each statement, the versions that it makes.
        versions: for each name, its versions in order.
        readers: for each version, the statements that read it.
        repeats: statements that repeat an import.
        aliases: statements that give a value a second name, under which it is changed.
        bindings: for each name, the statements that bind it, each with the new version.
        called: for each function of the notebook, by the number of its statement, the versions of what it
            reads of the notebook at its calls.
        labels: of the cells, by their places.
        drawing: for statements that draw random numbers, the function of the notebook that draws them ("" for
            the statement itself).
        evaluating: functions and classes that evaluate text when they are called, as the notebook's code.
    """

    statements: tuple[Statement, ...]
    kinds: tuple[Kind, ...]
    origins: Origins
    uses: Mapping[int, Mapping[str, Version | None]] = field(default_factory=dict)
    makes: Mapping[int, Mapping[str, Version]] = field(default_factory=dict)
    versions: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)
    readers: Mapping[Version, tuple[int, ...]] = field(default_factory=dict)
    repeats: frozenset[int] = frozenset()
    aliases: frozenset[int] = frozenset()
    bindings: Mapping[str, tuple[tuple[int, Version], ...]] = field(default_factory=dict)
    called: Mapping[int, Mapping[str, tuple[Version | None, ...]]] = field(default_factory=dict)
    labels: Mapping[int, str] = field(default_factory=dict)
    drawing: Mapping[int, str] = field(default_factory=dict)
    evaluating: frozenset[int] = frozenset()

    def cell(self, number: int) -> int:
        """The cell of a statement."""
        return self.statements[number].cell

    def label(self, number: int) -> str:
        """The label of a statement's cell, for messages."""
        return self.labels[self.cell(number)]

    def seed_of(self, number: int) -> int | None:
        """The statement above in the same cell that seeds the draws of a statement."""
        for item in range(number - 1, -1, -1):
            if self.cell(item) != self.cell(number) or item in self.drawing:
                return None
            if self.kinds[item] == "seed":
                return item
        return None

    def current(self, name: str, number: int) -> Version | None:
        """The version of a name before a statement."""
        known = (version for made, version in reversed(self.bindings.get(name, ())) if made < number)
        return next(known, None)

    def behind(self, numbers: Iterable[int]) -> set[int]:
        """All statements that read what these make, or what is made of that."""
        reached, found = set(numbers), set[int]()
        for number, used in self.uses.items():
            if any(version is not None and version.statement in reached for version in used.values()):
                reached.add(number)
                found.add(number)
        return found
