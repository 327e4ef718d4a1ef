"""Executors by name, opened for a run and closed at its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import UsageError, did_you_mean
from kernel_magics.engine.run.inline import Inline
from kernel_magics.engine.run.schedule import Place

if TYPE_CHECKING:
    from concurrent.futures import Executor

LOCAL: Final = ("threads", "processes")
CLUSTERS: Final = ("dask", "ray", "spark")
NAMED: Final = (*LOCAL, *CLUSTERS)


def placed(executor: Executor | str | None) -> AbstractContextManager[Place]:
    """The placement on an executor, for one run; in this thread for None.

    Raises:
        UsageError: DB309 for an unknown executor.
        DataflowError: DB003 for one whose library is not installed.
    """
    return _HERE if executor is None else _placed_on(executor)


_HERE: Final[AbstractContextManager[Place]] = nullcontext(Inline)  # nothing to open, in most runs


@bracket
def _placed_on(executor: Executor | str) -> Iterator[Place]:
    # imported here because an executor's libraries take as long to import as Dagbook, and most runs have none
    from kernel_magics.placement.pool import on  # noqa: PLC0415

    with opened(executor) as pool:
        yield on(pool)


@bracket
def opened(executor: Executor | str) -> Iterator[Executor]:
    """An executor for one run; one of the caller stays open.

    Args:
        executor: an executor, or a name, with an address where it has one: `dask=tcp://host:8786`.

    Raises:
        UsageError: DB309 for an unknown executor.
        DataflowError: DB003 for one whose library is not installed, DB349 for one that does not start.
    """
    if not isinstance(executor, str):
        yield executor
        return
    name, _, address = executor.partition("=")
    expect_executor(executor)
    if name in LOCAL:
        from kernel_magics.placement.pool import opened as opened_here  # noqa: PLC0415

        with opened_here(name) as pool:
            yield pool
        return
    from kernel_magics.placement import clusters  # noqa: PLC0415

    with clusters.opened(name, address) as pool:
        yield pool


def expect_executor(executor: str) -> None:
    """Refuse a name that no executor has.

    Raises:
        UsageError: DB309.
    """
    name, equals, address = executor.partition("=")
    if name not in NAMED:
        known = f"{', '.join(NAMED[:-1])} or {NAMED[-1]}"
        hint = did_you_mean(name, NAMED) or f"choose {known}, or pass an Executor."
        raise UsageError("DB309", f"there is no executor '{name}'.", hint=hint)
    if equals and (name in LOCAL or not address):
        hint = f"write only '{name}'." if name in LOCAL else f"write {name}=ADDRESS, or only '{name}'."
        raise UsageError("DB309", f"executor '{executor}' has no address.", hint=hint)


def width(executor: Any) -> int:
    """How many calls run at a time, as far as an executor or its name tells."""
    told = getattr(executor, "width", None) or getattr(executor, "_max_workers", None)
    return int(told) if isinstance(told, int) else os.cpu_count() or 1
