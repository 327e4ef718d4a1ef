"""A node may be `async def`: its coroutine is finished here, whether or not an event loop is running.

`asyncio` is imported with the first coroutine: it takes a fifth of the start of every command.
"""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from typing import Any


def finish(value: object) -> object:
    """The result of a coroutine; any other value as it is."""
    if not inspect.iscoroutine(value):
        return value
    import asyncio  # noqa: PLC0415

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(value)
    return _elsewhere(value)


def _elsewhere(coroutine: Coroutine[Any, Any, object]) -> object:
    """Run it on a loop of its own in another thread: the notebook's loop is busy running the cell."""
    import asyncio  # noqa: PLC0415
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
