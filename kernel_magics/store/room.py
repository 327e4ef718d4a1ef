"""The room is the disk space for stored results; the least recently used ones are removed for new ones.

Only files that the store made, by their names, in its own folders are counted and removed; links are not
followed.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_FILL: Final = 0.8  # the share in use after a clean-up, so that not every result needs one
_DAY: Final = 86_400.0
HIDDEN: Final = ".dagbook"
"""The folder of a project in which results are."""
_FOLDER: Final = re.compile(r"[0-9a-f]{2}")
_FILE: Final = re.compile(r"[0-9a-f]{32,}\.(?:[a-z]+|new-\w+)")


class Room:
    """Counts bytes and removes files.

    Attributes:
        limit: bytes that the files may take.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit
        self._taken: int | None = None  # counted on first use

    @property
    def taken(self) -> int:
        """Bytes that the files take."""
        if self._taken is None:
            self._taken = sum(size for size, _, _ in self._results())
        return self._taken

    def count(self) -> int:
        """The number of results."""
        return sum(entry.name.endswith(".jsonl") for _, entry in self._files())

    def take(self, size: int) -> None:
        """Count a new result of this size."""
        self._taken = self.taken + size if self._taken is not None else self.taken
        if self._taken > self.limit:
            self._make()

    def clear(self) -> None:
        """Remove all results."""
        folders = {path.parent: None for path, _ in self._files()}
        for path, _ in list(self._files()):
            _remove(path)
        for folder in [*folders, self.folder]:
            with contextlib.suppress(OSError):  # something else is in it
                folder.rmdir()
        self._taken = 0

    def _make(self) -> None:
        """Remove the least recently used results, and the files of killed kernels."""
        results = sorted(self._results(), key=lambda result: result[1])
        taken = sum(size for size, _, _ in results)
        for size, _, files in results:
            if taken <= self.limit * _FILL:
                break
            for path in files:
                _remove(path)
            taken -= size
        for path, entry in list(self._files()):
            with contextlib.suppress(OSError):
                if ".new-" in path.name and entry.stat(follow_symlinks=False).st_mtime < time.time() - _DAY:
                    _remove(path)
        self._taken = taken

    def _results(self) -> list[tuple[int, float, list[Path]]]:
        """Size, time of the last use, and files of each result."""
        found: dict[str, tuple[int, float, list[Path]]] = {}
        for path, entry in self._files():
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                stem = path.name.partition(".")[0]
                size, used, files = found.get(stem, (0, 0.0, []))
                found[stem] = (size + status.st_size, max(used, status.st_mtime), [*files, path])
        return list(found.values())

    def _files(self) -> Iterator[tuple[Path, os.DirEntry[str]]]:
        """The store's own files."""
        if unsafe_link(self.folder):
            return
        with contextlib.suppress(OSError), os.scandir(self.folder) as folders:
            for folder in folders:
                if not _FOLDER.fullmatch(folder.name) or not folder.is_dir(follow_symlinks=False):
                    continue
                with contextlib.suppress(OSError), os.scandir(folder) as files:
                    for file in files:
                        if _FILE.fullmatch(file.name) and file.is_file(follow_symlinks=False):
                            yield Path(file.path), file


def unsafe_link(folder: Path) -> Path | None:
    """The link in place of a store's folder, or of the hidden folder that contains it; None for none."""
    around = [folder.parent] if folder.parent.name == HIDDEN else []
    return next((path for path in (folder, *around) if path.is_symlink()), None)


def make_folder(root: Path, folder: Path) -> None:
    """Make a folder inside a store's; what is in the hidden folder is excluded from version control."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        ignore = root.parent / ".gitignore"
        if root.parent.name == HIDDEN:
            with contextlib.suppress(FileExistsError), ignore.open("x", encoding="utf-8") as file:
                file.write("# written by Dagbook: results that can be computed again\n*\n")


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
