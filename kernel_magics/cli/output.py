"""Output files are written atomically."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from kernel_magics.cli.overwriting import refuse_foreign
from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.ordinary import refuse_other


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically.

    Raises:
        SourceError: DB405 where that is not possible; an older file stays.
    """
    write_with(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file on the same disk, then put it in place.

    Raises:
        SourceError: DB405 where that is not possible; an older file stays. See `refuse_foreign`, too.
    """
    refuse_foreign(path)
    try:
        refuse_other(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".dagbook-") as folder:
            temporary = Path(folder) / path.name
            write(temporary)
            os.replace(temporary, path)
    except OSError as error:
        raise SourceError(
            "DB405",
            f"cannot write '{path}': {error.strerror or error}.",
            hint="check the folder's permissions and the free space; nothing was changed.",
        ) from None
