"""Def-use analysis: follows every name from statement to statement, so that each use has its version."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from kernel_magics.convert.aliases import alias_statements, other_names
from kernel_magics.convert.changing import assigned_globals, changed_parameters
from kernel_magics.convert.kinds import Kind, Origins, kind_of, notebook_imports
from kernel_magics.convert.statement import Statement
from kernel_magics.convert.texts import evaluates, names_in_texts
from kernel_magics.convert.versions import DefUse, Version
from kernel_magics.engine.session.impure import impurity
from kernel_magics.engine.source.references import read_names
from kernel_magics.engine.source.tree import Function, FunctionOrClass
from kernel_magics.engine.values.surroundings import RANDOM


def analyse_names(statements: Sequence[Statement]) -> DefUse:
    """Analyse the names in these statements."""
    origins = notebook_imports(statements)
    evaluators = _evaluators(statements)
    statements = _with_texts(_with_calls(statements), evaluators)
    kinds = tuple(_kinds(statements, origins))
    follower = _Follower(alias_statements(statements))
    for statement, kind in zip(statements, kinds, strict=True):
        follower.step(statement, kind)
    return DefUse(
        tuple(statements),
        kinds,
        origins,
        follower.uses,
        follower.makes,
        {name: tuple(items) for name, items in follower.versions.items()},
        {version: tuple(items) for version, items in follower.readers.items()},
        frozenset(follower.repeats),
        frozenset(follower.aliases),
        {name: tuple(items) for name, items in follower.bindings.items()},
        follower.calls.found,
        drawing=_drawing(statements, kinds, origins, follower.uses),
        evaluating=frozenset(evaluators),
    )


class _Follower:
    """The versions that names refer to at the present statement."""

    def __init__(self, aliases: set[int]) -> None:
        self.now: dict[str, Version] = {}
        self.uses: dict[int, dict[str, Version | None]] = {}
        self.makes: dict[int, dict[str, Version]] = {}
        self.versions: dict[str, list[Version]] = {}
        self.readers: dict[Version, list[int]] = {}
        self.bindings: dict[str, list[tuple[int, Version]]] = {}
        self.repeats: set[int] = set()
        self.aliases: set[int] = set()
        self.calls = _Calls()
        self._wanted = aliases
        self._imports: dict[str, str] = {}
        self._fixed: set[Version] = set()  # modules, functions, nodes: their changes make no new version

    def step(self, statement: Statement, kind: Kind) -> None:
        """Read one statement."""
        number = statement.number
        self.uses[number], self.makes[number] = {}, {}
        if number in self._wanted and self._alias(statement):
            return
        self._use(statement)
        self.calls.define(statement, kind)
        if kind == "import" and self._repeats(statement):
            return
        made = _made(statement, self.now, self.uses[number], self._fixed)
        if kind in ("import", "helper", "ours"):
            self._fixed.update(made.values())
        if number in self._wanted:  # `a = b = []`: one value
            made = dict.fromkeys(made, next(iter(made.values())))
        self.makes[number] = made
        for version in dict.fromkeys(made.values()):
            self.versions.setdefault(version.name, []).append(version)
        same = {
            name: version
            for version in made.values()
            for name, known in self.now.items()
            if version.changed and known is version.before and name not in made
        }
        self._bind(number, {**same, **made})

    def _bind(self, number: int, names: Mapping[str, Version]) -> None:
        self.now |= names
        for name, version in names.items():
            self.bindings.setdefault(name, []).append((number, version))

    def _alias(self, statement: Statement) -> bool:
        """Give a value a second name."""
        pairs = other_names(statement)
        if len(pairs) != 1 or pairs[0][1] not in self.now:
            return False
        name, other = pairs[0]
        self._bind(statement.number, {name: self.now[other]})
        self.aliases.add(statement.number)
        return True

    def _use(self, statement: Statement) -> None:
        number = statement.number
        touched = [*statement.reads, *(name for name in statement.keeps if name in self.now)]
        used = {name: self.now.get(name) for name in dict.fromkeys(touched)}
        used |= self.calls.note(used, self.now)
        self.uses[number] = used
        for version in dict.fromkeys(used.values()):
            if version is not None:
                self.readers.setdefault(version, []).append(number)

    def _repeats(self, statement: Statement) -> bool:
        """True when an import repeats an earlier one."""
        text = ast.unparse(statement.tree) if statement.tree else ""
        if statement.binds and all(self._imports.get(name) == text for name in statement.binds):
            self.repeats.add(statement.number)
            return True
        self._imports |= dict.fromkeys(statement.binds, text)
        return False


class _Calls:
    """What functions read when they are called: code that mentions a function reads that, too."""

    def __init__(self) -> None:
        self._inner: dict[int, list[str]] = {}
        self.found: dict[int, dict[str, tuple[Version | None, ...]]] = {}

    def define(self, statement: Statement, kind: Kind) -> None:
        """Record what a function reads when it is called."""
        if kind == "helper" and statement.tree is not None:
            at_once = read_names([statement.tree]).looked_up
            self._inner[statement.number] = [name for name in statement.reads if not at_once.get(name)]
            self.found[statement.number] = {}

    def note(
        self, used: Mapping[str, Version | None], now: Mapping[str, Version]
    ) -> dict[str, Version | None]:
        """What the functions among the used names read at this place."""
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


def _drawing(
    statements: Sequence[Statement],
    kinds: Sequence[Kind],
    origins: Origins,
    uses: Mapping[int, Mapping[str, Version | None]],
) -> dict[int, str]:
    """The statements that draw random numbers, each with the function of the notebook that does it."""
    found: dict[int, str] = {}
    helpers: dict[int, str] = {}  # functions that draw when they are called
    for statement, kind in zip(statements, kinds, strict=True):
        number = statement.number
        if kind in ("import", "seed", "magic", "ours"):
            continue
        used = (version.statement for version in uses.get(number, {}).values() if version is not None)
        through = next((helpers[item] for item in used if item in helpers), "")
        if kind == "helper":
            if through or RANDOM in impurity([statement.text], origins):
                helpers[number] = through or next(iter(statement.binds), "")
        elif through or statement.drew or RANDOM in impurity([statement.text], origins):
            found[number] = through
    return found


def _kinds(statements: Sequence[Statement], origins: Origins) -> Iterator[Kind]:
    constants: set[str] = set()
    for statement in statements:
        kind = kind_of(statement, origins, constants)
        constants = constants.difference(statement.binds, statement.changes)
        constants |= set(statement.binds) if kind == "constant" else set()
        yield kind


def _made(
    statement: Statement,
    now: Mapping[str, Version],
    used: Mapping[str, Version | None],
    fixed: Collection[Version],
) -> dict[str, Version]:
    made: dict[str, Version] = {}
    for name in dict.fromkeys([*statement.binds, *statement.changes]):
        changed = name in statement.changes and name in used and name in now and now[name] not in fixed
        if name not in statement.binds and not changed:
            continue
        stays = name in statement.keeps or (name in statement.reads and statement.compound)
        before = now.get(name) if changed or stays else None
        made[name] = Version(before.name if changed and before else name, statement.number, before, changed)
    return made


def _with_calls(statements: Sequence[Statement]) -> list[Statement]:
    """Statements with what called functions change and assign added to their own."""
    changing: dict[str, list[int]] = {}
    assigning: dict[str, dict[str, None]] = {}
    found: list[Statement] = []
    for statement in statements:
        called = {name: None for read in statement.reads for name in assigning.get(read, ())}
        if isinstance(statement.tree, FunctionOrClass):
            own = dict.fromkeys(assigned_globals(statement.tree))
            assigning[statement.tree.name] = {**own, **called}
            if isinstance(statement.tree, Function):
                changing[statement.tree.name] = changed_parameters(statement.tree)
        elif statement.tree is not None:
            more = [name for name in _passed(statement.tree, changing) if name not in statement.changes]
            new = [name for name in called if name not in statement.binds]
            if more or new:
                statement = replace(
                    statement,
                    changes=(*statement.changes, *more),
                    binds=(*statement.binds, *new),
                    keeps=(*statement.keeps, *new),
                )
        found.append(statement)
    return found


def _evaluators(statements: Sequence[Statement]) -> dict[int, str]:
    """The functions and classes that evaluate text when they are called, by their numbers."""
    found: dict[int, str] = {}
    for statement in statements:
        if isinstance(statement.tree, FunctionOrClass) and evaluates(statement.tree, found.values()):
            found[statement.number] = statement.tree.name
    return found


def _with_texts(statements: Sequence[Statement], evaluators: Mapping[int, str]) -> list[Statement]:
    """Statements that evaluate text, with the names of variables in it added to their reads."""
    known = {*evaluators.values()}
    bound = {name for statement in statements for name in statement.binds}
    found = []
    for statement in statements:
        tree = statement.tree
        if tree is not None and not isinstance(tree, FunctionOrClass) and evaluates(tree, known):
            names = tuple(name for name in names_in_texts(tree) if name in bound)
            reads = tuple(dict.fromkeys([*statement.reads, *names]))
            statement = replace(statement, reads=reads, by_text=names)
        found.append(statement)
    return found


def _passed(node: ast.AST, changing: Mapping[str, Sequence[int]]) -> list[str]:
    """Names that are arguments of a function which changes that parameter."""
    return [
        argument.id
        for part in ast.walk(node)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in changing
        for place, argument in enumerate(part.args)
        if place in changing[part.func.id] and isinstance(argument, ast.Name)
    ]
