"""The setup is what nodes share: imports, constants and helpers, one statement at a time."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.references import Function, read_names


@dataclass(frozen=True, slots=True)
class Statement:
    """One top-level statement of a setup cell.

    Attributes:
        text: its source, with the comment lines right above it.
        code: its source alone, which decides whether it changed.
        is_definition: a function, whose body does not run yet.
        functions: the functions that it defines.
        node: its syntax, not to be changed.
        effect: True when it binds nothing but may change what others see (`pd.set_option(…)`).
    """

    text: str
    code: str
    binds: tuple[str, ...]
    reads: tuple[str, ...]
    cell_id: str
    label: str
    line: int
    is_import: bool
    is_definition: bool
    functions: tuple[str, ...]
    effect: bool
    node: ast.stmt = field(compare=False, repr=False)

    @property
    def ref(self) -> CellRef:
        """Which cell this is, for messages."""
        return CellRef(self.cell_id, self.label)


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
    statements = [statement for cell in cells for statement in _statements(cell)]
    names = frozenset(name for statement in statements for name in statement.binds)
    code = {name for item in statements if item.is_import or item.is_definition for name in item.binds}
    return Setup(tuple(cells), tuple(statements), names, names - code)


def _statements(cell: Cell) -> list[Statement]:
    return [_statement(cell, block) for block in blocks(cell.placed)]


def _statement(cell: Cell, block: Block) -> Statement:
    node = block.node
    names = read_names([node])
    functions = [item for item in names.references if isinstance(item.node, Function)]
    defined = {item.name for item in functions if item.home.parent is None}
    return Statement(
        text=block.text,
        code=ast.unparse(node),
        binds=names.binds,
        reads=tuple(name for name in names.reads if name not in builtin_names()),
        cell_id=cell.id,
        label=cell.label,
        line=block.first,
        is_import=isinstance(node, ast.Import | ast.ImportFrom),
        is_definition=isinstance(node, Function) and not node.decorator_list,
        functions=tuple(name for name in names.binds if name in defined),
        effect=not names.binds and not _only_shows(node),
        node=node,
    )


def _only_shows(node: ast.stmt) -> bool:
    """True for statements that a reader of the notebook sees and a module does not need."""
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    shown = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print"
    return shown or isinstance(value, ast.Constant | ast.Name | ast.Attribute)
