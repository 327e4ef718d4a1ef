"""Calls on Spark: each is a job with one task; a cluster at an address, or this machine."""

from __future__ import annotations

import os
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession


class SparkExecutor(Executor):
    """Submits calls from threads, which wait for their jobs.

    Attributes:
        remote: calls run in other processes.
    """

    remote = True

    def __init__(self, context: SparkContext, session: SparkSession | None) -> None:
        self._context, self._session = context, session
        self._threads = ThreadPoolExecutor(2 * self.width, "dagbook-spark")

    @property
    def width(self) -> int:
        """How many tasks run at a time."""
        return max(1, int(self._context.defaultParallelism))

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `Executor.submit`."""
        return self._threads.submit(self._run, fn, args, kwargs)

    def _run(self, fn: Any, args: Any, kwargs: Any) -> Any:
        task = self._context.parallelize([0], 1)
        return task.map(lambda _: fn(*args, **kwargs)).collect()[0]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave Spark; a session that was started here ends."""
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        if self._session is not None:
            self._session.stop()


def start(address: str) -> SparkExecutor:
    """Connect to a master, or start one; the session of the process is used if there is one."""
    for place in ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"):
        os.environ.setdefault(place, sys.executable)
    active = SparkSession.getActiveSession()
    if active is not None:
        return SparkExecutor(active.sparkContext, None)
    master = address or f"local[{os.cpu_count() or 1}]"
    builder: Any = SparkSession.builder
    quiet = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
    for option, value in quiet.items():
        builder = builder.config(option, value)
    if not address:
        builder = builder.config("spark.driver.host", "127.0.0.1").config(
            "spark.driver.bindAddress", "127.0.0.1"
        )
    session: SparkSession = builder.master(master).appName("dagbook").getOrCreate()
    return SparkExecutor(session.sparkContext, session)
