"""The place of a command is the folder of its notebook: code runs there, as in the kernel of the notebook."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from kernel_magics.engine.bracket import bracket


@bracket
def working_beside(source: str | Path) -> Iterator[None]:
    """Run code as if Python had been started in the folder of a notebook or module.

    Imports search there first, and relative paths start there. The command's own paths are resolved before.
    """
    folder = Path(source).absolute().parent
    if not folder.is_dir():  # reported when the source is read
        yield
        return
    entry = str(folder)
    try:
        sys.path.insert(0, entry)
        with contextlib.chdir(folder):
            yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(entry)
