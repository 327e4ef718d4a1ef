"""A version is one of the values that a name has in the course of a notebook; each has one statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kernel_magics.convert.changing import changed_parameters
from kernel_magics.convert.kinds import Kind, Origins, draws_random, import_origins, kind_of
from kernel_magics.convert.statement import Statement
from kernel_magics.engine.statements import walk

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Version:
    """The value that `name` has from `statement` on.

    Attributes:
        before: the version that it is made of, when the value was changed in place or may have stayed.
        changed: the value before was changed in place.
    """

    name: str
    statement: int
    before: Version | None = None
    changed: bool = False


@dataclass(frozen=True)
class Book:
    """An ordinary notebook, read: its statements and what each name in them means.

    Attributes:
        uses: for each statement, the version of each name that it reads (None: no statement above binds it).
        makes: for each statement, the versions that it makes.
        versions: for each name, its versions in order.
        readers: for each version, the statements that read it.
        repeats: statements that repeat an import.
        called: for each function of the notebook, by the number of its statement, the versions of what it
            reads of the notebook at its calls.
    """

    statements: tuple[Statement, ...]
    kinds: tuple[Kind, ...]
    origins: Origins
    uses: Mapping[int, Mapping[str, Version | None]] = field(default_factory=dict)
    makes: Mapping[int, Mapping[str, Version]] = field(default_factory=dict)
    versions: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)
    readers: Mapping[Version, tuple[int, ...]] = field(default_factory=dict)
    repeats: frozenset[int] = frozenset()
    called: Mapping[int, Mapping[str, tuple[Version | None, ...]]] = field(default_factory=dict)

    def cell(self, number: int) -> int:
        """The cell of a statement."""
        return self.statements[number].cell


def read_book(statements: Sequence[Statement]) -> Book:
    """Follow every name from statement to statement."""
    origins = import_origins(statements)
    statements = _with_calls(statements)
    kinds = tuple(_kinds(statements, origins))
    now: dict[str, Version] = {}
    imports: dict[str, str] = {}
    uses: dict[int, dict[str, Version | None]] = {}
    makes: dict[int, dict[str, Version]] = {}
    versions: dict[str, list[Version]] = {}
    readers: dict[Version, list[int]] = {}
    repeats: set[int] = set()
    calls = _Calls()
    for statement, kind in zip(statements, kinds, strict=True):
        number = statement.number
        touched = [*statement.reads, *(name for name in statement.keeps if name in now)]
        uses[number] = {name: now.get(name) for name in dict.fromkeys(touched)}
        uses[number] |= calls.note(uses[number], now)
        calls.define(statement, kind)
        for version in uses[number].values():
            if version is not None:
                readers.setdefault(version, []).append(number)
        if kind == "import":
            text = ast.unparse(statement.tree) if statement.tree else ""
            if statement.binds and all(imports.get(name) == text for name in statement.binds):
                repeats.add(number)
                makes[number] = {}
                continue
            imports |= dict.fromkeys(statement.binds, text)
        makes[number] = _made(statement, now, uses[number])
        now |= makes[number]
        for name, version in makes[number].items():
            versions.setdefault(name, []).append(version)
    return Book(
        tuple(statements),
        kinds,
        origins,
        uses,
        makes,
        {name: tuple(items) for name, items in versions.items()},
        {version: tuple(items) for version, items in readers.items()},
        frozenset(repeats),
        calls.found,
    )


class _Calls:
    """Functions look up what they read when they are called: whoever mentions one reads that, too."""

    def __init__(self) -> None:
        self._inner: dict[int, list[str]] = {}
        self.found: dict[int, dict[str, tuple[Version | None, ...]]] = {}

    def define(self, statement: Statement, kind: Kind) -> None:
        """Note what a function reads when it is called."""
        if kind == "helper" and statement.tree is not None:
            at_once = walk([statement.tree]).reads
            self._inner[statement.number] = [name for name in statement.reads if not at_once.get(name)]
            self.found[statement.number] = {}

    def note(
        self, used: Mapping[str, Version | None], now: Mapping[str, Version]
    ) -> dict[str, Version | None]:
        """What the functions among the used names read where they are used."""
        more: dict[str, Version | None] = {}
        queue = [version for version in used.values() if version is not None]
        for version in queue:
            for name in self._inner.get(version.statement, ()):
                current = now.get(name)
                known = self.found[version.statement]
                known[name] = tuple(dict.fromkeys([*known.get(name, ()), current]))
                if name not in used and name not in more:
                    more[name] = current
                    queue += [current] if current is not None else []
        return more


def _kinds(statements: Sequence[Statement], origins: Origins) -> Iterator[Kind]:
    constants: set[str] = set()
    seeds = sum(kind_of(statement, origins, ()) == "seed" for statement in statements)
    drawn = False
    for statement in statements:
        kind = kind_of(statement, origins, constants)
        if kind == "seed" and (
            seeds > 1 or drawn
        ):  # which draw follows it is a matter of the notebook's order
            kind = "config"
        drawn = drawn or (kind != "import" and draws_random(statement, origins))
        constants = constants.difference(statement.binds, statement.changes)
        constants |= set(statement.binds) if kind == "constant" else set()
        yield kind


def _made(
    statement: Statement, now: Mapping[str, Version], used: Mapping[str, Version | None]
) -> dict[str, Version]:
    made: dict[str, Version] = {}
    for name in dict.fromkeys([*statement.binds, *statement.changes]):
        changed = name in statement.changes and name in used and name in now
        if name not in statement.binds and not changed:
            continue
        stays = name in statement.keeps or (name in statement.reads and statement.compound)
        before = now.get(name) if changed or stays else None
        made[name] = Version(name, statement.number, before, changed)
    return made


def _with_calls(statements: Sequence[Statement]) -> list[Statement]:
    """Calls of the notebook's own functions change what these functions change."""
    changing: dict[str, list[int]] = {}
    found: list[Statement] = []
    for statement in statements:
        if isinstance(statement.tree, _FUNCTION):
            changing[statement.tree.name] = changed_parameters(statement.tree)
        elif statement.tree is not None:
            more = [name for name in _passed(statement.tree, changing) if name not in statement.changes]
            if more:
                changes = (*statement.changes, *more)
                statement = Statement(**{**vars(statement), "changes": changes})
        found.append(statement)
    return found


def _passed(node: ast.AST, changing: Mapping[str, Sequence[int]]) -> list[str]:
    """Names that are given to a function at a place where it changes its parameter."""
    return [
        argument.id
        for part in ast.walk(node)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in changing
        for place, argument in enumerate(part.args)
        if place in changing[part.func.id] and isinstance(argument, ast.Name)
    ]
