"""The log of a service has one line of JSON for each request; a line is written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kernel_magics.engine.errors import SourceError


class RequestLog:
    """A file that lines are added to.

    Args:
        path: None for the standard output.

    Raises:
        SourceError: DB405 when the file cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        try:
            self._handle = 1 if path is None else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            if path is not None and os.fstat(self._handle).st_size and not _ends_a_line(path):
                os.write(self._handle, b"\n")  # a process was killed while it wrote
        except OSError as error:
            raise SourceError(
                "DB405", f"cannot write '{path}': {error.strerror}.", hint="choose another --log FILE."
            ) from None

    def write(self, entry: Mapping[str, Any]) -> None:
        """Add a line, with one call of the system: lines of several processes do not mix."""
        os.write(self._handle, f"{json.dumps(entry, ensure_ascii=False)}\n".encode())


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
