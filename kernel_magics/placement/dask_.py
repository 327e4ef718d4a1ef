"""Calls on Dask: a cluster at an address, or worker processes on this machine."""

from __future__ import annotations

import os
from concurrent.futures import Executor, Future
from typing import Any

from distributed import Client, LocalCluster

_PATIENCE = 30  # seconds in which a scheduler answers


class DaskExecutor(Executor):
    """Submits calls to the scheduler of a client.

    Attributes:
        remote: calls run in other processes.
    """

    remote = True

    def __init__(self, client: Client, cluster: LocalCluster | None) -> None:
        self._client, self._cluster, self._pool = client, cluster, client.get_executor(pure=False, retries=0)

    @property
    def width(self) -> int:
        """The threads of all workers that are there now."""
        return max(1, int(sum(self._client.nthreads().values())))

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `Executor.submit`."""
        found: Future[Any] = self._pool.submit(fn, *args, **kwargs)
        return found

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the scheduler; a cluster that was started here ends."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def start(address: str) -> DaskExecutor:
    """Connect to a scheduler, or start a cluster of processes with one thread each."""
    if address:
        return DaskExecutor(Client(address, timeout=_PATIENCE, set_as_default=False), None)
    cluster = LocalCluster(
        n_workers=os.cpu_count() or 1, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    )
    return DaskExecutor(Client(cluster, set_as_default=False), cluster)
