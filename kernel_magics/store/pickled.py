"""Any other value as a pickle. Loading one can run code: the signature and the digest are checked first."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

from kernel_magics.store.formats import Facts


def write(value: Any, path: Path) -> Facts:
    """See `Format.write`."""
    content = pickle.dumps(value, protocol=5)
    path.write_bytes(content)
    return {"sha256": hashlib.sha256(content).hexdigest()}


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
    return hashlib.sha256(pickle.dumps(value, protocol=5)).hexdigest()
