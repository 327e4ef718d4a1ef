"""A blocker is the reason why a statement that others need cannot be part of a dataflow."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from kernel_magics.convert.changing import assigned_globals
from kernel_magics.convert.kinds import makes_generator
from kernel_magics.convert.versions import DefUse, Version
from kernel_magics.engine.run.recorder import CLOCK, NETWORK
from kernel_magics.engine.session.impure import impurity
from kernel_magics.engine.source.changes import changes
from kernel_magics.engine.source.hazards import function_hazards
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.references import read_names

Role = Literal["setup", "params", "inputs", "node", "kept", "ours", "dropped"]
_ITERATES = re.compile(r"itertools|\biter\(|\bnext\(|\bopen\(|\byield\b|\bcount\(")
_WAYS_OUT = {
    CLOCK: ": read it in an input",
    NETWORK: "",
}


class Decided(Protocol):
    """The roles decided so far."""

    chains: DefUse
    role: dict[int, Role]
    reasons: dict[int, str]

    def needs(self, number: int) -> list[Version]: ...


def blocker(roles: Decided, number: int) -> str:
    """Why a statement cannot be part of a node; "" when it can."""
    return problem(roles, number) or _lack(roles, number)


def problem(roles: Decided, number: int) -> str:
    """What the statement itself does that a node cannot do; "" for nothing."""
    return problem_of(roles.chains, number, roles.role[number] == "node")


def problem_of(chains: DefUse, number: int, pure: bool = True) -> str:
    """What a statement does that neither a node nor, if `pure` is set, pure code can do."""
    statement = chains.statements[number]
    if statement.problem:
        return f"{statement.problem}: write it as a node by hand"
    if chains.kinds[number] == "helper":
        return ""
    body = [statement.tree] if statement.tree is not None else []
    for hazard in function_hazards(statement.text, body, read_names(body)):
        return f"{hazard.what}: {hazard.hint}".rstrip(".")
    if pure and number in chains.drawing:
        draws = f"'{function}' draws" if (function := chains.drawing[number]) else "it draws"
        return (
            f"{draws} random numbers, so that each run gives another value: give it a generator with a seed"
        )
    what = impurity([statement.text], chains.origins) if pure else ()
    for word, way_out in _WAYS_OUT.items():
        if word in what:
            return f"it reads {word}, so that each run may give another value{way_out}"
    return ""


def shared_generators(chains: DefUse) -> dict[int, str]:
    """Statements that make random generators from which other cells draw, with the reason."""
    found = {}
    for number, made in chains.makes.items():
        readers = {item for version in made.values() for item in chains.readers.get(version, ())}
        away = any(chains.cell(item) != chains.cell(number) for item in readers)
        if away and makes_generator(chains.statements[number].tree, chains.origins):
            found[number] = (
                "the state of its generator goes from cell to cell: make one in each cell that draws"
            )
    return found


def changed_by_functions(chains: DefUse) -> dict[int, str]:
    """Statements that make a value which a function of the notebook changes, or reads in several versions."""
    found: dict[int, str] = {}
    for number, names in chains.called.items():
        tree = chains.statements[number].tree
        for name in assigned_globals(tree):
            made = [version.statement for version in chains.versions.get(name, ())]
            reason = f"'{next(iter(chains.makes[number]), '')}' assigns '{name}': let it return the new value"
            found |= dict.fromkeys([number, *made], reason)
        changed = {name for _, name in changes([tree] if tree else []) if name in names}
        for name, versions in names.items():
            function = next(iter(chains.makes[number]), "")
            if name in changed:
                reason = f"'{function}' changes '{name}' of the notebook: let it return a new value"
            elif len(versions) > 1:
                reason = f"'{function}' reads '{name}', which has several values: give it as a parameter"
            else:
                continue
            data = [version for version in versions if version is not None]
            if not all(chains.kinds[item.statement] in ("import", "helper", "ours") for item in data):
                found |= dict.fromkeys([number, *(item.statement for item in _chain(data))], reason)
    return found


def handed_on(chains: DefUse) -> dict[int, str]:
    """Statements whose draws an earlier conversion writes to a file, which its input reads."""
    found: dict[int, str] = {}
    for item in chains.statements:
        name = _HANDS.fullmatch(item.text.strip())
        version = chains.uses[item.number].get(name[1]) if name else None
        if version is not None and version.statement in chains.drawing:
            found[version.statement] = problem_of(chains, version.statement)
    return found


_HANDS = re.compile(r'\w+\.to_pickle\((\w+), "[^"]+\.sample\.pkl"\)')


def _chain(versions: Sequence[Version]) -> list[Version]:
    """A version and the versions from which it was made by changes in place."""
    found = list(versions)
    for version in found:
        if version.before is not None and version.before not in found:
            found.append(version.before)
    return found


def is_generator(chains: DefUse, version: Version) -> bool:
    """True when a version is a random generator."""
    while version.changed and version.before is not None:
        version = version.before
    return makes_generator(chains.statements[version.statement].tree, chains.origins)


def _lack(roles: Decided, number: int) -> str:
    """What a node reads that the dataflow does not have; "" for nothing."""
    chains = roles.chains
    for name, version in chains.uses[number].items():
        if version is None:
            later = chains.versions.get(name, ())
            known = len(later) == 1 and roles.role[later[0].statement] in ("setup", "ours")
            if name in ("_", "__", "___") and not later:
                return f"it reads '{name}', the result that a cell above shows: give that a name"
            if not known and name not in builtin_names():
                return f"it reads '{name}', which no cell above defines"
            continue
        made = version.statement
        if chains.kinds[made] == "constant" and made not in roles.reasons:
            continue
        apart = chains.cell(made) != chains.cell(number) or roles.role[made] != "node"
        if chains.kinds[made] == "helper" and roles.role[made] != "setup" and apart:
            return _calls(chains, name, made, roles.role)
        if roles.role[made] in ("kept", "dropped") and made not in chains.repeats:
            return f"it needs '{name}' of cell {chains.label(made)}, which stays ordinary"
    return ""


def _calls(chains: DefUse, name: str, made: int, role: Mapping[int, Role]) -> str:
    tree = chains.statements[made].tree
    if tree is not None and any(isinstance(part, ast.Global) for part in ast.walk(tree)):
        return f"it calls '{name}', which assigns variables of the notebook: let it return them"
    setup = {number for number, what in role.items() if what == "setup"}
    data = foreign_name(chains, made, setup)
    if not data:
        return f"it calls '{name}' of cell {chains.label(made)}, which stays ordinary"
    return (
        f"it calls '{name}', which reads '{data}' of the notebook: give '{data}' to '{name}' as a parameter"
    )


def foreign_name(
    chains: DefUse, number: int, setup: set[int], blocked: Mapping[int, str] | None = None
) -> str:
    """A name that a helper reads and that the setup cannot contain; "" for none."""
    for name, versions in meanings(chains, number).items():
        if not versions and name not in builtin_names():
            return name
        if len(versions) > 1 and not all(version.statement in setup for version in versions):
            return name
        if not all(can_be_setup(chains, item.statement, setup, blocked or {}) for item in versions):
            return name
    return ""


def meanings(chains: DefUse, number: int) -> dict[str, list[Version]]:
    """The versions that each name in a statement refers to; for a function, those at its calls."""
    called = chains.called.get(number, {})
    found: dict[str, list[Version]] = {}
    for name, version in chains.uses[number].items():
        known = [item for item in called.get(name, ()) if item is not None] or ([version] if version else [])
        found[name] = known or list(chains.versions.get(name, ()))
    return found


def can_be_setup(chains: DefUse, number: int, setup: set[int], blocked: Mapping[int, str]) -> bool:
    """True when a statement is part of the setup, or is a constant that may be."""
    if number in setup or chains.statements[number].ours == "setup":
        return True
    if number in blocked or not (chains.kinds[number] == "constant" or _pure(chains, number)):
        return False
    used = [version for version in chains.uses[number].values() if version is not None]
    return all(can_be_setup(chains, version.statement, setup, blocked) for version in used)


def _pure(chains: DefUse, number: int) -> bool:
    """True when a statement computes something from constants only, before anything else reads it."""
    statement = chains.statements[number]
    if chains.kinds[number] != "compute" or statement.compound or problem_of(chains, number):
        return False
    if isinstance(statement.tree, ast.Delete) or not chains.makes[number] or _ITERATES.search(statement.text):
        return False
    chain = [version for version in chains.makes[number].values() if version.before is not None]
    return all(set(chains.readers.get(item.before, ())) == {number} for item in chain if item.before)


def single(chains: DefUse, number: int) -> bool:
    """True when the names of a statement have no other value anywhere."""
    return all(len(chains.versions[item.name]) == 1 for item in chains.makes[number].values())
