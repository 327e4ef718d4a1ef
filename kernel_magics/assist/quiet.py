"""Quiet: Python warns when it parses doubtful code; while that is being typed, nobody wants to hear it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

# Any message; the pattern tells these filters from those of others.
_OURS = [("ignore", re.compile("(?:)"), kind, None, 0) for kind in (SyntaxWarning, DeprecationWarning)]


@contextmanager
def quietly() -> Iterator[None]:
    """Say nothing of invalid escapes and the like; as a decorator, for a whole function.

    Filters belong to the process, and meanwhile a cell may run on another thread that changes them, too:
    putting back all that was there before would undo its changes, so only ours come and go.
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
