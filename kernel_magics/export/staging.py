"""Staging folders: a hidden folder in each target folder of a write, locked by one process at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import SourceError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

STAGING: Final = ".dagbook-write"
"""The hidden folder, in each folder that gets files."""
_LOCK: Final = "lock"
_OURS: Final = re.compile(r"\d+\.(new|old)")
_PATIENCE: Final = 30.0  # seconds to wait for another write in the same folder, which takes milliseconds
_NO_LOCKS: Final = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF})


@bracket
def staging(folder: Path) -> Iterator[int]:
    """Make the hidden folder of a folder, empty and locked; yields the handle of its lock.

    Raises:
        SourceError: DB432 when another process holds the lock, DB433 when it is not ours.
    """
    path = folder / STAGING
    handle = _locked(path)
    try:
        _remove_leftovers(path)
        yield handle
    finally:
        os.close(handle)


def _locked(path: Path) -> int:
    """An open handle that holds the lock of a hidden folder."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        try:
            with _opened(path) as folder:
                _entries(path, folder)
            handle = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except FileNotFoundError:
            continue  # another write has just removed the folder
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise _in_the_way(path / _LOCK) from None
            raise
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise _in_the_way(path / _LOCK)
            if takes_lock(handle) and _is_same(handle, path / _LOCK):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if time.monotonic() > deadline:
            raise SourceError(
                "DB432",
                f"another export has been writing in '{path.parent}' for {_PATIENCE:g} seconds.",
                hint="nothing of this one was written; run it again when the other one has ended.",
            )
        time.sleep(0.01)


def takes_lock(handle: int) -> bool:
    """True when this process holds the lock now; without support of the file system, always."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _NO_LOCKS
    return True


def sync_folder(folder: Path) -> None:
    """Flush renames to disk, if the system can, so that they survive a loss of power."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_same(handle: int, path: Path) -> bool:
    """True when the open file is still the one at its path; the previous writer may have removed it."""
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False


@bracket
def _opened(path: Path) -> Iterator[int | None]:
    """A handle of a hidden folder, opened without following links; None if the system has no such handles.

    Raises:
        SourceError: DB433 when it is a link, not a folder, or has another owner.
    """
    if sys.platform == "win32":
        if path.is_symlink() or not path.is_dir():
            raise _in_the_way(path)
        yield None
        return
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise _in_the_way(path) from None
        raise
    try:
        if os.fstat(handle).st_uid != os.geteuid():
            raise _in_the_way(path)
        yield handle
    finally:
        os.close(handle)


def _entries(path: Path, handle: int | None) -> list[str]:
    """The names in a hidden folder.

    Raises:
        SourceError: DB433 for a name that no write creates.
    """
    with os.scandir(path if handle is None else handle) as entries:
        found = list(entries)
    for entry in found:
        if entry.is_dir(follow_symlinks=False) or not (entry.name == _LOCK or _OURS.fullmatch(entry.name)):
            raise _in_the_way(path / entry.name)
    return [entry.name for entry in found if entry.name != _LOCK]


def _remove_leftovers(path: Path) -> None:
    """Remove what a previous write left at a loss of power."""
    with _opened(path) as handle:
        for name in _entries(path, handle):
            if handle is None:
                os.unlink(path / name)
            else:
                os.unlink(name, dir_fd=handle)


def _in_the_way(path: Path) -> SourceError:
    return SourceError(
        "DB433",
        f"'{path}' stands where an export keeps its temporary files, and Dagbook did not make it.",
        hint="nothing was changed; look at it, and remove it when nobody needs it.",
    )
