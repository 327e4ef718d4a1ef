"""Writers of exported files that may have been killed: the process that renames for one outlives it."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from kernel_magics.export.staging import STAGING, takes_lock
from tests.waiting import until


def wait_for_writers(*folders: Path) -> None:
    """Wait until no process writes files in these folders any more."""
    for folder in folders:
        until(partial(_is_free, folder / STAGING / "lock"), f"nobody writes in {folder}")


def _is_free(lock: Path) -> bool:
    try:
        handle = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        return takes_lock(handle)
    finally:
        os.close(handle)
