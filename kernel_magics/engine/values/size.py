"""The size of a value is the approximate number of bytes of it and everything in it."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import Any

_LOOKED_AT = 100  # members of a large container that are measured; the others count as their average


def size_of(value: object) -> int:
    """Bytes of memory; for buffers as reported by their library.

    Of a value whose own code raises when it is looked at, only the object itself is counted.
    """
    try:
        return _size(value, 3)
    except Exception:  # a foreign class may raise anything
        return object.__sizeof__(value)


def _attribute(value: object, name: str) -> object:
    """An attribute; None if reading it raises, as for a client that is not connected."""
    try:
        found: object = getattr(value, name, None)
    except Exception:  # a foreign class may raise anything
        return None
    return found


def _size(value: object, depth: int) -> int:
    for name in ("memory_usage", "estimated_size"):  # pandas, Polars
        ask = _attribute(value, name)
        if callable(ask) and not isinstance(value, type):
            try:
                answer: Any = ask()
                return int(answer if isinstance(answer, int) else answer.sum())
            except Exception:  # a foreign method of that name
                break
    size = _attribute(value, "nbytes")  # NumPy, Arrow
    if isinstance(size, int) and not isinstance(value, type):
        return size
    held = sys.getsizeof(value, 64)
    if not depth or isinstance(value, str | bytes | bytearray | range) or not isinstance(value, Collection):
        inside = _attribute(value, "__dict__")
        return held + (_size(inside, depth - 1) if depth and isinstance(inside, dict) and inside else 0)
    members = [*value.keys(), *value.values()] if isinstance(value, Mapping) else value
    step = max(1, len(members) // _LOOKED_AT)
    looked_at = [_size(member, depth - 1) for place, member in enumerate(members) if place % step == 0]
    return held + (sum(looked_at) * len(members) // len(looked_at) if looked_at else 0)
