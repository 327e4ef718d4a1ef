"""Publishing copies nodes' values into the notebook's variables, where changes of them have no effect."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import compress, repeat
from operator import is_not
from types import FunctionType, ModuleType
from typing import Any

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.values.value import MISSING

_WORD = re.compile(r"[^\W\d]\w*")
_CODE = (FunctionType, type, ModuleType)
_OF_SHELL = re.compile(r"_[_\d]*$")  # the last results


class Publisher:
    """Keeps the notebook's variables in step with the session's values.

    A variable that the user assigned is not overwritten until the node's own cell runs.
    """

    def __init__(self, session: Session, variables: dict[str, Any]) -> None:
        self._session = session
        self.variables = variables
        self._published: dict[str, object] = {}  # the published objects
        self._shared: dict[str, object] = {}  # the published objects of the setup
        self._told: dict[str, object] = {}  # what was found under a name instead, and told

    def claim(self, names: Iterable[str]) -> None:
        """Let the values of these names, whose cells just ran, replace variables of the user."""
        evicted = self._session.memos.memory.evicted
        for name in names:
            # an evicted value is computed again when a cell reads it, and what was there hides it no more;
            # what was published goes also where there is no new value, because the node fails
            if name in evicted or self._is_ours(name):
                self.variables.pop(name, None)
            self._published.pop(name, None)
            self._put(name)

    def refresh(self, names: Iterable[str]) -> None:
        """Publish new values under names that are still ours; variables must not hold evicted values."""
        for name in names:
            if self._is_ours(name):
                self._put(name)
        self.withdraw(list(self._session.memos.memory.evicted))

    def prepare(self, source: str) -> list[str]:
        """Replace the variables that a cell mentions by fresh copies before it runs.

        Returns:
            their names.
        """
        given = []
        for name in dict.fromkeys(_WORD.findall(source)):
            known = name in self._session.graph.nodes and name in self._session.memos
            if known and self._is_ours(name):
                self._put(name, again=True)
                if name in self.variables:
                    given.append(name)
        return given

    def share(self, cell_id: str) -> None:
        """Publish what a setup cell bound, constants as copies."""
        setup, values = self._session.graph.setup, self._session.runtime.namespace
        for statement in setup.statements:
            if statement.cell_id == cell_id:
                shared = {name: values[name] for name in statement.binds if name in values}
                copies = {name: self._session.values.isolate(value) for name, value in shared.items()}
                self.variables.update(copies)
                self._shared.update(copies)

    def shadowed(self) -> dict[str, bool]:
        """The names of nodes and of the setup under which cells put something else, or that they deleted.

        Each is told once for each object that it is given.

        Returns:
            whether there is something else, by name.
        """
        nodes, setup = self._session.graph.nodes, self._session.graph.setup.names
        of_setup = (name for name in self._differing(setup, self._shared) if name in self._shared)
        told: dict[str, object] = {}
        found: dict[str, bool] = {}
        for name in dict.fromkeys((*self._differing(nodes, self._published), *of_setup)):
            here = self.variables.get(name, MISSING)
            if name in self._told and self._told[name] is here:
                told[name] = here
            elif name in nodes or not self._is_shared(name, here):
                told[name] = here
                found[name] = here is not MISSING
        self._told = told
        return found

    def _differing(self, names: Collection[str], known: Mapping[str, object]) -> Iterator[str]:
        """The names under which the notebook has another object than the known one, or only one of the two.

        This runs after each cell over all names: it has no step of Python for each.
        """
        nothing = repeat(MISSING)
        here = map(self.variables.get, names, nothing)
        return compress(names, map(is_not, here, map(known.get, names, nothing)))

    def _is_shared(self, name: str, here: object) -> bool:
        known = self._shared[name]
        return here is known or (here is not MISSING and self._session.values.equal(known, here))

    def withdraw(self, names: Iterable[str]) -> None:
        """Remove published variables whose names are not nodes any more."""
        for name in names:
            if name in self._published and self._is_ours(name):
                self.variables.pop(name, None)
            self._published.pop(name, None)

    def user_names(self) -> dict[str, str]:
        """Variables of the user: `code` for functions, classes and modules, else `variable` if public."""
        # A page may call this while a cell adds variables: the list is made in one step.
        items = list(self.variables.items())
        return {
            name: "code" if isinstance(value, _CODE) else "variable"
            for name, value in items
            if name not in self._published and self._is_users(name, value)
        }

    def _is_users(self, name: str, value: object) -> bool:
        return not name.startswith("_") or (isinstance(value, _CODE) and not _OF_SHELL.match(name))

    def _is_ours(self, name: str) -> bool:
        if name not in self.variables:
            return True
        return name in self._published and self.variables[name] is self._published[name]

    def _put(self, name: str, again: bool = False) -> None:
        """Publish a value.

        Args:
            again: compute it again if it was evicted.
        """
        memo = self._session.memos.get(name)
        if memo is not None and name in self._session.memos.memory.evicted and not again:
            return
        if memo is None or memo.error is not None or name not in self._session.graph.nodes:
            self.withdraw([name])
            return
        if self._session.graph.node(name).kind == "check":
            return
        try:
            value = self._session.value(name)
        except (KeyError, DataflowError):  # evicted, and it cannot be computed again as it was
            self.withdraw([name])
            return
        self.variables[name] = self._published[name] = value
