"""A node may be `async def`: its coroutine is finished here, whether or not an event loop is running."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def finish(value: object) -> object:
    """The result of a coroutine; any other value as it is."""
    if not inspect.iscoroutine(value):
        return value
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(value)
    return _elsewhere(value)


def _elsewhere(coroutine: Coroutine[Any, Any, object]) -> object:
    """Run it on a loop of its own in another thread: the notebook's loop is busy running the cell."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
