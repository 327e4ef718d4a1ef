"""Publishing puts copies of nodes' values among the notebook's variables, where they can do no harm."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.session.session import Session

_WORD = re.compile(r"[^\W\d]\w*")


class Publisher:
    """Keeps the notebook's variables in step with the session's values.

    A variable that the user assigned themselves is theirs: it is left alone until the node's own cell runs.
    """

    def __init__(self, session: Session, variables: dict[str, Any]) -> None:
        self._session = session
        self.variables = variables
        self._published: dict[str, tuple[object, int]] = {}  # the object put there, and the value's version

    def claim(self, names: Iterable[str]) -> None:
        """The cells that define these names just ran: their values take the names over."""
        for name in names:
            self._published.pop(name, None)
            self._put(name)

    def refresh(self, names: Iterable[str]) -> None:
        """Publish new values under names that are still ours; variables must not hold evicted values."""
        for name in names:
            if self._is_ours(name):
                self._put(name)
        self.withdraw(list(self._session.memos.memory.evicted))

    def prepare(self, source: str) -> None:
        """Give a cell that is about to run clean copies of the nodes it mentions."""
        for name in dict.fromkeys(_WORD.findall(source)):
            known = name in self._session.graph.nodes and name in self._session.memos
            if known and self._is_ours(name):
                self._put(name, again=True)

    def share(self, cell_id: str) -> None:
        """A setup cell ran: the notebook gets what it bound as well, constants as copies."""
        setup, values = self._session.graph.setup, self._session.runtime.namespace
        for statement in setup.statements:
            if statement.cell_id == cell_id:
                shared = {name: values[name] for name in statement.binds if name in values}
                self.variables.update(
                    (name, self._session.values.isolate(value)) for name, value in shared.items()
                )

    def withdraw(self, names: Iterable[str]) -> None:
        """Take back what was published under names that are no longer nodes."""
        for name in names:
            if name in self._published and self._is_ours(name):
                self.variables.pop(name, None)
            self._published.pop(name, None)

    def user_names(self) -> set[str]:
        """Public variables that are the user's own."""
        # A page may ask while a cell runs that makes more of them: the list is made at one stroke.
        names = list(self.variables)
        return {name for name in names if not name.startswith("_") and name not in self._published}

    def _is_ours(self, name: str) -> bool:
        if name not in self.variables:
            return True
        known = self._published.get(name)
        return known is not None and self.variables[name] is known[0]

    def _put(self, name: str, again: bool = False) -> None:
        """Publish a value.

        Args:
            again: make it again if it was evicted.
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
        except (KeyError, DataflowError):  # evicted, and it cannot be made again as it was
            self.withdraw([name])
            return
        self.variables[name] = value
        self._published[name] = (value, memo.version)
