"""NumPy arrays as `.npy` files, scalars as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kernel_magics.store.formats import Facts
from kernel_magics.values.codec import encode
from kernel_magics.values.decode import decode


def write(value: Any, path: Path) -> Facts:
    """See `Format.write`."""
    if not isinstance(value, np.ndarray):
        return {"record": encode(value)}
    with path.open("wb") as file:
        np.save(file, value, allow_pickle=False)
    return {}


def read(path: Path, facts: Facts) -> object:
    """See `Format.read`."""
    if facts:
        return decode(facts["record"])
    with path.open("rb") as file:
        return np.load(file, allow_pickle=False)
