"""Naming gives each version its own name: the last one keeps the old name, earlier ones say what was done."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from kernel_magics.convert.changing import fits
from kernel_magics.convert.pieces import FLOW, Piece, outputs
from kernel_magics.convert.roles import Roles
from kernel_magics.convert.versions import Version
from kernel_magics.convert.wording import source_name, step_name
from kernel_magics.engine.source.names import builtin_names


class Naming:
    """The name of each version in the converted notebook."""

    def __init__(self, roles: Roles, pieces: Sequence[Piece]) -> None:
        self.roles = roles
        self.labels: dict[Version, str] = {}
        self.outputs: dict[Piece, list[Version]] = {}
        self._taken = _mentioned(roles)
        self._kept: dict[str, str] = {}
        self._home = {number: piece for piece in pieces for number in piece.statements}
        for piece in pieces:
            if piece.role in FLOW:
                self.outputs[piece] = outputs(roles, piece)
        self._shared()
        self._inside()
        self._ordinary()

    def home(self, number: int) -> Piece | None:
        """The piece that contains a statement; None for a statement of the setup."""
        return self._home.get(number)

    def is_output(self, version: Version | None) -> bool:
        """True for a value of the dataflow."""
        home = self.home(version.statement) if version is not None else None
        return home is not None and version in self.outputs.get(home, ())

    # -- values of the dataflow ----------------------------------------------------------------------------

    def _shared(self) -> None:
        by_name: dict[str, list[Version]] = {}
        for given in self.outputs.values():
            for version in given:
                by_name.setdefault(version.name, []).append(version)
        role = self.roles.role
        for name, versions in self.roles.chains.versions.items():
            fixed = [item for item in versions if role[item.statement] == "ours"]
            fixed += [item for item in versions if self._is_import(item)]
            shared = [item for item in versions if role[item.statement] == "setup" and item not in fixed]
            flow = sorted([*by_name.get(name, ()), *shared], key=lambda item: item.statement)
            self.labels |= dict.fromkeys(fixed, name)
            base = usable(name) if len(flow) > len(shared) else name
            base = self._free(base) if base != name else base
            chained = {item.before for item in shared if item.before is not None}
            flow = [item for item in flow if item not in chained]
            for place, version in enumerate(flow):
                if place == len(flow) - 1 and not fixed:
                    self.labels[version] = base
                elif place == 0 and role[version.statement] == "inputs":
                    self.labels[version] = self._free(f"{base}_raw")
                else:
                    self.labels[version] = self._step(version, base) or self._free(f"{base}_{place + 1}")

            for version in reversed(shared):  # a value that the setup changes in place has one name
                if version.before in chained and version.before is not None:
                    self.labels[version.before] = self.labels[version]

    def _step(self, version: Version, base: str) -> str:
        """A name after what the cell does to the value; "" where that is not plain."""
        chains, home = self.roles.chains, self.home(version.statement)
        numbers = home.statements if home is not None else (version.statement,)
        trees = [
            tree
            for number in numbers
            if number <= version.statement
            and any(made.name == version.name for made in chains.makes[number].values())
            and (tree := chains.statements[number].tree) is not None
        ]
        first = version is chains.versions[version.name][0]
        wanted = step_name(version.name, trees, first)
        if wanted and base + wanted.removeprefix(version.name) in self._taken:
            wanted = step_name(version.name, trees, first, more=True)
        wanted = wanted or source_name(version.name, trees, self._data(), self._is_fitted(version), first)
        if not wanted:
            return ""
        wanted = base + wanted.removeprefix(version.name)
        name = next(
            name
            for number in itertools.count(1)
            if (name := f"{wanted}_{number}" if number > 1 else wanted) not in self._taken
        )
        self._taken.add(name)
        return name

    def _data(self) -> set[str]:
        """The names of values that statements of the notebook compute or load."""
        role = self.roles.role
        return {
            name
            for name, versions in self.roles.chains.versions.items()
            if any(role[version.statement] in ("inputs", "params", "node") for version in versions)
        }

    def _is_fitted(self, version: Version) -> bool:
        """True when the next step fits this value."""
        chains = self.roles.chains
        later = [item for item in chains.versions[version.name] if item.before is version and item.changed]
        trees = [chains.statements[item.statement].tree for item in later]
        return any(tree is not None and fits(tree, version.name) for tree in trees)

    def _is_import(self, version: Version) -> bool:
        chains = self.roles.chains
        return chains.kinds[version.statement] == "import" and self.roles.role[version.statement] == "setup"

    # -- names that only one cell sees ---------------------------------------------------------------------

    def _inside(self) -> None:
        """Within a body, an output has its name from the first assignment on."""
        for piece, given in self.outputs.items():
            for number in piece.statements:
                for version in self.roles.chains.makes[number].values():
                    if version not in self.labels:
                        self.labels[version] = self._inner(piece, version, given)

    def _inner(self, piece: Piece, version: Version, given: Sequence[Version]) -> str:
        """A version that becomes an output gets its name early; other values have names of their own."""
        name = version.name
        own = [item for item in given if item.name == name]
        later = [item for item in own if item.statement >= version.statement]
        aliased = self._has_aliases(version)
        if later and (not aliased or _root(later[0]) == _root(version)):
            return self.labels[later[0]]
        before = version.before if version.changed else None
        if aliased and before is not None and before not in given and self.home(before.statement) == piece:
            return self.labels[before]
        if aliased:
            return self._free(f"{usable(name)}_2")
        if piece.role == "inputs":
            return name if name.startswith("_") else f"_{name}"
        taken = {self.labels.get(item) for item in self.roles.chains.versions[name] if self._is_shared(item)}
        taken |= {self.labels[item] for item in own}
        return self._kept_name(name) if name in taken else name

    def _is_shared(self, version: Version) -> bool:
        return self.roles.role[version.statement] in ("setup", "ours")

    def _ordinary(self) -> None:
        """Ordinary code may reuse a name unless it names a value of the dataflow."""
        flow = {self.labels[version] for given in self.outputs.values() for version in given}
        flow |= {label for version, label in self.labels.items() if self._is_shared(version)}
        for made in self.roles.chains.makes.values():
            for version in made.values():
                if version not in self.labels:
                    self.labels[version] = self._kept_label(version, version.name in flow)

    def _kept_label(self, version: Version, clashes: bool) -> str:
        before = version.before
        if before is not None:
            inside = version.changed and self._stays_inside(version)
            if inside or not self.roles.is_flow(before):
                return self.labels.get(before, version.name)
        if self._has_aliases(version):  # the name may refer to something else while the alias stays
            return self._free(f"{usable(version.name)}_2")
        return self._kept_name(version.name) if clashes else version.name

    def _has_aliases(self, version: Version) -> bool:
        """True when the value, or a later version of it changed in place, has a second name."""
        chain = {version}
        for item in self.roles.chains.versions[version.name]:
            if item.before in chain and item.changed:
                chain.add(item)
        names = {
            name
            for name, known in self.roles.chains.bindings.items()
            if any(item in chain for _, item in known)
        }
        return len(names) > 1

    def _stays_inside(self, version: Version) -> bool:
        """True when no other cell reads the version, nor later versions of it changed in place."""
        chains, chain = self.roles.chains, {version}
        for item in chains.versions[version.name]:
            if item.before in chain:
                chain.add(item)
        cells = {chains.cell(reader) for item in chain for reader in chains.readers.get(item, ())}
        return cells | {chains.cell(item.statement) for item in chain} == {chains.cell(version.statement)}

    def _kept_name(self, name: str) -> str:
        if name not in self._kept:
            number = sum(version.name == name for given in self.outputs.values() for version in given)
            self._kept[name] = self._free(f"{usable(name)}_{number + 1}")
        return self._kept[name]

    def _free(self, wanted: str) -> str:
        """A name that does not occur in the notebook."""
        base, _, number = wanted.rpartition("_")
        name = wanted
        while name in self._taken:
            name = f"{base}_{int(number) + 1}" if number.isdigit() else f"{name}_2"
            base, _, number = name.rpartition("_")
        self._taken.add(name)
        return name


def _root(version: Version) -> Version:
    """The first version in a chain of changes in place."""
    while version.changed and version.before is not None:
        version = version.before
    return version


def usable(name: str) -> str:
    """A valid name of a node."""
    plain = name.strip("_") or "value"
    return f"{plain}_value" if plain in builtin_names() else plain


def _mentioned(roles: Roles) -> set[str]:
    """Every name in the notebook."""
    found: set[str] = set(builtin_names())
    for statement in roles.chains.statements:
        found.update(statement.reads, statement.binds)
    return found
