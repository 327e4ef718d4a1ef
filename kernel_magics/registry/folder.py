"""The folder of a registry: its files are reached through no link, and changed by one process at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import SourceError
from kernel_magics.export.staging import sync_folder, takes_lock

_LOCK: Final = ".lock"
_NEW: Final = ".new"
"""Beginning of the names of files and folders that are being written."""
_PATIENCE: Final = 30.0  # seconds to wait for another command, which takes milliseconds
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)


class Folder:
    """The files of a registry by their paths below it.

    Args:
        root: may itself be reached through links; below it none is followed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        """The path of a name, where no part of it is a link.

        Raises:
            SourceError: DB561.
        """
        path = self.root
        for part in name.split("/"):
            path = path / part
            if path.is_symlink():
                raise self.refused(f"'{name}' is a link")
        return path

    def read(self, name: str) -> bytes | None:
        """The content of a file; None where there is none.

        Raises:
            SourceError: DB561 for what is no file, DB403 where it cannot be read.
        """
        try:
            handle = os.open(self.path(name), os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._failed(name, error, "read") from None
        if not stat.S_ISREG(os.fstat(handle).st_mode):  # a folder cannot even be opened as a file
            os.close(handle)
            raise self.refused(f"'{name}' is no file")
        with open(handle, "rb") as file:
            return file.read()

    def replace(self, name: str, data: bytes) -> None:
        """Replace a file: it is always either the old one or the new one, also after a loss of power.

        Raises:
            SourceError: DB405, DB561.
        """
        path = self.path(name)
        new = path.with_name(f"{_NEW}-{path.name}")
        try:
            path.parent.mkdir(exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                new.unlink()  # a command was killed
            self._write(new, data)
            os.replace(new, path)
            sync_folder(path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                new.unlink()
            raise self._failed(name, error, "write") from None

    def append(self, name: str, data: bytes, size: int) -> None:
        """Add to a file whose first `size` bytes are right; what comes after them was never written whole.

        Raises:
            SourceError: DB405, DB561; the file is as long as before.
        """
        path = self.path(name)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | _NOFOLLOW, 0o666)
            try:
                os.ftruncate(handle, size)
                os.lseek(handle, size, os.SEEK_SET)
                try:
                    done = os.write(handle, data)
                    if done < len(data):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                except OSError:
                    os.ftruncate(handle, size)
                    raise
                os.fsync(handle)
            finally:
                os.close(handle)
            sync_folder(path.parent)
        except OSError as error:
            raise self._failed(name, error, "write") from None

    def add_folder(self, name: str, files: dict[str, bytes]) -> None:
        """Write a folder with files, whole or not at all; one that is there is replaced.

        Raises:
            SourceError: DB405, DB561.
        """
        path = self.path(name)
        new, old = (path.with_name(f"{_NEW}-{kind}{path.name}") for kind in ("", "old-"))
        try:
            path.parent.mkdir(exist_ok=True)
            for left in path.parent.glob(f"{_NEW}-*"):  # a command was killed
                shutil.rmtree(left)
            new.mkdir()
            for file, data in files.items():
                (new / file).parent.mkdir(parents=True, exist_ok=True)
                self._write(new / file, data)
            if path.exists():
                os.rename(path, old)
            os.rename(new, path)
            sync_folder(path.parent)
        except OSError as error:
            raise self._failed(name, error, "write") from None
        finally:
            for each in (new, old):
                shutil.rmtree(each, ignore_errors=True)

    def make(self, allowed: Collection[str]) -> None:
        """Make the folder, which may be there with nothing but these files.

        Raises:
            SourceError: DB405, and DB561 where something else is there.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            names = {path.name for path in self.root.iterdir()}
        except OSError as error:
            raise self._failed("", error, "write") from None
        others = {name for name in names - {_LOCK, *allowed} if not name.startswith(_NEW)}
        if others:
            raise self.refused(f"it has other files, such as '{min(others)}'")

    def names(self, name: str) -> list[str]:
        """The names in a folder; none where there is no folder."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return sorted(os.listdir(self.path(name)))
        return []

    @bracket
    def locked(self) -> Iterator[None]:
        """Keep other commands from writing.

        Raises:
            SourceError: DB432 where another one writes for too long, DB405, DB561.
        """
        path = self.path(_LOCK)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | _NOFOLLOW, 0o666)
        except OSError as error:
            raise self._failed(_LOCK, error, "write") from None
        try:
            deadline = time.monotonic() + _PATIENCE
            while not takes_lock(handle):
                if time.monotonic() > deadline:
                    raise SourceError(
                        "DB432",
                        f"another command has been writing in '{self.root}' for {_PATIENCE:g} seconds.",
                        hint="nothing of this one was written; run it again when the other one has ended.",
                    )
                time.sleep(0.01)
            yield
        finally:
            os.close(handle)

    def refused(self, what: str) -> SourceError:
        """The error that this is not the folder of a registry."""
        return SourceError(
            "DB561",
            f"'{self.root}' is no registry: {what}.",
            hint="`dagbook publish ENVELOPE REGISTRY` makes one in a new folder.",
        )

    def _write(self, path: Path, data: bytes) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW, 0o666)
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def _failed(self, name: str, error: OSError, what: str) -> SourceError:
        if error.errno == errno.ELOOP:
            return self.refused(f"'{name}' is a link")
        code = "DB403" if what == "read" else "DB405"
        path = self.root / name if name else self.root
        return SourceError(
            code, f"cannot {what} '{path}': {error.strerror or error}.", hint="nothing was changed."
        )
