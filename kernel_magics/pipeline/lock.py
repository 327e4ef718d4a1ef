"""A lock keeps two runs of one day apart; the system releases it when a process ends, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import RunError, SourceError

if sys.platform != "win32":
    import fcntl
else:
    import msvcrt

_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)


@bracket
def locked(path: Path, what: str, shared: bool = False, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a file.

    Args:
        what: is locked, for the message.
        shared: others may hold it too, if they share it.
        wait: until it is free.

    Raises:
        RunError: DB351 where another process holds it.
        SourceError: DB405 where the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | _NOFOLLOW, 0o644)
    except OSError as error:
        raise SourceError(
            "DB405", f"cannot write '{path}': {error.strerror or error}.", hint="nothing was changed."
        ) from None
    try:
        if not _takes(handle, shared, wait):
            raise RunError(
                "DB351", f"{what} is being run by another process.", hint="wait for it; nothing was changed."
            )
        yield
    finally:
        os.close(handle)


def _takes(handle: int, shared: bool, wait: bool) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(handle, kind if wait else kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except PermissionError:
        return False
    return True
