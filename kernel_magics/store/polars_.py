"""Polars frames and series as Arrow IPC files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from kernel_magics.store.formats import Facts


def write(value: Any, path: Path) -> Facts:
    """See `Format.write`.

    Raises:
        TypeError: for a value that is neither.
    """
    if not isinstance(value, pl.DataFrame | pl.Series):
        raise TypeError(type(value).__name__)
    frame = value if isinstance(value, pl.DataFrame) else value.to_frame()
    frame.write_ipc(path, compression="lz4")
    return {"series": isinstance(value, pl.Series), "rows": len(value)}


def read(path: Path, facts: Facts) -> object:
    """See `Format.read`."""
    frame = pl.read_ipc(path.read_bytes())  # not mapped: the file may be replaced
    return frame.to_series() if facts["series"] else frame
