"""Output files are written atomically."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kernel_magics.cli.overwriting import refuse_foreign, refuse_special
from kernel_magics.tables.files import write_whole


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically.

    Raises:
        SourceError: DB405 where that is not possible; an older file stays.
    """
    write_with(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file on the same disk, then put it in place.

    Raises:
        SourceError: DB405 where that is not possible; an older file stays. See `refuse_foreign`, too.
    """
    refuse_foreign(path)
    refuse_special(path)
    write_whole(path, write)
