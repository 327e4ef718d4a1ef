"""Quiet: Python warns when it parses doubtful code; while that is being typed, nobody wants to hear it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quietly() -> Iterator[None]:
    """Say nothing of invalid escapes and the like; as a decorator, for a whole function."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
