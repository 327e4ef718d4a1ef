"""The log of a service has one line of JSON for each request; a line is written whole or not at all.

It has no secret that is recognized, and no value that the envelope's author marked as private.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.source.cover import Cover
from kernel_magics.engine.source.secrets import named_texts

_OURS: Final = ("time", "id", "digest", "status", "seconds")


class RequestLog:
    """A file that lines are added to.

    Args:
        path: None for the standard output.
        private: names of inputs and columns; the texts that a request has there are in no part of its line.

    Raises:
        SourceError: DB405 when the file cannot be written.
    """

    def __init__(self, path: Path | None, private: Collection[str] = ()) -> None:
        self._private = frozenset(private)
        try:
            self._handle = 1 if path is None else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            if path is not None and os.fstat(self._handle).st_size and not _ends_a_line(path):
                os.write(self._handle, b"\n")  # a process was killed while it wrote
        except OSError as error:
            raise SourceError(
                "DB405", f"cannot write '{path}': {error.strerror}.", hint="choose another --log FILE."
            ) from None

    def write(self, entry: Mapping[str, Any]) -> None:
        """Add a line, with one call of the system: lines of several processes do not mix."""
        cover = Cover(self._private, _texts(entry, self._private) if self._private else ())
        covered = {key: value if key in _OURS else cover.document(value, key) for key, value in entry.items()}
        os.write(self._handle, f"{json.dumps(covered, ensure_ascii=False)}\n".encode())


def _texts(document: Any, names: Collection[str]) -> Iterator[str]:
    """The texts under some names."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key in names:
                yield from (text for _, text in named_texts(value))
            else:
                yield from _texts(value, names)
    elif isinstance(document, list):
        for member in document:
            yield from _texts(member, names)


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
