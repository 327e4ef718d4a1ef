"""The memory tracks how many bytes the session's values take and which of them to evict above a budget."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from kernel_magics.engine.session.memo import Memo
from kernel_magics.engine.values.value import MISSING

Size = Callable[[object], int]


class Memory:
    """Tracks which values are in memory, which were evicted, and when each was last used.

    Attributes:
        budget: bytes that values may take; None for no limit.
        evicted: names whose memo is kept without its value.

    Args:
        size: the approximate number of bytes of a value.
    """

    def __init__(self, size: Size) -> None:
        self.budget: int | None = None
        self.evicted: set[str] = set()
        self._size = size
        self._sizes: dict[str, tuple[int, int]] = {}  # by name: the version of the value, and its size
        self._used: dict[str, int] = {}
        self._clock = itertools.count()

    def use(self, name: str) -> None:
        """Mark a value as the last one used."""
        self._used[name] = next(self._clock)

    def used_bytes(self, memos: Mapping[str, Memo]) -> int:
        """Bytes of all values; a value shared by several names counts for each."""
        return sum(self.sizes(memos).values())

    def sizes(self, memos: Mapping[str, Memo]) -> dict[str, int]:
        """Bytes of each value that is in memory."""
        held = {
            name: memo for name, memo in memos.items() if memo.error is None and memo.value is not MISSING
        }
        return {name: self._size_of(name, memo) for name, memo in held.items()}

    def surplus(self, memos: Mapping[str, Memo], evictable: Callable[[str], bool]) -> list[str]:
        """The names to evict to keep the budget, the least recently used first."""
        if self.budget is None:
            return []
        used = self.used_bytes(memos)
        found: list[str] = []
        for name in sorted(memos, key=lambda name: self._used.get(name, -1)):
            if used <= self.budget:
                break
            size = self._size_of(name, memos[name])
            if size and evictable(name):
                found.append(name)
                used -= size
        return found

    def _size_of(self, name: str, memo: Memo) -> int:
        if memo.value is MISSING or memo.error is not None:
            return 0
        known = self._sizes.get(name)
        if known is None or known[0] != memo.version:
            known = self._sizes[name] = (memo.version, self._size(memo.value))
        return known[1]
