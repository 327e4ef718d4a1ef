"""The footprint of values is the number of bytes that they take together: what they share counts once."""

from __future__ import annotations

import functools
import gc
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

_MOST = 500_000  # objects that are looked at: about a second
_NO_PART = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.CodeType,
    types.FrameType,
)  # they belong to programs, not to values, and lead to all the rest


def footprint(values: Iterable[object]) -> tuple[int, bool]:
    """Bytes of memory, and whether all objects were counted.

    An array that is a part of another one counts as that one, which it keeps in memory. Tables of Arrow count
    by their buffers, objects that do not show their parts, such as frames of Polars, by the size they tell.
    """
    waiting: list[Any] = list(values)
    seen: set[object] = set()
    alive: list[object] = []  # made on the way: their ids are unique only while they exist
    total = 0
    while waiting and len(seen) < _MOST:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, _NO_PART):
            continue
        seen.add(id(value))
        size, parts = _looked_at(value, seen)
        total += size
        alive += parts
        waiting += parts
    return total, not waiting


def _looked_at(value: Any, seen: set[object]) -> tuple[int, list[Any]]:
    """The bytes of an object itself, and what it refers to."""
    try:
        return _known(value, seen)
    except Exception:  # a foreign class may raise anything
        return object.__sizeof__(value), gc.get_referents(value)


def _known(value: Any, seen: set[object]) -> tuple[int, list[Any]]:
    library, size = _kind(type(value))  # type: ignore[arg-type]  # mypy holds type[Any] for unhashable
    if library == "numpy" and getattr(value, "base", None) is not None:
        return 0, [value.base]
    if library == "pyarrow":
        return _of_arrow(value, seen)
    if library == "polars" and callable(ask := getattr(value, "estimated_size", None)):
        return int(ask()), []
    return size(value), gc.get_referents(value)


@functools.lru_cache(256)
def _kind(type_: type) -> tuple[str, Callable[[object], int]]:
    """The library of a type, and what tells the bytes of an object without its parts."""
    counts_parts = isinstance(type_.__sizeof__, types.FunctionType)  # as that of pandas' frames
    return type_.__module__.partition(".")[0], object.__sizeof__ if counts_parts else sys.getsizeof


def _of_arrow(value: Any, seen: set[object]) -> tuple[int, list[Any]]:
    """Tables have columns, columns chunks, chunks buffers; several buffers can be one piece of memory."""
    for name in ("columns", "chunks"):
        if isinstance(parts := getattr(value, name, None), list):
            return 0, parts
    if not callable(ask := getattr(value, "buffers", None)):
        return sys.getsizeof(value, 64), []
    found = {("buffer", each.address): each.size for each in ask() if each is not None}
    size = sum(size for key, size in found.items() if key not in seen)
    seen.update(found)
    return size, []
