"""Any other value as a pickle. Loading one can run code: the signature and the digest are checked first."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any, BinaryIO, Final

from kernel_magics.store.formats import Facts
from kernel_magics.values import VALUES

_LARGE: Final = 1 << 26  # bytes


def write(value: Any, path: Path) -> Facts:
    """See `Format.write`."""
    with path.open("wb") as file:
        return {"sha256": _dump(value, file)}


def holds(value: Any, path: Path, facts: Facts) -> bool | None:
    """See `formats.holds`; what is large and has a digest is compared when it is read."""
    return True if path.stat().st_size > _LARGE and VALUES.digest(value) is not None else None


def read(path: Path, facts: Facts) -> object:
    """See `Format.read`.

    Raises:
        ValueError: when the file is not the one that was signed.
    """
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != facts["sha256"]:
        raise ValueError(path.name)
    return pickle.loads(content)


def fingerprint(value: object) -> str:
    """A digest of the pickle; any error where the value has none."""
    return _dump(value, None)


class _Hashing:
    """A file that hashes what is written to it, and keeps it only where there is a file behind it."""

    def __init__(self, file: BinaryIO | None) -> None:
        self.hash = hashlib.sha256()
        self._file = file

    def write(self, content: bytes) -> int:
        """Called by the pickler for each part."""
        self.hash.update(content)
        return self._file.write(content) if self._file is not None else len(content)


def _dump(value: object, file: BinaryIO | None) -> str:
    """Pickle a value into a file, part by part; returns the digest of all parts."""
    sink = _Hashing(file)
    pickle.Pickler(sink, protocol=5).dump(value)
    return sink.hash.hexdigest()
