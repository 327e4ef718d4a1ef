"""Calls on Ray: a cluster at an address, or one on this machine."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import Any

import ray


class RayExecutor(Executor):
    """Submits calls as tasks of one CPU.

    Attributes:
        remote: calls run in other processes.
    """

    remote = True

    def __init__(self, starts: bool) -> None:
        self._starts = starts
        self._call = ray.remote(num_cpus=1, max_retries=0)(_call)

    @property
    def width(self) -> int:
        """The CPUs of the cluster."""
        return max(1, int(ray.cluster_resources().get("CPU", 1)))

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `Executor.submit`."""
        found: Future[Any] = self._call.remote(fn, args, kwargs).future()
        return found

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave Ray, where this run connected to it."""
        if self._starts:
            ray.shutdown()


def _call(fn: Any, args: Any, kwargs: Any) -> Any:
    return fn(*args, **kwargs)


def start(address: str) -> RayExecutor:
    """Connect to a cluster, or start one; a connection that the process has is used."""
    starts = not ray.is_initialized()
    if starts:
        quiet = {"log_to_driver": False, "logging_level": "error"}
        ray.init(address=address, **quiet) if address else ray.init(include_dashboard=False, **quiet)
    return RayExecutor(starts)
