"""A program is what a worker needs to compute the nodes of a stage: functions, values, where tables are."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import cloudpickle

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import RunError
from kernel_magics.engine.graph.plan import Plan as Calling
from kernel_magics.engine.run.call import Calls, Function
from kernel_magics.engine.run.failure import CELL_FILE
from kernel_magics.engine.values.isolation import SHARED
from kernel_magics.scale.ordering import Order
from kernel_magics.scale.parts import Parts
from kernel_magics.scale.source import Files
from kernel_magics.values import VALUES
from kernel_magics.values.fixed import fixed_types


@dataclass(frozen=True)
class Program:
    """What the jobs of one stage need.

    Attributes:
        calling: the calls, in order.
        functions: of nodes, by name.
        fixed: values that are no tables, and defaults.
        files: inputs in files.
        cut: values of which a job reads its part.
        columns: for a value that is read whole, the columns that are used; None for all.
        pieces: values that are written for each part.
        joined: values that are written whole, or put together later.
        key: the key, with how its values are parted.
        orders: by table, how rows of parts are put together.
        lines: of cells, for tracebacks.
        paths: where modules are found.
        folder: the working directory of the nodes.
    """

    calling: Calling
    functions: Mapping[str, Function]
    fixed: Mapping[str, Any]
    files: Mapping[str, Files]
    cut: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...] | None]
    pieces: tuple[str, ...]
    joined: tuple[str, ...]
    key: str
    parts: Parts
    orders: Mapping[str, Order]
    lines: Mapping[str, Any] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    folder: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes, in order."""
        return tuple(step.node.name for step in self.calling.steps)

    def calls(self) -> Calls:
        """How the calls are made."""
        return Calls(lambda node: self.functions[node.name], VALUES, SHARED | fixed_types())


def packed(program: Program) -> bytes:
    """A program as bytes: functions of the user's modules by their code, since a worker may not have them.

    Raises:
        RunError: DB343 where something cannot be sent.
    """
    with _by_value(own_modules(program.functions.values())):
        try:
            return cloudpickle.dumps(program)  # type: ignore[no-any-return]
        except Exception as error:  # a class that cannot be pickled may raise anything
            names = ", ".join(f"'{name}'" for name in program.names[:3])
            raise RunError(
                "DB343",
                f"{names} cannot run in other processes: {type(error).__name__}: {str(error).rstrip('.')}.",
                hint="values and setup of the nodes must be picklable; run without --key.",
                names=program.names[:3],
            ) from error


def own_modules(functions: Collection[Function]) -> list[ModuleType]:
    """The modules of functions that are no installed packages."""
    names = dict.fromkeys(getattr(function, "__module__", "") or "" for function in functions)
    found = [sys.modules[name] for name in names if name in sys.modules and name != "__main__"]
    return [module for module in found if not _installed(getattr(module, "__file__", None) or "")]


def _installed(file: str) -> bool:
    return not file or "site-packages" in file or file.startswith(f"{sys.base_prefix}{os.sep}lib")


@bracket
def _by_value(modules: Sequence[ModuleType]) -> Iterator[None]:
    """Pickle what these modules define by its code, not by its name."""
    known = set(cloudpickle.list_registry_pickle_by_value())
    added = [module for module in modules if module.__name__ not in known]
    for module in added:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in added:
            cloudpickle.unregister_pickle_by_value(module)


def lines_of(functions: Collection[Function]) -> dict[str, Any]:
    """The lines of the cells that functions come from."""
    codes = [getattr(function, "__code__", None) for function in functions]
    files = {code.co_filename for code in codes if isinstance(code, CodeType)}
    return {
        file: linecache.cache[file]
        for file in files
        if file.startswith(CELL_FILE) and file in linecache.cache
    }


def import_paths() -> tuple[str, ...]:
    """Where this process finds modules."""
    return tuple(str(Path(path or ".").absolute()) for path in sys.path)
