"""Clusters are executors of other libraries: each has a file here, and an extra of the package."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any, Final

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import DataflowError, RunError

LIBRARIES: Final = {"dask": "distributed", "ray": "ray", "spark": "pyspark"}
REMOTE: Final = frozenset({"distributed", "ray", "pyspark", "loky", "joblib", "mpi4py", "ipyparallel"})
"""Libraries whose executors run calls in other processes."""


@bracket
def opened(name: str, address: str) -> Iterator[Executor]:
    """The executor of a cluster: of the one at an address, else of one on this machine for this run.

    Raises:
        DataflowError: DB003 where the library is not installed.
        RunError: DB349 where the cluster does not answer.
    """
    try:
        importlib.import_module(LIBRARIES[name])  # noqa: TID251  # optional libraries
    except ImportError:
        raise DataflowError(
            "DB003",
            f"executor '{name}' needs a package: {LIBRARIES[name]} is not installed.",
            hint=f"pip install 'dagbook[{name}]'.",
        ) from None
    driver: Any = importlib.import_module(f"kernel_magics.placement.{name}_")  # noqa: TID251  # by library
    try:
        started = driver.start(address)
    except Exception as error:  # every library has exceptions of its own for that
        raise unreachable(name, address, error) from error
    try:
        yield started
    finally:
        started.shutdown()


def unreachable(name: str, address: str, error: Exception) -> RunError:
    """The error for a cluster that does not answer."""
    said = str(error).strip().splitlines()
    return RunError(
        "DB349",
        f"executor '{name}' does not start{f' at {address}' if address else ''}: {type(error).__name__}"
        f"{f': {said[0]}' if said else ''}".rstrip(".")
        + ".",
        hint="check the address, and that the versions on the cluster are the same as here."
        if address
        else "",
    )


def is_remote(executor: Executor) -> bool:
    """Whether calls have to be sent to other processes."""
    return bool(getattr(executor, "remote", False)) or type(executor).__module__.partition(".")[0] in REMOTE
