"""Storage of results: `%dataflow cache` and `%dataflow memory`, and their lines in the status."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from kernel_magics.engine.errors import SourceError, UsageError
from kernel_magics.engine.session.cache import ResultCache
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.values.footprint import footprint
from kernel_magics.engine.values.value import MISSING
from kernel_magics.scale.memory import peak_memory
from kernel_magics.store import DiskStore

PLACES = ("memory", "disk", "off", "clear")
_UNITS: Mapping[str, int] = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SHOWN = 5


def bytes_of(text: str) -> int:
    """`10GB`, `500 MB`, `1.5e9`.

    Raises:
        UsageError: DB001.
    """
    found = re.fullmatch(r"\s*([\d.]+(?:e\d+)?)\s*([KMGT]?B?)\s*", text, re.IGNORECASE)
    unit = found.group(2).upper() if found else ""
    try:
        number = float(found.group(1)) if found else 0.0
    except ValueError:
        number = 0.0
    if number <= 0:
        raise UsageError("DB001", f"%dataflow: '{text}' is no size.", hint="write 10GB or 500MB.")
    return int(number * _UNITS[unit if unit in _UNITS else f"{unit}B"])


def shown_bytes(size: int) -> str:
    """`3.4 MB`."""
    for unit in ("TB", "GB", "MB", "KB"):
        if size >= _UNITS[unit]:
            return f"{size / _UNITS[unit]:.3g} {unit}"
    return f"{size} B"


def kept_lines(cache: ResultCache, store: DiskStore) -> list[str]:
    """The size of the results on disk, and the nodes that cannot be stored."""
    count = store.room.count()
    if cache.mode == "memory" and not count and not cache.unkept:
        return []
    lines = [f"cache {cache.mode}"]
    if count:
        room = f"{shown_bytes(store.room.taken)} of {shown_bytes(store.room.limit)}"
        lines[0] += f": {count} result{'s' if count != 1 else ''} on disk, {room} in {_place(store.folder)}"
    try:
        store.refuse_unsafe()
    except SourceError as error:
        lines.append(f"  nothing on disk is used: {error.message}")
    if store.trouble:
        lines.append(f"  results are not kept: {store.trouble}")
    unkept = list(cache.unkept.items())
    lines += [f"  not on disk: {name}, {reason}" for name, reason in unkept[:_SHOWN]]
    return lines + ([f"  and {len(unkept) - _SHOWN} more"] if len(unkept) > _SHOWN else [])


def memory_line(session: Session) -> list[str]:
    """The size of values in memory; evicted ones are computed again when needed."""
    memory = session.memos.memory
    held = sum(memo.error is None and memo.value is not MISSING for memo in session.memos.values())
    if not held and memory.budget is None:
        return []
    limit = f" of {shown_bytes(memory.budget)}" if memory.budget is not None else ""
    used = shown_bytes(memory.used_bytes(session.memos))
    line = f"memory: {held} value{'s' if held != 1 else ''}, {used}{limit}"
    return [f"{line}, {len(memory.evicted)} evicted" if memory.evicted else line]


def memory_lines(session: Session) -> list[str]:
    """The same, and what the values take together, the most that the process took, and the largest values."""
    memory, memos = session.memos.memory, session.memos
    sizes = memory.sizes(memos)
    together, whole = footprint(memos[name].value for name in sizes)
    lines = memory_line(session)
    if sizes:
        least = "" if whole else "at least "
        used = f"; the kernel took at most {shown_bytes(peak)}" if (peak := peak_memory()) else ""
        lines.append(f"  together, shared parts once: {least}{shown_bytes(together)}{used}")
        largest = sorted(sizes, key=lambda name: -sizes[name])[:_SHOWN]
        lines.append("  largest: " + ", ".join(f"{name} {shown_bytes(sizes[name])}" for name in largest))
    return lines


def _place(folder: Path) -> str:
    """The folder relative to the notebook's working directory."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)
