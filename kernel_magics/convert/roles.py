"""A role is what a statement becomes: part of the setup, a param, an input, a node, or ordinary code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kernel_magics.convert.blockers import (
    Role,
    blocker,
    can_be_setup,
    changed_by_functions,
    foreign_name,
    handed_on,
    is_generator,
    meanings,
    problem,
    shared_generators,
    single,
)
from kernel_magics.convert.kinds import draws_inside, is_container, shows_inside
from kernel_magics.convert.versions import DefUse, Version
from kernel_magics.engine.source.names import builtin_names

_SHARED = ("import", "helper")
THROWAWAY = frozenset({"_", "fig", "ax", "axes", "i", "j", "k"})


@dataclass
class Roles:
    """The role of each statement, and why some stay ordinary; made by `Roles.of`.

    Attributes:
        reasons: for statements that compute something and stay ordinary, why.
        shown: statements that display something.
        wanted: statements that others need.
        deletes: statements that delete variables.
        products: statements whose values are results: no other statement computes with them.
        lacking: statements that stay ordinary only because of others that do.
    """

    chains: DefUse
    role: dict[int, Role] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    shown: set[int] = field(default_factory=set)
    wanted: set[int] = field(default_factory=set)
    products: set[int] = field(default_factory=set)
    deletes: set[int] = field(default_factory=set)
    lacking: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, chains: DefUse, blocked: Mapping[int, str]) -> Roles:
        """Decide every role.

        Args:
            blocked: statements that must stay ordinary, with the reasons.
        """
        reasons = {
            **handed_on(chains),
            **shared_generators(chains),
            **changed_by_functions(chains),
            **blocked,
        }
        lacking: set[int] = set()
        while True:
            roles = cls(chains, reasons=dict(reasons), lacking=lacking)
            roles._decide()
            more = {
                number: reason
                for number in sorted(roles.wanted - reasons.keys())
                if (reason := blocker(roles, number))
            }
            if not more:
                return roles
            lacking |= {number for number in more if not problem(roles, number)}
            reasons |= more

    def needs(self, number: int) -> list[Version]:
        """The versions that a statement reads."""
        return [version for version in self.chains.uses[number].values() if version is not None]

    def is_result(self, version: Version) -> bool:
        """True when a version is a result: no other code computes with it."""
        return version.statement in self.products

    def is_flow(self, version: Version) -> bool:
        """True when a version is a value of the dataflow or of its setup."""
        return self.role[version.statement] in ("setup", "params", "inputs", "node", "ours")

    # -- deciding ------------------------------------------------------------------------------------------

    def _decide(self) -> None:
        chains = self.chains
        for number, kind in enumerate(chains.kinds):
            statement = chains.statements[number]
            self.role[number] = "kept"
            if kind == "ours":
                self.role[number] = "ours"
            elif number in chains.repeats | chains.aliases:
                self.role[number] = "dropped"
            elif isinstance(statement.tree, ast.Delete) and not statement.changes:
                self.deletes.add(number)
        self._setup()
        self._figures()
        self._load()
        self._compute()
        self._constants()
        for number in self.deletes:
            if any(self.is_flow(version) for version in self.needs(number)):
                self.role[number] = "dropped"

    def _setup(self) -> None:
        """Imports, helpers that read only the setup, and the constants that these read."""
        chains = self.chains
        setup = {
            number
            for number, kind in enumerate(chains.kinds)
            if kind in _SHARED
            and number not in self.reasons
            and number not in chains.repeats | chains.evaluating
        }
        while bad := {number for number in setup if foreign_name(chains, number, setup, self.reasons)}:
            setup -= bad
        self._take(setup)
        for number, kind in enumerate(chains.kinds):
            if (
                kind != "constant"
                or number in self.reasons
                or not is_container(chains.statements[number].tree)
            ):
                continue
            fixed = single(chains, number) and all(name.isupper() for name in chains.makes[number])
            if fixed and any(chains.readers.get(version) for version in chains.makes[number].values()):
                self._take([number])

    def _take(self, numbers: Iterable[int]) -> None:
        """Move statements into the setup, and the constants that they read."""
        queue = list(numbers)
        for number in queue:
            if self.role[number] in ("ours", "setup"):
                continue
            self.role[number] = "setup"
            for versions in meanings(self.chains, number).values():
                queue += [item.statement for item in versions]

    def _figures(self) -> None:
        """Code that reads a figure draws on it, so it is not a node."""
        chains = self.chains
        self.shown = {
            number for number, kind in enumerate(chains.kinds) if kind in ("show", "config", "seed", "magic")
        }
        for number, kind in enumerate(chains.kinds):
            if kind in ("compute", "load") and any(
                item.statement in self.shown for item in self.needs(number)
            ):
                self.shown.add(number)

    # -- data ----------------------------------------------------------------------------------------------

    def _load(self) -> None:
        """Statements that load data, with what they need of their cell, if the rest is setup."""
        chains = self.chains
        for number, kind in enumerate(chains.kinds):
            if number in self.reasons or number in self.shown or self.role[number] != "kept":
                continue
            if kind in ("load", "compute") and self._brings_data(number) and not problem(self, number):
                self._make_inputs(self._at_hand(number) or [], chains.cell(number))

    def _brings_data(self, number: int) -> bool:
        chains, statement = self.chains, self.chains.statements[number]
        if not statement.binds and not statement.changes:
            return False
        if chains.kinds[number] == "load" or any(is_generator(chains, item) for item in self.needs(number)):
            return True
        return number in chains.drawing

    def _make_inputs(self, numbers: Iterable[int], cell: int) -> None:
        chains = self.chains
        for number in numbers:
            if chains.kinds[number] == "constant" and (chains.cell(number) != cell or self._shared(number)):
                self._take([number])
            elif self.role[number] == "kept":
                self.role[number] = "inputs"
                readers = {
                    item for version in chains.makes[number].values() for item in self._readers(version)
                }
                if chains.kinds[number] not in ("constant", "seed") and self._is_product(number, readers):
                    self.products.add(number)

    def _shared(self, number: int) -> bool:
        """True when other cells read a constant, too."""
        cells = {
            self.chains.cell(item)
            for version in self.chains.makes[number].values()
            for item in self.chains.readers.get(version, ())
        }
        return single(self.chains, number) and cells != {self.chains.cell(number)}

    def _at_hand(self, number: int) -> list[int] | None:
        """A statement after those that it needs; None if these are more than its cell and the setup."""
        chains, found = self.chains, [number]
        random = number in chains.drawing or any(is_generator(chains, item) for item in self.needs(number))
        for item in found:
            seed = chains.seed_of(item) if item in chains.drawing else None
            if seed is not None:
                found.append(seed)
            for name, version in chains.uses[item].items():
                if version is None and name not in builtin_names():
                    return None
                if version is None or version.statement in found:
                    continue
                made = version.statement
                if self.role[made] == "setup" or chains.statements[made].ours == "setup":
                    continue
                here = chains.cell(made) == chains.cell(number)
                if chains.kinds[made] == "constant" and made not in self.reasons:
                    if not here and not can_be_setup(chains, made, self._all_setup(), self.reasons):
                        return None
                elif (
                    not here
                    or made in self.shown | self.reasons.keys()
                    or (chains.kinds[made] == "load" and not random)
                ):
                    return None  # made of loaded data: a node
                found.append(made)
        return sorted(found)

    def _all_setup(self) -> set[int]:
        return {number for number, role in self.role.items() if role == "setup"}

    # -- nodes ---------------------------------------------------------------------------------------------

    def _compute(self) -> None:
        """Statements that others need become nodes."""
        chains = self.chains
        for number in reversed(range(len(chains.kinds))):
            kind = chains.kinds[number]
            if (
                kind not in ("compute", "load", "helper")
                or self.role[number] != "kept"
                or number in self.shown | self.deletes
            ):
                continue
            readers = {item for version in chains.makes[number].values() for item in self._readers(version)}
            away = {item for item in readers if chains.cell(item) != chains.cell(number)}
            if kind == "helper":  # it reads data, so that it can only be part of one node
                away, readers = set(), set() if away else readers - self.reasons.keys()
            elif self._is_product(number, readers):
                self.products.add(number)
            beside = readers & self.wanted - self.reasons.keys()
            if away or beside or self._helps(number, readers) or number in self.products:
                self.wanted.add(number)
        for number in self.wanted - self.reasons.keys():
            self.role[number] = "node"

    def _helps(self, number: int, readers: set[int]) -> bool:
        """True when code that stays ordinary computes with what a statement makes, and does not change it."""
        chains, made = self.chains, self.chains.makes[number].values()
        return any(
            not any(version.before in made for version in chains.makes[item].values())
            for item in readers & self.reasons.keys()
        )

    def _readers(self, version: Version) -> list[int]:
        """The statements that read a version, without those that only delete it."""
        return [item for item in self.chains.readers.get(version, ()) if item not in self.deletes]

    def _is_product(self, number: int, readers: set[int]) -> bool:
        """True for a result: displayed or left for later, and not only plotted."""
        chains, statement = self.chains, self.chains.statements[number]
        if any(item.ours == "node" for item in chains.statements):
            return False  # a notebook with nodes left the others ordinary on purpose
        if statement.tree is None or (statement.compound and not statement.changes and not readers):
            return False
        made = chains.makes[number].values()
        left = [item for item in made if len(self._readers(item)) == len(chains.readers.get(item, ()))]
        if all(item.name in THROWAWAY for item in left) or shows_inside(statement.tree, chains.origins):
            return False
        return all(
            chains.kinds[item] == "show"
            and not draws_inside(chains.statements[item].tree or ast.Pass(), chains.origins)
            for item in readers
        )

    def _constants(self) -> None:
        """Constants that nodes of other cells read are params; others stay in their cells."""
        chains = self.chains
        for number in reversed(range(len(chains.kinds))):
            if chains.kinds[number] != "constant" or self.role[number] != "kept" or number in self.reasons:
                continue
            made = chains.makes[number].values()
            every = {item for version in made for item in self._readers(version)}
            readers = {item for item in every if self.role[item] in ("node", "params", "inputs")}
            away = [item for item in readers if chains.cell(item) != chains.cell(number)]
            if not readers and self.needs(number):  # made of other constants: computed
                if self._is_product(number, every):
                    self.products.add(number)
                if number in self.products or any(chains.cell(item) != chains.cell(number) for item in every):
                    self.role[number] = "node"
                continue
            if readers and not away and all(self.role[item] == "inputs" for item in readers):
                self.role[number] = "inputs"
            elif readers:
                self.role[number] = "params" if away and self._can_be_param(number) else "node"

    def _can_be_param(self, number: int) -> bool:
        """True when a constant may be a param; other constants that it reads then move to the setup."""
        chains = self.chains
        for version in chains.makes[number].values():
            if any(other.before is version and other.changed for other in chains.versions[version.name]):
                return False
        below = [version.statement for version in self.needs(number)]
        if not all(can_be_setup(chains, item, self._all_setup(), self.reasons) for item in below):
            return False
        self._take(below)
        return True
