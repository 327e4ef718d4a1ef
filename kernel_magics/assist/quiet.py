"""Quiet parsing: Python's warnings about doubtful code are suppressed while that code is being typed."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from kernel_magics.engine.bracket import bracket

# It matches any message; its form distinguishes these filters from those of others.
_OURS = [("ignore", re.compile("(?:)"), kind, None, 0) for kind in (SyntaxWarning, DeprecationWarning)]


@bracket
def quietly() -> Iterator[None]:
    """Suppress warnings about invalid escapes and the like; as a decorator, for a whole function.

    Filters belong to the process, and a cell on another thread may change them meanwhile: restoring the whole
    list would undo those changes, so only our own filters are added and removed.
    """
    before: Any = warnings.filters
    before[:0] = _OURS
    try:
        yield
    finally:
        after: Any = warnings.filters
        for filters in (before,) if after is before else (before, after):
            for item in _OURS:
                with suppress(ValueError):
                    filters.remove(item)
