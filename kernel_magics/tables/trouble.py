"""Trouble with files, as every library's tables report it."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from kernel_magics.tables.files import format_of
from kernel_magics.tables.problem import problem

Say = Callable[[str], None]
_SHOWN = 3
_WIDTH = 30
Read = TypeVar("Read")


def opened(path: Path, read: Callable[[Path], Read]) -> Read:
    """What `read` makes of a file.

    Raises:
        Exception: the problem DB403 or DB406.
    """
    try:
        return read(path)
    except (EOFError, ValueError, RecursionError, NotImplementedError, zlib.error) as error:
        raise _damaged(path, error) from None
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile) or os.access(path, os.R_OK):
            raise _damaged(path, error) from None
        message = f"cannot read '{path}': {error.strerror or error}."
        raise problem("DB403", message, "check the path.") from None


def _damaged(path: Path, error: Exception) -> Exception:
    said = " ".join(str(error).split()).rstrip(".")
    return problem("DB406", f"'{path}' is not valid {format_of(path)}: {said}.", "check the file.")


def file_misfit(name: str, path: Path, reasons: Sequence[str]) -> Exception:
    """The problem DB408: a file does not hold what the sample has."""
    more = len(reasons) - _SHOWN
    said = "; ".join(reasons[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
    return problem(
        "DB408",
        f"'{path}' does not fit the sample of '{name}': {said}.",
        "correct the file, or the sample: its columns and types are what files are read to.",
    )


def joined_reasons(bad: Sequence[tuple[int, Any]], rows: int, came: str = "") -> str:
    """How many values of a column are none of its type, and the first three with their rows."""
    first = [f"{_cell(cell)} (row {place + 1})" for place, cell in bad[:_SHOWN]]
    more = ", …" if len(bad) > _SHOWN else ""
    every = "all" if len(bad) == rows and rows > 1 else f"{len(bad)} of {rows}"
    verb = "is" if len(bad) == 1 else "are"
    return f"{every} values{came and f' of type {came}'} {verb} not: {', '.join(first)}{more}"


def _is_gap(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _cell(cell: Any) -> str:
    text = "a gap" if _is_gap(cell) else repr(cell) if isinstance(cell, str) else str(cell)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def left_out(extra: Sequence[str], keys: Iterable[str], name: str, path: Path, say: Say) -> None:
    """Say which columns of a file are not in the sample."""
    names = [each for each in extra if each not in keys]
    if names:
        verb = "is" if len(names) == 1 else "are"
        say(f"input '{name}': {listed(names)} of '{path}' {verb} not in the sample, and left out.")


def unwritable(path: Path, error: Exception) -> Exception:
    """The problem DB409: a format cannot hold a value."""
    said = " ".join(str(error).split()).rstrip(".")
    return problem(
        "DB409", f"'{path}' cannot hold the value: {said}.", "choose another format or other outputs."
    )


def listed(names: Iterable[str]) -> str:
    """`column 'a'` or `columns 'a', 'b'`."""
    shown = [f"'{name}'" for name in names]
    more = f" and {len(shown) - 8} more" if len(shown) > 8 else ""
    return f"column{'s' if len(shown) > 1 else ''} {', '.join(shown[:8])}{more}"
