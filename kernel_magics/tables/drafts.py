"""A draft is a file that is written in a hidden folder beside its place, before it is put there."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

_PREFIX: Final = ".dagbook-"
_OURS: Final = re.compile(re.escape(_PREFIX) + r"[a-z0-9_]{8}")


class Draft:
    """A place for a draft, which is removed at the end of a `with` block.

    Drafts of processes that were killed are removed, too: folders of this user with such a name, with files
    alone in them, of which no process holds the lock.

    Raises:
        OSError: there can be none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Path:
        _remove_left(self._path.parent)
        self._folder = Path(tempfile.mkdtemp(dir=self._path.parent, prefix=_PREFIX))
        self._handle = _locked(self._folder, wait=True)
        return self._folder / self._path.name

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._handle is not None:
            os.close(self._handle)


def _remove_left(parent: Path) -> None:
    with os.scandir(parent) as found:
        left = [Path(each.path) for each in found if _OURS.fullmatch(each.name)]
    for folder in left:
        handle = _locked(folder)
        if handle is None:
            continue
        try:
            _empty(handle)
            folder.rmdir()
        except OSError:  # it has something else in it, or another process was quicker
            continue
        finally:
            os.close(handle)


def _empty(handle: int) -> None:
    """Remove the files of a folder; one without any may be about to get its lock, and stays."""
    names = os.listdir(handle)
    if not names or os.fstat(handle).st_uid != os.geteuid():
        raise OSError
    if not all(stat.S_ISREG(os.lstat(name, dir_fd=handle).st_mode) for name in names):
        raise OSError
    for name in names:
        os.unlink(name, dir_fd=handle)


def _locked(folder: Path, wait: bool = False) -> int | None:
    """A handle with the folder's lock; None where another process has it, or there are no such locks."""
    if sys.platform == "win32":
        return None
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
