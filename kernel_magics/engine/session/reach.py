"""A reach is what a node could change beside its value: the setup, its defaults, modules and the process."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from kernel_magics.engine.errors import DataflowError, NodeError, quoted
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.event import Noticed
from kernel_magics.engine.run.failure import CELL_FILE
from kernel_magics.engine.run.local_code import OURS
from kernel_magics.engine.run.origin import is_local
from kernel_magics.engine.run.runtime import MODULE
from kernel_magics.engine.values.picture import Seen
from kernel_magics.engine.values.surroundings import RANDOM, Surroundings


@dataclass(frozen=True, slots=True)
class Reach:
    """What is compared after a node has run.

    Attributes:
        node: the node.
        seen: objects that it can reach and must not change.
        beside: variables of local modules, which belong to other code as well.
        own: names of its defaults and its own variables, among the paths of these.
        steers: whether the surroundings are compared.
        draws: whether random state is compared, too.
        seeds: whether random state affects the values: a seed is set.
    """

    node: Node
    seen: tuple[Seen, ...] = ()
    beside: tuple[Seen, ...] = ()
    own: frozenset[str] = frozenset()
    steers: bool = False
    draws: bool = False
    seeds: bool = False

    def error(self, changed: Sequence[Seen]) -> DataflowError:
        """The error DB113 for a node that changed these objects."""
        node = self.node
        names = list(dict.fromkeys(item.name() for item in changed))
        inputs = {item.name for item in node.inputs}
        if all(item.path.partition(".")[0] in inputs for item in changed):
            where = ", an input that cannot be copied and that other nodes read, too."
        elif all(item.path in self.own for item in changed):
            where = ", which is kept from run to run."
        else:
            where = " of the setup, which other nodes read, too."
        return NodeError(
            "DB113",
            (f"'{node.name}'", node.ref.on(), f" changes {quoted(names)}{where}"),
            hint="change a copy, or make it inside the node; a cache is `@functools.cache` above a function.",
            names=[node.name, *names],
            line=node.line,
        )

    def look_around(self, around: Surroundings | None) -> Iterator[Noticed]:
        """What it changed of local modules, and of the process, which is undone.

        Args:
            around: the process as it was before.
        """
        name = self.node.name
        moved = [item.name() for item in changed_of(self.beside)]
        if moved:
            yield Noticed(
                name, f"'{name}' changes {quoted(moved)}, which outlives the run; it is not undone."
            )
        if around is None or not self.steers:
            return
        for what in around.changed(self.draws):
            if RANDOM in what and not self.seeds:  # without a seed, random state is no part of the values
                around.accept([what])
                continue
            around.undo([what])
            yield Noticed(
                name,
                f"'{name}' changes {what} of the whole process; it is as before again, for all other nodes.",
            )


def changed_of(seen: Iterable[Seen]) -> list[Seen]:
    """Those that hold something else now."""
    return [item for item in seen if item.changed()]


def is_own(value: Any) -> bool:
    """True when a function or class is the user's: of a cell, or of a local module."""
    if isinstance(value, ModuleType):
        return False
    if isinstance(value, FunctionType):
        if value.__code__.co_filename.startswith(CELL_FILE):
            return True
        name = value.__globals__.get("__name__", "")
    else:
        name = value.__module__
    return name == MODULE or is_beside(str(name), id(sys.modules.get(str(name))))


def is_own_or_module(value: Any) -> bool:
    """True for these, and for a local module."""
    if isinstance(value, ModuleType):
        return is_beside(value.__name__, id(sys.modules.get(value.__name__)))
    return is_own(value)


@functools.lru_cache(5_000)
def is_beside(name: str, identity: int) -> bool:
    """True when a loaded module is local; `identity` distinguishes a module that was loaded again."""
    module = sys.modules.get(name)
    ours = name.partition(".")[0] in OURS or name == "__main__"
    return module is not None and not ours and is_local(module)
