"""The setup is what nodes share: imports, constants and helpers, one statement at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.cells.statements import Statement


@dataclass(frozen=True)
class Setup:
    """All setup cells, in notebook order.

    Attributes:
        cells: the setup cells.
        statements: their statements, in order.
        names: every name they bind.
        data: those that are neither imports nor functions.
    """

    cells: tuple[Cell, ...] = ()
    statements: tuple[Statement, ...] = ()
    names: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset()
    _digests: dict[tuple[str, ...], str] = field(default_factory=dict, compare=False, repr=False)
    _single: dict[str, frozenset[int]] = field(default_factory=dict, compare=False, repr=False)
    _reached: dict[int, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    def closure(self, names: Iterable[str]) -> tuple[Statement, ...]:
        """The statements that decide what `names` mean, in order: theirs, and what those read in turn."""
        wanted: set[int] = set()
        for name in names:
            wanted |= self._needed(name)
        return tuple(self.statements[number] for number in sorted(wanted))

    def digest(self, names: Sequence[str]) -> str:
        """Changes exactly when a statement in the closure of `names` changes."""
        key = tuple(names)
        if key not in self._digests:
            code = "\0".join(statement.code for statement in self.closure(key))
            self._digests[key] = hashlib.blake2b(code.encode(), digest_size=8).hexdigest() if key else ""
        return self._digests[key]

    def touched(self, ids: Iterable[str]) -> set[str]:
        """The names whose values these cells may change in place: all that their code can reach."""
        cells = set(ids)
        return {
            name
            for number, statement in enumerate(self.statements)
            if statement.cell_id in cells and not statement.is_import and not statement.is_definition
            for name in self._reach(number)
        }

    def _needed(self, name: str) -> frozenset[int]:
        if name not in self._single:
            self._single[name] = frozenset(self._search(name))
        return self._single[name]

    def _reach(self, number: int) -> frozenset[str]:
        """The names that a statement reads, itself or through the functions that it calls."""
        if number not in self._reached:
            found = dict.fromkeys(self.statements[number].reads)
            queue = list(found)
            for name in queue:
                for statement in self.statements:
                    new = [read for read in statement.reads if name in statement.binds and read not in found]
                    found |= dict.fromkeys(new)
                    queue += new
            self._reached[number] = frozenset(found)
        return self._reached[number]

    def _search(self, name: str) -> set[int]:
        found: set[int] = set()
        seen: set[str] = set()
        queue = [name]
        while queue:
            current = queue.pop()
            if current in seen:
                continue
            seen.add(current)
            for number, statement in enumerate(self.statements):
                touches = current in statement.binds or (statement.effect and current in self._reach(number))
                if touches and number not in found:
                    found.add(number)
                    queue += [*statement.binds, *(read for read in statement.reads if read in self.names)]
        return found


def make_setup(cells: Sequence[Cell]) -> Setup:
    """Collect the statements of setup cells, given in notebook order."""
    statements = [statement for cell in cells for statement in cell.statements]
    names = frozenset(name for statement in statements for name in statement.binds)
    code = {name for item in statements if item.is_import or item.is_definition for name in item.binds}
    return Setup(tuple(cells), tuple(statements), names, names - code)
