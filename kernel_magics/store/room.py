"""The room is the space that stored results may take; the least recently used make way for new ones."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import Final

_FILL: Final = 0.8  # how full it is after making room, so that room is not made for each result
_DAY: Final = 86_400.0


class Room:
    """Counts bytes and removes files.

    Attributes:
        limit: bytes that the files may take.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit
        self._taken: int | None = None  # counted when it is first asked for

    @property
    def taken(self) -> int:
        """Bytes that the files take."""
        if self._taken is None:
            self._taken = sum(size for size, _, _ in self._results())
        return self._taken

    def count(self) -> int:
        """How many results there are."""
        return sum(1 for _ in self.folder.glob("??/*.jsonl"))

    def take(self, size: int) -> None:
        """A result of this size was added."""
        self._taken = self.taken + size if self._taken is not None else self.taken
        if self._taken > self.limit:
            self._make()

    def clear(self) -> None:
        """Remove all results."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._taken = 0

    def _make(self) -> None:
        """Remove what was used least recently, and what a kernel left behind that was killed."""
        results = sorted(self._results(), key=lambda result: result[1])
        taken = sum(size for size, _, _ in results)
        for size, _, stem in results:
            if taken <= self.limit * _FILL:
                break
            for path in stem.parent.glob(f"{stem.name}.*"):
                with contextlib.suppress(OSError):
                    path.unlink()
            taken -= size
        for path in self.folder.glob("??/*.new-*"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - _DAY:
                    path.unlink()
        self._taken = taken

    def _results(self) -> list[tuple[int, float, Path]]:
        """Size, time of the last use, and path without suffix of each result."""
        found: dict[str, tuple[int, float, Path]] = {}
        for folder in self.folder.glob("??"):
            with contextlib.suppress(OSError), os.scandir(folder) as files:
                for file in files:
                    with contextlib.suppress(OSError):
                        status = file.stat()
                        stem = file.name.partition(".")[0]
                        size, used, path = found.get(stem, (0, 0.0, folder / stem))
                        found[stem] = (size + status.st_size, max(used, status.st_mtime), path)
        return list(found.values())
