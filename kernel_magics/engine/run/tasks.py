"""Tasks run the coroutine of an `async def` node to its end, whether or not an event loop is running.

`asyncio` is imported for the first coroutine only: it would take a fifth of the start of every command.
"""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from typing import Any


def finish(value: object) -> object:
    """Run a coroutine and return its result; return any other value unchanged."""
    if not inspect.iscoroutine(value):
        return value
    import asyncio  # noqa: PLC0415  # slow, and few nodes are async

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(value)
    return _elsewhere(value)


def _elsewhere(coroutine: Coroutine[Any, Any, object]) -> object:
    """Run it on an event loop in another thread, because the notebook's loop is busy with the cell."""
    import asyncio  # noqa: PLC0415  # slow, and few nodes are async
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # rarely needed

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
