"""The setup is what nodes share: imports, constants and helpers, one statement at a time."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.cells.family import Unreadable, constant
from kernel_magics.engine.cells.modifiers import aliases
from kernel_magics.engine.cells.statements import Statement
from kernel_magics.engine.source.tree import FunctionOrClass


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
        """The statements that bind `names` and, in turn, the names that those statements read; in order."""
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

    @cached_property
    def extensions(self) -> Mapping[str, str]:
        """Attributes that the setup adds to objects of libraries, each with a name whose closure adds it."""
        imported = {name for item in self.statements if item.is_import for name in item.binds}
        return {
            attribute: item.binds[0] if isinstance(item.node, FunctionOrClass) else library
            for item in self.statements
            for attribute, library in item.influence.attributes
            if library in imported
        }

    @cached_property
    def modifiers(self) -> Mapping[str, str]:
        """Names that stand for decorators of Apache Hamilton, with what they mean there."""
        return aliases(item.node for item in self.statements if item.is_import)

    def constant(self, name: str) -> Sequence[object] | str:
        """The values of a literal list, tuple, dict or range; the reason as text where it is none."""
        closure = self.closure([name])
        if not closure:
            return "the setup does not define it"
        node = closure[0].node
        if len(closure) > 1 or not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            return "it is no literal list, tuple, dict or range of the setup that nothing changes"
        try:
            return constant(node.value)
        except Unreadable as error:
            return str(error)

    def touched(self, ids: Iterable[str]) -> set[str]:
        """The names whose values these cells may change in place, directly or through functions."""
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

    @cached_property
    def _binders(self) -> Mapping[str, Sequence[int]]:
        """The indices of the statements that bind each name."""
        return _index(statement.binds for statement in self.statements)

    @cached_property
    def _changers(self) -> Mapping[str, Sequence[int]]:
        """The indices of the statements that may change the value of each name without binding it."""
        return _index(map(self._influences, range(len(self.statements))))

    def _binding(self, name: str) -> list[Statement]:
        return [self.statements[number] for number in self._binders.get(name, ())]

    def _reach(self, number: int) -> frozenset[str]:
        """The names that a statement reads, itself or through the functions that it calls."""
        if number not in self._reached:
            found = _closed(self.statements[number].reads, self._reads)
            self._reached[number] = frozenset(found)
        return self._reached[number]

    def _reads(self, name: str) -> list[str]:
        """The names that a name's statements read."""
        return [read for statement in self._binding(name) for read in statement.reads]

    def _influences(self, number: int) -> Iterable[str]:
        """The names whose values a statement may change without binding them."""
        statement = self.statements[number]
        if statement.is_import or statement.is_definition:
            return ()
        return self._reach(number) if statement.effect else _closed(self._changed(statement), self._held)

    def _changed(self, statement: Statement) -> set[str]:
        """The names whose values a statement changes itself, through decorators or called functions."""
        own = statement.influence
        found = {name for name in own.changes if name in own.reads}
        found |= {name for name, attribute in own.decorators if attribute or not self._is_function(name)}
        for name in _closed(own.reads, self._reads):
            for item in self._binding(name):
                found.update(read for read in item.influence.later if read in (*item.reads, *item.binds))
                found.update(own.reads if item.influence.alters else ())
        return {name for name in found if name in self.data or name in own.changes}

    def _held(self, name: str) -> list[str]:
        """The names that may share an object with `name`, such as `a` in `b = [a]`: a change of one is
        visible in the other."""
        if self._is_function(name):
            return []
        return [read for read in self._reads(name) if read in self.data]

    def _is_function(self, name: str) -> bool:
        return any(name in statement.functions for statement in self._binding(name))

    def _search(self, name: str) -> set[int]:
        found: set[int] = set()
        seen: set[str] = set()
        queue = [name]
        while queue:
            current = queue.pop()
            if current in seen:
                continue
            seen.add(current)
            for number in (*self._binders.get(current, ()), *self._changers.get(current, ())):
                statement = self.statements[number]
                if number not in found:
                    found.add(number)
                    queue += statement.binds if current in statement.binds else ()
                    queue += [read for read in statement.reads if read in self.names]
        return found


def make_setup(cells: Sequence[Cell]) -> Setup:
    """Collect the statements of setup cells, given in notebook order."""
    statements = [statement for cell in cells for statement in cell.statements]
    names = frozenset(name for statement in statements for name in statement.binds)
    code = {name for item in statements if item.is_import or item.is_definition for name in item.binds}
    return Setup(tuple(cells), tuple(statements), names, names - code)


def _index(listed: Iterable[Iterable[str]]) -> dict[str, list[int]]:
    """The indices of the entries that contain each name."""
    found: dict[str, list[int]] = {}
    for number, names in enumerate(listed):
        for name in names:
            found.setdefault(name, []).append(number)
    return found


def _closed(names: Iterable[str], more: Callable[[str], Iterable[str]]) -> dict[str, None]:
    """The transitive closure of names under `more`, in order."""
    found = dict.fromkeys(names)
    queue = list(found)
    for name in queue:
        new = [other for other in dict.fromkeys(more(name)) if other not in found]
        found |= dict.fromkeys(new)
        queue += new
    return found
