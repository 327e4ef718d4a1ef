"""Output files are written atomically."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kernel_magics.cli.overwriting import refuse_foreign, refuse_special
from kernel_magics.engine.bracket import bracket
from kernel_magics.tables.files import write_whole
from kernel_magics.tables.plural import plural

if sys.platform != "win32":
    import fcntl


def write_text(path: Path, text: str, new: bool = False) -> None:
    """Write a text file atomically.

    Args:
        new: a file that is there by then stays.

    Raises:
        SourceError: DB405 where that is not possible, DB413 for a new file that exists by then; it stays.
    """
    write_with(path, lambda temporary: temporary.write_text(text, encoding="utf-8"), new)


def write_with(path: Path, write: Callable[[Path], object], new: bool = False) -> None:
    """Let `write` fill a temporary file on the same disk, then put it in place.

    Raises:
        SourceError: DB405 where that is not possible, DB413 for a new file that exists by then; it stays.
            See `refuse_foreign`, too.
    """
    refuse_foreign(path)
    refuse_special(path)
    write_whole(path, write, new)


@bracket
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other command writes the files of this output, so that those of one command are there.

    The folder around it is locked, which leaves nothing behind; some file systems have no locks.
    """
    if sys.platform == "win32":
        yield
        return
    around = next((folder for folder in path.absolute().parents if folder.is_dir()), Path("/"))
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            handle = os.open(around, os.O_RDONLY)
            stack.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def size_text(value: Any) -> str:
    """How large a value is that was written: its rows and columns, or its type where it has none."""
    shape = getattr(value, "shape", None)
    if not shape:
        return f"a {type(value).__name__}"
    return f"{plural(shape[0], 'row')} x {plural(shape[1] if len(shape) > 1 else 1, 'column')}"
