"""A piece is a group of statements of one cell that become one cell of the converted notebook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from kernel_magics.convert.blockers import Role
from kernel_magics.convert.roles import THROWAWAY, Roles
from kernel_magics.convert.versions import Version

_WRITES = re.compile(r"\b(?:to_\w+|save\w*|dump\w*|write\w*)\s*\(")

FLOW = ("params", "inputs", "node")


@dataclass(frozen=True)
class Piece:
    """Statements of one role in one cell, by number."""

    cell: int
    role: Role
    statements: tuple[int, ...]


@dataclass
class _Segment:
    """The statements of a cell between two places where order matters."""

    before: list[int] = field(default_factory=list)
    params: list[int] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    node: list[int] = field(default_factory=list)
    behind: list[int] = field(default_factory=list)

    def pieces(self, roles: Roles, cell: int) -> Iterator[Piece]:
        groups: list[tuple[Role, list[int]]] = [
            ("kept", self.before),
            ("params", self.params),
            ("inputs", self.inputs),
            *(("node", group) for group in _computations(roles, self.node)),
            ("kept", self.behind),
        ]
        for role, numbers in groups:
            if numbers:
                yield Piece(cell, role, tuple(numbers))

    @property
    def computes(self) -> bool:
        return bool(self.params or self.inputs or self.node)


def cell_pieces(roles: Roles, cell: int, numbers: Sequence[int]) -> list[Piece]:
    """The pieces of a cell in order, without the statements of the setup."""
    left = [number for number in numbers if roles.role[number] not in ("setup", "dropped")]
    if left and all(roles.role[number] in ("kept", "ours") for number in left):
        return [Piece(cell, roles.role[left[0]], tuple(left))]
    segments = [_Segment()]
    for number in left:
        role, segment = roles.role[number], segments[-1]
        if role != "kept":
            if _must_split(roles, segment, number):
                segment = _Segment()
                segments.append(segment)
            getattr(segment, role).append(number)
            continue
        magic = roles.chains.kinds[number] in ("magic", "config", "seed")
        if magic and segment.computes and _runs_command(roles, number):
            segments.append(_Segment(before=[number]))
        elif magic and not segment.computes and not segment.behind:
            segment.before.append(number)
        else:
            segment.behind.append(number)
    return [piece for segment in segments for piece in segment.pieces(roles, cell)]


def _computations(roles: Roles, numbers: Sequence[int]) -> list[list[int]]:
    """The statements of nodes in groups: each computes what no other group needs half done.

    A group that reads a result of another one comes behind it.
    """
    own = set(numbers)
    groups = {number: {number} for number in numbers}

    def join(one: int, other: int) -> None:
        both = groups[one] | groups[other]
        groups.update(dict.fromkeys(both, both))

    reads = {number: [item for item in roles.needs(number) if item.statement in own] for number in numbers}
    for number in numbers:
        for version in reads[number]:
            if version.statement != number and not _away(roles, own, version):
                join(number, version.statement)
    while True:
        order: list[int] = []  # the first statements of the groups
        left = list(dict.fromkeys(min(groups[number]) for number in numbers))
        while left:
            ready = (
                first
                for first in left
                if all(
                    min(groups[version.statement]) in (first, *order)
                    for number in groups[first]
                    for version in reads[number]
                )
            )
            first = next(ready, None)
            if first is None:
                break
            order.append(first)
            left.remove(first)
        if not left:
            return [sorted(groups[first]) for first in order]
        for other in left[1:]:  # they need each other
            join(left[0], other)


def _away(roles: Roles, own: set[int], version: Version) -> bool:
    """True when code outside these statements reads a version, which so is an output."""
    if roles.chains.kinds[version.statement] in ("helper", "constant"):
        return False
    return bool(set(roles.chains.readers.get(version, ())) - own - roles.deletes)


def _runs_command(roles: Roles, number: int) -> bool:
    return roles.chains.statements[number].text.lstrip().startswith("!")


def _must_split(roles: Roles, segment: _Segment, number: int) -> bool:
    """True when code of the segment displays a value that a statement of a node replaces.

    Or when it writes a file, which an input may read.
    """
    if roles.role[number] == "inputs":
        return any(_WRITES.search(roles.chains.statements[item].text) for item in segment.behind)
    if roles.role[number] != "node":
        return False
    own = {*segment.inputs, *segment.node, *segment.params}
    return any(
        version.statement in own
        and any(reader in segment.behind for reader in roles.chains.readers.get(version, ()))
        for made in roles.chains.makes[number].values()
        for version in roles.chains.versions[made.name]
    )


def outputs(roles: Roles, piece: Piece) -> list[Version]:
    """What a piece defines in the dataflow: versions that are read outside it, and results."""
    made = [version for number in piece.statements for version in roles.chains.makes[number].values()]
    skipped = {
        (number, name) for number in piece.statements for name in roles.chains.statements[number].skipped
    }
    made = [version for version in made if (version.statement, version.name) not in skipped]
    last = {version.name: version for version in made}
    inside = set(piece.statements)
    found: dict[Version, None] = {}
    for version in made:
        away = set(roles.chains.readers.get(version, ())) - inside - roles.deletes
        result = last[version.name] is version and _result(roles, piece, version)
        if away or result or _left(roles, piece, version) or piece.role == "params":
            found[version] = None
    return list(found)


def _left(roles: Roles, piece: Piece, version: Version) -> bool:
    """True for the value that the notebook leaves under a name which has another value in a cell above.

    That name would else mean the value above.
    """
    chains, known = roles.chains, roles.chains.versions[version.name]
    if known[-1] is not version or chains.kinds[version.statement] not in ("compute", "load"):
        return False
    if version.name in THROWAWAY or (chains.statements[version.statement].compound and not version.changed):
        return False
    above = [item for item in known[:-1] if chains.cell(item.statement) != piece.cell]
    return any(roles.role[item.statement] in FLOW and chains.readers.get(item) for item in above)


def _result(roles: Roles, piece: Piece, version: Version) -> bool:
    """True for a result that is not just a helper of the piece's own statements."""
    chains = roles.chains
    if chains.kinds[version.statement] == "helper" or chains.statements[version.statement].compound:
        return False  # a loop leaves its own variables behind, too
    readers = [item for item in chains.readers.get(version, ()) if item in piece.statements]
    return not readers and roles.is_result(version)


def flatten(pieces: Iterable[Sequence[Piece]]) -> list[Piece]:
    """All pieces in order."""
    return [piece for group in pieces for piece in group]
