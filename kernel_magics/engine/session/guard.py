"""A guard goes with a call to a worker process, and does there what the watch does in the kernel."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.run.call import Function
from kernel_magics.engine.run.event import Noticed
from kernel_magics.engine.session.reach import Reach, changed_of, is_own, is_own_or_module
from kernel_magics.engine.values.picture import Seen, picture, variables
from kernel_magics.engine.values.surroundings import Surroundings
from kernel_magics.engine.values.value import Values


@dataclass(slots=True)
class Guard:
    """Compares what one call can reach in a worker process before and after it.

    Attributes:
        reach: of the node, without objects: those of the worker are copies.
        values: how values of libraries are read.
        modules: names of the local modules that it can reach.
        notices: what the call changed beside its value; known when `watching` ends.
        error: DB113 if it changed something of the setup.
    """

    reach: Reach
    values: Values
    modules: tuple[str, ...]
    notices: tuple[Noticed, ...] = ()
    error: DataflowError | None = None

    @bracket
    def watching(self, function: Function) -> Iterator[None]:
        """Around the call; what it changes of the process is undone."""
        reach = self._here(function)
        around = Surroundings(self.values.surroundings()) if reach.steers else None
        with self.values.guard():
            try:
                yield
            finally:
                changed = changed_of(reach.seen)
                self.notices = tuple(reach.look_around(around))
                self.error = reach.error(changed) if changed else None

    def _here(self, function: Function) -> Reach:
        """The reach in this process."""
        inside, way = getattr(function, "__globals__", {}), self.values.way
        helpers = [inside[item.name] for item in self.reach.node.helpers if item.name in inside]
        own = picture({item.__name__: item for item in (function, *helpers)}, is_own, way)
        loaded = {name: module for name in self.modules if (module := sys.modules.get(name))}
        beside = picture(loaded, is_own_or_module, way)
        once = {id(item.value): item for item in (*own, *self._setup(inside))}
        own_names = frozenset(item.path for item in own)
        return replace(self.reach, seen=tuple(once.values()), beside=beside, own=own_names)

    def _setup(self, inside: dict[str, object]) -> Iterator[Seen]:
        """The setup as it was sent: the names of the function, and those of each function among them."""
        queue, known = [inside], {id(inside)}
        while queue:
            names = queue.pop()
            yield variables(names)
            roots = {name: value for name, value in names.items() if not name.startswith("__")}
            for item in picture(roots, is_own, self.values.way):
                yield item
                further = getattr(item.value, "__globals__", names)
                if id(further) not in known and is_own(item.value):
                    known.add(id(further))
                    queue.append(further)


def guard_of(reach: Reach, values: Values) -> Guard:
    """The guard for a call of this reach."""
    modules = [item.value.__name__ for item in reach.beside if isinstance(item.value, ModuleType)]
    return Guard(replace(reach, seen=(), beside=(), own=frozenset()), values, tuple(modules))
