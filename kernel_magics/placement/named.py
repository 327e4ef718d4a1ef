"""Executors by name, opened for a run and closed at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from kernel_magics.engine.errors import UsageError, did_you_mean
from kernel_magics.engine.run.inline import Inline
from kernel_magics.engine.run.schedule import Place

if TYPE_CHECKING:
    from concurrent.futures import Executor

NAMED: Final = ("threads", "processes")
LATER: Final = ("dask", "ray", "spark")


@contextmanager
def placed(executor: Executor | str | None) -> Iterator[Place]:
    """The placement on an executor, for one run; in this thread for None.

    Raises:
        UsageError: DB309 for an unknown executor.
    """
    if executor is None:
        yield Inline
        return
    # imported here because an executor's libraries take as long to import as Dagbook, and most runs have none
    from kernel_magics.placement.pool import on, opened  # noqa: PLC0415

    if not isinstance(executor, str):
        yield on(executor)
    elif executor in NAMED:
        with opened(executor) as pool:
            yield on(pool)
    else:
        hint = did_you_mean(executor, NAMED) or f"choose {' or '.join(NAMED)}, or pass an Executor."
        if executor in LATER:
            hint = f"pass the Executor of a {executor} client, or choose {' or '.join(NAMED)}."
        raise UsageError("DB309", f"there is no executor '{executor}'.", hint=hint)
