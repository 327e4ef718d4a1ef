"""A node may be `async def`: its coroutine is finished here, whether or not an event loop is running.

What that needs is imported with the first coroutine: it would be a fifth of the start of every command.
"""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from importlib import import_module
from typing import Any


def finish(value: object) -> object:
    """The result of a coroutine; any other value as it is."""
    if not inspect.iscoroutine(value):
        return value
    asyncio = import_module("asyncio")
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(value)
    return _elsewhere(value)


def _elsewhere(coroutine: Coroutine[Any, Any, object]) -> object:
    """Run it on a loop of its own in another thread: the notebook's loop is busy running the cell."""
    run, futures = import_module("asyncio").run, import_module("concurrent.futures")
    with futures.ThreadPoolExecutor(1) as pool:
        result: object = pool.submit(run, coroutine).result()
    return result
